"""Rules for invitations: six weeks before, and once more after two weeks of silence."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from services.reunions.meetings import PatientReunion, Stands
from services.reunions.messages import CATEGORY, ReunionKind, entry, naming, shown
from services.reunions.policy import Policy
from shared.calendar.sending_window import Window, instant
from shared.rules.plan import Message, WakeUp

ONE_DAY = timedelta(days=1)


def invitations(meeting: PatientReunion, clock: time, policy: Policy) -> Iterator[Message | WakeUp]:
    """The invitations of a patient who has not answered. `clock` is the patient's time of day.

    A claim does not run the rule again: the wake-up does, once the silence has ended.
    """
    if meeting.invited_at is None or meeting.stands is not Stands.INVITED or meeting.replies:
        return
    first = next((said for said in meeting.said if said.kind == ReunionKind.INVITATION), None)
    if first is None:
        yield from _invitation(meeting, invite_at(meeting, meeting.invited_at, clock, policy), policy)
    elif first.asked and not any(
        said.kind == ReunionKind.AGAIN for said in meeting.said
    ):  # an e-mail cannot be answered
        yield from _once_more(meeting, first.told_at, clock, policy)


def _invitation(meeting: PatientReunion, send_at: datetime, policy: Policy) -> Iterator[Message | WakeUp]:
    if send_at < meeting.rsvp_by - policy.invite_until:
        yield _asks(ReunionKind.INVITATION, meeting, send_at)
        yield _silence(meeting, send_at, policy)


def _once_more(meeting: PatientReunion, told_at: datetime, clock: time, policy: Policy) -> Iterator[Message | WakeUp]:
    yield _silence(meeting, told_at, policy)
    send_at = at_clock(told_at + timedelta(days=policy.again_days), clock, meeting.window)
    if send_at < meeting.rsvp_by - policy.again_until:
        yield _asks(ReunionKind.AGAIN, meeting, send_at)


def invite_at(meeting: PatientReunion, known_at: datetime, clock: time, policy: Policy) -> datetime:
    """When the invitation is due: `invite_weeks` before, on a working day; after that, at the next chance."""
    day = meeting.window.working_day_on_or_before(meeting.day - timedelta(weeks=policy.invite_weeks))
    at = instant(day, clock, meeting.zone)
    return at if known_at <= at else at_clock(known_at, clock, meeting.window)


def at_clock(at: datetime, clock: time, window: Window) -> datetime:
    """The first instant at or after `at` with this local time on a working day, in UTC."""
    day = _working_day(at.astimezone(window.zone).date(), window)
    while (found := instant(day, clock, window.zone)) < at:
        day = _working_day(day + ONE_DAY, window)
    return found


def _working_day(day: date, window: Window) -> date:
    while not window.is_working_day(day):
        day += ONE_DAY
    return day


def _silence(meeting: PatientReunion, since: datetime, policy: Policy) -> WakeUp:
    return WakeUp(f"{meeting.thing}/again", since + timedelta(days=policy.again_days))


def _asks(kind: ReunionKind, meeting: PatientReunion, send_at: datetime) -> Message:
    return Message(
        key=f"{meeting.key}/{kind}{meeting.tail}",
        kind=kind,
        template=kind,
        category=CATEGORY,
        send_at=send_at,
        expires_at=meeting.rsvp_by,
        says={meeting.thing: meeting.says},
        places=(meeting.place,),
        data={**naming(meeting), "reply_by": shown(meeting.rsvp_by, meeting), "guests": meeting.most > 1},
        calendar=(entry(meeting),),
        answers_until=meeting.rsvp_by,
    )
