"""Arithmetic of working days: when a question is due, and when it expires."""

from datetime import UTC, date, datetime, time, timedelta

from shared.calendar.sending_window import Window, instant

ONE_DAY = timedelta(days=1)


def on_or_after(day: date, window: Window) -> date:
    """The day if it is a working day, else the next one."""
    while not window.is_working_day(day):
        day += ONE_DAY
    return day


def working_days_after(day: date, count: int, window: Window) -> date:
    """The working day that lies `count` working days after `day`, which need not be one itself."""
    for _ in range(count):
        day = on_or_after(day + ONE_DAY, window)
    return day


def at_clock(at: datetime, clock: time, window: Window) -> datetime:
    """The first instant at or after `at` with this local time on a working day, in UTC."""
    day = on_or_after(at.astimezone(window.zone).date(), window)
    while (found := instant(day, clock, window.zone)) < at:
        day = on_or_after(day + ONE_DAY, window)
    return found


def end_of(at: datetime, count: int, window: Window) -> datetime:
    """When the window closes `count` working days after the local day of this instant, in UTC."""
    return closes_on(working_days_after(at.astimezone(window.zone).date(), count, window), window)


def closes_on(day: date, window: Window) -> datetime:
    """When the window closes on this day, in UTC."""
    return instant(day, window.closes, window.zone)


def stamp(at: datetime) -> str:
    """A full UTC instant as text, for keys."""
    return at.astimezone(UTC).isoformat(timespec="seconds" if at.second else "minutes").replace("+00:00", "Z")
