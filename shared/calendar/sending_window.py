"""Sending windows: the opening hours, weekdays and bank holidays that decide when a message may be sent.

Hours are local to the clinic. Every instant is an aware datetime; every answer is in UTC. Nothing here reads a clock.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from zoneinfo import ZoneInfo

# By class: `country_holidays` would load every country, for half a second, amid the first message.
from holidays import HolidayBase
from holidays.countries.ireland import Ireland
from holidays.countries.united_kingdom import UnitedKingdom

CALENDARS: Mapping[str, tuple[type[HolidayBase], str | None]] = MappingProxyType(
    {
        "GB-ENG": (UnitedKingdom, "ENG"),
        "GB-WLS": (UnitedKingdom, "WLS"),
        "GB-SCT": (UnitedKingdom, "SCT"),
        "GB-NIR": (UnitedKingdom, "NIR"),
        "IE": (Ireland, None),
    }
)
"""Our code of a bank-holiday calendar → the country and subdivision of `holidays`."""

EVERY_DAY = frozenset(range(1, 8))
MONDAY_TO_FRIDAY = frozenset(range(1, 6))

ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The hours in which messages may be sent, in the clinic's local time.

    The window is open while the local time is `opens` or later and before `closes`, on a working day. So a night on
    which the clocks change may have a shorter opening, a longer one, two or none. A window that could never open, or
    whose calendar is unknown, raises `ValueError` when it is made.
    """

    opens: time
    """Local, inclusive."""
    closes: time
    """Local, exclusive, later than `opens`: a window doesn't reach past midnight."""
    weekdays: frozenset[int]
    """ISO 8601: 1 is Monday, 7 is Sunday."""
    holidays: str | None
    """A key of `CALENDARS`: the window stays closed on its bank holidays; None: it opens on bank holidays."""
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("opens and closes are local times of the window's own zone: give them without a zone.")
        if self.opens >= self.closes:
            raise ValueError(f"The window opens at {self.opens} and must close later that day, not at {self.closes}.")
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise ValueError(
                f"weekdays must name at least one day from 1 (Monday) to 7 (Sunday), not {sorted(self.weekdays)}."
            )
        if self.holidays is not None and self.holidays not in CALENDARS:
            raise ValueError(f"Unknown bank-holiday calendar {self.holidays!r}: use one of {', '.join(CALENDARS)}.")

    def is_open(self, at: datetime) -> bool:
        """Whether the window is open at this instant."""
        local = _aware(at).astimezone(self.zone)
        return self.opens <= local.time() < self.closes and self.is_working_day(local.date())

    def next_open(self, at: datetime) -> datetime:
        """The first instant at or after `at` at which the window is open, in UTC: `at` itself while it is open."""
        if self.is_open(at):
            return at.astimezone(UTC)
        days = filter(self.is_working_day, _days_from(at.astimezone(self.zone).date()))
        marks = (mark for day in days for mark in _marks(day, self.opens, self.zone))
        return next(mark for mark in marks if mark >= at and self.is_open(mark))

    def closes_after(self, at: datetime) -> datetime:
        """The end, in UTC, of the opening in which `at` lies: the first later instant at which the window is closed.

        `ValueError` if the window is closed at `at`.
        """
        if not self.is_open(at):
            raise ValueError(f"The window is closed at {at.isoformat()}: ask next_open first.")
        days = _days_from(at.astimezone(self.zone).date())
        marks = (mark for day in days for mark in _marks(day, self.closes, self.zone))
        return next(mark for mark in marks if mark > at and not self.is_open(mark))

    def is_working_day(self, day: date) -> bool:
        """Whether the window opens on this local day: one of its weekdays, and not one of its bank holidays."""
        if isinstance(day, datetime):  # never equal to a date, so it would quietly be no holiday
            raise TypeError("A working day is a local date; an instant has one only in a zone.")
        return day.isoweekday() in self.weekdays and (
            self.holidays is None or day not in bank_holidays(self.holidays, day.year)
        )

    def working_day_on_or_before(self, day: date) -> date:
        """`day` if it is a working day, else the last working day before it."""
        return next(self._working_days_back(day))

    def working_days_before(self, day: date, count: int) -> date:
        """The working day that lies `count` working days before `day`, which need not be one itself.

        One working day before a Monday, a Sunday or a Saturday is Friday. None before it (0) is the day itself or,
        where that is no working day, the last one before it. A negative count is a `ValueError`.
        """
        if count < 0:
            raise ValueError(f"Count working days before a day from 0, not {count}.")
        if count == 0:
            return self.working_day_on_or_before(day)
        return next(islice(self._working_days_back(day - ONE_DAY), count - 1, None))

    def _working_days_back(self, day: date) -> Iterator[date]:
        while True:
            if self.is_working_day(day):
                yield day
            day -= ONE_DAY


@lru_cache(maxsize=64)  # rules ask for it again and again
def usual(zone: ZoneInfo, holidays: str | None = "GB-ENG") -> Window:
    """08:00 to 18:00, Monday to Friday, without bank holidays: the hours in which NHS Notify sends."""
    return Window(time(8), time(18), MONDAY_TO_FRIDAY, holidays, zone)


def urgent(zone: ZoneInfo) -> Window:
    """07:00 to 21:00 on every day, bank holidays too: for urgent messages, such as a cancellation for tomorrow."""
    return Window(time(7), time(21), EVERY_DAY, None, zone)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of this local time.

    As RFC 5545 (3.3.5) has it: a time that occurs twice, when the clocks go back, is its first occurrence; a time that
    is skipped, when they go forward, moves later by what was skipped (01:30 becomes 02:30), so past the gap.
    """
    if at.tzinfo:
        raise ValueError("Give the local time without a zone: its zone is the third argument.")
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def spread(seed: str, begins: time, ends: time) -> time:
    """A whole minute in [begins, ends) for this seed: the same on every machine and for ever, uniform over seeds.

    `ValueError` if no whole minute lies between them.
    """
    first, end = _minutes(begins), _minutes(ends)
    if first >= end:
        raise ValueError(f"No whole minute lies from {begins} until {ends}.")
    # 64 bits over at most 1,440 minutes: the bias of the remainder is below 1 in 10 to the 16.
    digest = hashlib.blake2b(seed.encode(errors="surrogatepass"), digest_size=8).digest()
    hour, minute = divmod(first + int.from_bytes(digest, "big") % (end - first), 60)
    return time(hour, minute)


@lru_cache(maxsize=1024)  # a year is about ten dates
def bank_holidays(calendar: str, year: int) -> frozenset[date]:
    """Bank holidays of a key of `CALENDARS`, with substitute and one-off days (source: gov.uk/bank-holidays).

    For Ireland these are its public holidays; its law gives no substitute for one that falls on a weekend. One-off days
    are known only once the installed `holidays` knows them: keep it up to date. Before 1872 and after 2100 are none.
    """
    country, subdivision = CALENDARS[calendar]
    return frozenset(country(subdiv=subdivision, years=year, expand=False))


def _aware(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("An instant needs a time zone; this datetime has none.")
    return at


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += ONE_DAY


def _marks(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """The instants at which a window with this opening (closing) time can open (close) on this local day, in order.

    These are each occurrence of that local time, and each change of the clocks.
    """
    first = instant(day, clock, zone)
    changes = _clock_changes(zone, day)
    if not changes:
        return [first]
    second = datetime.combine(day, clock.replace(fold=1), zone).astimezone(UTC)
    return sorted(mark for mark in {first, second, *changes} if mark.astimezone(zone).date() == day)


@lru_cache(maxsize=4096)
def _clock_changes(zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    """The instants, to the second, at which the zone's offset changes on this local day or near it."""
    # A local day lies within UTC's by 14 hours on one side and 12 on the other; no zone changes twice in 6 hours.
    noon = datetime.combine(day, time(12), UTC)
    steps = [noon + timedelta(hours=hours) for hours in range(-30, 31, 6)]
    offsets = [step.astimezone(zone).utcoffset() for step in steps]
    changes = []
    for i in range(len(steps) - 1):
        if offsets[i] != offsets[i + 1]:
            before, after = steps[i], steps[i + 1]
            while after - before > ONE_SECOND:
                middle = before + (after - before) // ONE_SECOND // 2 * ONE_SECOND
                if middle.astimezone(zone).utcoffset() == offsets[i]:
                    before = middle
                else:
                    after = middle
            changes.append(after)
    return tuple(changes)


def _minutes(at: time) -> int:
    """The first whole minute of the day at or after this time, counted from midnight."""
    return at.hour * 60 + at.minute + bool(at.second or at.microsecond)
