"""When a task is due, counted in the clinic's working hours."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.calendar.sending_window import Window, instant


def due_before(expires_at: datetime, now: datetime, hours: Window) -> datetime:
    """When a task that is useless from `expires_at` on is due, so that time is left to escalate it.

    It is due one working day before it expires. Where less than two working days are left, it is due when half of the
    working time left has passed; where no working time is left, when half of the time has. So the person who does the
    task has at least as long as the person to whom it is escalated. Never before `now`.
    """
    if expires_at <= now:
        return now
    openings, left = [], timedelta()
    whole = _whole(hours, now)
    for begins, ends in _openings_before(expires_at, now, hours):
        openings.append((begins, ends))
        left += ends - begins
        if left >= 2 * whole:
            break
    kept = min(whole, left / 2)
    for begins, ends in openings:
        if ends - begins >= kept:
            return ends - kept
        kept -= ends - begins
    return now + (expires_at - now) / 2


def within_a_working_day(since: datetime, hours: Window) -> datetime:
    """The instant one working day after `since`: from Monday at eleven it is Tuesday at eleven."""
    left = _whole(hours, since)
    opens = hours.next_open(since)
    while (closes := hours.closes_after(opens)) - opens < left:
        left -= closes - opens
        opens = hours.next_open(closes)
    return opens + left


def soon(since: datetime, now: datetime, next_at: datetime | None, hours: Window) -> datetime:
    """When a text that came at `since` must have been read: within a working day, and in time before `next_at`."""
    day = within_a_working_day(since, hours)
    return day if next_at is None else min(day, due_before(next_at, now, hours))


def _whole(hours: Window, day: datetime) -> timedelta:
    return datetime.combine(day, hours.closes) - datetime.combine(day, hours.opens)


def _openings_before(end: datetime, start: datetime, hours: Window) -> Iterator[tuple[datetime, datetime]]:
    """The part of each opening that lies between two instants, the last opening first."""
    day = hours.working_day_on_or_before(end.astimezone(hours.zone).date())
    while (closes := instant(day, hours.closes, hours.zone)) > start:
        begins, ends = max(instant(day, hours.opens, hours.zone), start), min(closes, end)
        if begins < ends:
            yield begins, ends
        day = hours.working_days_before(day, 1)
