"""When may a message be sent."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shared.calendar.sending_window import CALENDARS, EVERY_DAY, Window, bank_holidays, instant, spread, urgent, usual
from shared.calendar.zones import parse_zone

LONDON = ZoneInfo("Europe/London")
USUAL = usual(LONDON)
URGENT = urgent(LONDON)
MINUTE = timedelta(minutes=1)
ZONE_NAMES = available_timezones()

# gov.uk/when-do-the-clocks-change: the last Sundays of March and October, both at 01:00 UTC.
FORWARD = [date(2024, 3, 31), date(2025, 3, 30), date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26)]
FORWARD += [date(2029, 3, 25), date(2030, 3, 31)]
BACK = [date(2024, 10, 27), date(2025, 10, 26), date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29)]
BACK += [date(2029, 10, 28), date(2030, 10, 27)]


def utc(text: str) -> datetime:
    """2026-03-29 01:30 as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, fold: int = 0) -> datetime:
    """2026-03-29 01:30 by the clock in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


def window(opens: str, closes: str, zone: str = "Europe/London") -> Window:
    """These hours on every day."""
    return Window(time.fromisoformat(opens), time.fromisoformat(closes), EVERY_DAY, None, ZoneInfo(zone))


ZONES = [
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Nuuk",
    "Australia/Lord_Howe",
    "UTC",
    "Asia/Tehran",
]
ZONES += [
    "America/Santiago",
    "Africa/Cairo",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the bounds must be naive
changes = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from(FORWARD + BACK),
    st.integers(-300, 300),
)
days = st.dates(date(2010, 1, 1), date(2040, 1, 1))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any hours, weekdays, calendar and zone."""
    opens, closes = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True)))
    return Window(
        time(*divmod(opens, 60)),
        time(*divmod(closes, 60)),
        draw(st.frozensets(st.integers(1, 7), min_size=1)),
        draw(st.sampled_from([None, *CALENDARS])),
        draw(zones),
    )


class TestOpen:
    @pytest.mark.parametrize(
        ("at", "is_open"),
        [
            pytest.param(local("2026-07-01 07:59:59.999999"), False, id="just-before-it-opens"),
            pytest.param(local("2026-07-01 08:00"), True, id="opens-inclusive"),
            pytest.param(local("2026-07-01 17:59:59.999999"), True, id="just-before-it-closes"),
            pytest.param(local("2026-07-01 18:00"), False, id="closes-exclusive"),
            pytest.param(utc("2026-07-01 07:00"), True, id="summer-time-is-an-hour-ahead-of-utc"),
            pytest.param(utc("2026-12-01 07:30"), False, id="winter-time-is-utc"),
            pytest.param(local("2026-07-04 12:00"), False, id="saturday"),
            pytest.param(local("2026-07-05 12:00"), False, id="sunday"),
            pytest.param(local("2026-04-06 12:00"), False, id="easter-monday"),
            pytest.param(local("2026-12-28 12:00"), False, id="substitute-for-boxing-day-on-a-saturday"),
            pytest.param(local("2026-12-29 12:00"), True, id="day-after-the-substitute"),
            pytest.param(
                datetime(2026, 7, 1, 3, tzinfo=timezone(timedelta(hours=-5))), True, id="another-offset-same-instant"
            ),
        ],
    )
    def test_usual(self, at: datetime, is_open: bool) -> None:
        """The usual window is 08:00 to 18:00 by London's clock, Monday to Friday, no bank holidays."""
        assert USUAL.is_open(at) is is_open

    @pytest.mark.parametrize(
        ("at", "is_open"),
        [
            pytest.param(local("2026-12-25 06:59"), False, id="too-early"),
            pytest.param(local("2026-12-25 07:00"), True, id="christmas-morning"),
            pytest.param(local("2026-12-27 20:59"), True, id="sunday-evening"),
            pytest.param(local("2026-12-27 21:00"), False, id="too-late"),
        ],
    )
    def test_urgent(self, at: datetime, is_open: bool) -> None:
        """The urgent window is 07:00 to 21:00 on every day, Christmas too."""
        assert URGENT.is_open(at) is is_open

    def test_holidays_can_be_left_out(self) -> None:
        """A window without a calendar is open on a bank holiday."""
        assert usual(LONDON, holidays=None).is_open(local("2026-04-06 12:00"))

    @pytest.mark.parametrize("ask", [USUAL.is_open, USUAL.next_open, USUAL.closes_after])
    def test_naive_is_refused(self, ask: object) -> None:
        """A datetime without a zone is refused, and never taken for the machine's own time."""
        assert callable(ask)
        with pytest.raises(ValueError, match="needs a time zone"):
            ask(datetime(2026, 7, 1, 12))  # noqa: DTZ001 the point of the test


class TestNextOpen:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            pytest.param(local("2026-07-01 12:34:56"), local("2026-07-01 12:34:56"), id="open-now"),
            pytest.param(local("2026-07-01 03:00"), local("2026-07-01 08:00"), id="this-morning"),
            pytest.param(local("2026-07-01 18:00"), local("2026-07-02 08:00"), id="tomorrow"),
            pytest.param(local("2026-07-03 18:00"), local("2026-07-06 08:00"), id="over-the-weekend"),
            pytest.param(local("2026-04-02 18:00"), local("2026-04-07 08:00"), id="over-easter"),
            pytest.param(local("2026-12-24 18:00"), local("2026-12-29 08:00"), id="over-christmas-and-its-substitute"),
            pytest.param(local("2027-12-24 18:00"), local("2027-12-29 08:00"), id="over-two-substitutes"),
            pytest.param(local("2026-12-31 18:00"), local("2027-01-04 08:00"), id="over-new-year"),
            pytest.param(local("2026-03-27 18:00"), utc("2026-03-30 07:00"), id="over-the-lost-hour"),
            pytest.param(local("2026-10-23 18:00"), utc("2026-10-26 08:00"), id="over-the-gained-hour"),
        ],
    )
    def test_usual(self, at: datetime, expected: datetime) -> None:
        """The next opening skips nights, weekends, bank holidays and changes of the clock."""
        found = USUAL.next_open(at)
        assert found == expected
        assert found.tzinfo is UTC

    @pytest.mark.parametrize(
        ("hours", "at", "opens", "closes"),
        [
            pytest.param(
                ("01:30", "03:00"), "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 02:00", id="opens-in-the-gap"
            ),
            pytest.param(
                ("00:30", "01:30"), "2026-03-29 00:00", "2026-03-29 00:30", "2026-03-29 01:00", id="closes-in-the-gap"
            ),
            pytest.param(
                ("01:10", "01:50"), "2026-03-29 00:00", "2026-03-30 00:10", "2026-03-30 00:50", id="all-in-the-gap"
            ),
            pytest.param(
                ("00:30", "02:30"), "2026-03-29 00:00", "2026-03-29 00:30", "2026-03-29 01:30", id="around-the-gap"
            ),
            pytest.param(
                ("01:10", "01:50"), "2026-10-25 00:00", "2026-10-25 00:10", "2026-10-25 00:50", id="first-of-two"
            ),
            pytest.param(
                ("01:10", "01:50"), "2026-10-25 00:50", "2026-10-25 01:10", "2026-10-25 01:50", id="second-of-two"
            ),
            pytest.param(
                ("00:30", "01:30"), "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30", id="opens-again"
            ),
            pytest.param(
                ("01:00", "02:00"), "2026-10-24 22:00", "2026-10-25 00:00", "2026-10-25 02:00", id="twice-as-long"
            ),
            pytest.param(
                ("01:30", "02:30"), "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:30", id="closed-between"
            ),
        ],
    )
    def test_when_the_clocks_change(self, hours: tuple[str, str], at: str, opens: str, closes: str) -> None:
        """On a night when the clocks change, it is the clock on the wall that decides, both times round."""
        night = window(*hours)
        assert night.next_open(utc(at)) == utc(opens)
        assert night.closes_after(utc(opens)) == utc(closes)

    @pytest.mark.parametrize(
        ("zone", "hours", "at", "opens"),
        [
            pytest.param(
                "America/Sao_Paulo", ("00:30", "02:00"), "2018-11-04 02:00", "2018-11-04 03:00", id="midnight-skipped"
            ),
            pytest.param(
                "Africa/Cairo", ("00:00", "00:30"), "2026-04-23 21:45", "2026-04-24 21:00", id="opening-skipped"
            ),
            pytest.param(
                "Pacific/Apia", ("08:00", "18:00"), "2011-12-30 04:00", "2011-12-30 18:00", id="a-day-skipped"
            ),
            pytest.param(
                "Australia/Lord_Howe", ("02:10", "03:00"), "2026-10-03 15:00", "2026-10-03 15:30", id="half-an-hour"
            ),
            pytest.param(
                "America/Nuuk", ("23:30", "23:45"), "2026-10-25 00:50", "2026-10-25 01:30", id="evening-twice"
            ),
        ],
    )
    def test_odd_zones(self, zone: str, hours: tuple[str, str], at: str, opens: str) -> None:
        """Zones that skip midnight, half an hour or a whole day, or repeat an evening, are told right."""
        assert window(*hours, zone=zone).next_open(utc(at)) == utc(opens)

    @given(windows(), instants | changes)
    @example(window("01:30", "03:00"), utc("2026-03-29 00:59"))
    @example(window("01:10", "01:50"), utc("2026-10-25 00:55"))
    def test_properties(self, window: Window, at: datetime) -> None:
        """The next opening isn't earlier, is open, and is its own next opening."""
        found = window.next_open(at)
        assert found >= at
        assert window.is_open(found)
        assert window.next_open(found) == found
        if window.is_open(at):
            assert found == at

    @given(windows(), changes, st.integers(0, 59))
    def test_nothing_is_missed(self, window: Window, at: datetime, seconds: int) -> None:
        """Nothing is open strictly between an instant and its next opening, minute by minute."""
        at += timedelta(seconds=seconds)
        found = window.next_open(at)
        whole = at.replace(second=0) + MINUTE
        between = (whole + n * MINUTE for n in range(2 * 24 * 60))
        assert not any(window.is_open(minute) for minute in between if at < minute < found)
        if found > at:
            assert not window.is_open(found - timedelta(microseconds=1))

    @pytest.mark.parametrize("day", [pytest.param(day, id=day.isoformat()) for day in FORWARD + BACK])
    @pytest.mark.parametrize("hours", [("00:30", "01:30"), ("01:10", "01:50"), ("01:30", "02:30"), ("01:00", "02:00")])
    def test_every_change_of_london(self, day: date, hours: tuple[str, str]) -> None:
        """Around each change of London's clocks, openings and closings are those of a walk from minute to minute."""
        night = window(*hours)
        walk = [datetime(day.year, day.month, day.day, tzinfo=UTC) + n * MINUTE for n in range(-120, 360)]
        for before, after in pairwise(walk):
            if not night.is_open(before):
                assert (night.next_open(before) == after) is night.is_open(after)
            else:
                assert (night.closes_after(before) == after) is not night.is_open(after)


class TestClosesAfter:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            pytest.param(local("2026-07-01 08:00"), local("2026-07-01 18:00"), id="at-the-opening"),
            pytest.param(local("2026-07-01 17:59:59.999999"), local("2026-07-01 18:00"), id="at-the-last-moment"),
            pytest.param(local("2026-07-03 12:00"), local("2026-07-03 18:00"), id="before-a-weekend"),
        ],
    )
    def test_usual(self, at: datetime, expected: datetime) -> None:
        """An opening ends at its closing time on the same day."""
        assert USUAL.closes_after(at) == expected

    def test_closed(self) -> None:
        """There is no end to an opening that isn't."""
        with pytest.raises(ValueError, match="closed at 2026-07-04"):
            USUAL.closes_after(local("2026-07-04 12:00"))

    @given(windows(), instants | changes)
    def test_properties(self, window: Window, at: datetime) -> None:
        """An opening ends after it began, closed, and is open to its last moment."""
        begins = window.next_open(at)
        ends = window.closes_after(begins)
        assert ends > begins
        assert not window.is_open(ends)
        assert window.is_open(ends - timedelta(microseconds=1))
        assert window.closes_after(begins + (ends - begins) / 2) == ends


class TestRefused:
    @pytest.mark.parametrize(
        ("opens", "closes", "weekdays", "holidays", "why"),
        [
            pytest.param(time(8), time(8), EVERY_DAY, None, "must close later", id="never-open"),
            pytest.param(time(21), time(7), EVERY_DAY, None, "must close later", id="over-midnight"),
            pytest.param(time(8), time(18), frozenset[int](), None, "at least one day", id="no-weekday"),
            pytest.param(time(8), time(18), frozenset({0, 1}), None, "from 1", id="weekday-0"),
            pytest.param(time(8), time(18), frozenset({8}), None, "from 1", id="weekday-8"),
            pytest.param(time(8), time(18), EVERY_DAY, "GB", "Unknown bank-holiday calendar 'GB'", id="no-subdivision"),
            pytest.param(time(8), time(18), EVERY_DAY, "gb-eng", "use one of GB-ENG", id="lower-case"),
            pytest.param(time(8), time(18), EVERY_DAY, "", "Unknown bank-holiday calendar ''", id="empty-calendar"),
            pytest.param(
                time(8, tzinfo=UTC), time(18, tzinfo=UTC), EVERY_DAY, None, "without a zone", id="with-a-zone"
            ),
        ],
    )
    def test_window(self, opens: time, closes: time, weekdays: frozenset[int], holidays: str | None, why: str) -> None:
        """A window that could never open, or whose calendar is unknown, can't be made."""
        with pytest.raises(ValueError, match=why):
            Window(opens, closes, weekdays, holidays, LONDON)

    def test_an_instant_is_no_day(self) -> None:
        """An instant isn't taken for a day: it would quietly equal no holiday."""
        with pytest.raises(TypeError, match="local date"):
            USUAL.is_working_day(local("2026-12-25 12:00"))


class TestBankHolidays:
    @pytest.mark.parametrize(
        ("calendar", "year", "expected"),
        [
            pytest.param("GB-ENG", 2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26", id="coronation"),
            pytest.param("GB-ENG", 2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26", id="england-2024"),
            pytest.param("GB-ENG", 2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26", id="england-2025"),
            pytest.param("GB-ENG", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28", id="england-2026"),
            pytest.param("GB-WLS", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28", id="wales-2026"),
            pytest.param("GB-ENG", 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28", id="england-2027"),
            pytest.param("GB-ENG", 2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26", id="england-2028"),
            pytest.param(
                "GB-SCT",
                2026,
                "01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-28",
                id="scotland-2026-world-cup",
            ),
            pytest.param("GB-SCT", 2027, "01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28", id="scotland-2027"),
            pytest.param(
                "GB-NIR",
                2026,
                "01-01 03-17 04-03 04-06 05-04 05-25 07-13 08-31 12-25 12-28",
                id="northern-ireland-2026",
            ),
            pytest.param(
                "GB-NIR",
                2027,
                "01-01 03-17 03-26 03-29 05-03 05-31 07-12 08-30 12-27 12-28",
                id="northern-ireland-2027",
            ),
            pytest.param("IE", 2026, "01-01 02-02 03-17 04-06 05-04 06-01 08-03 10-26 12-25", id="ireland-2026"),
        ],
    )
    def test_weekdays_lost(self, calendar: str, year: int, expected: str) -> None:
        """The Mondays to Fridays that a calendar takes are those that the government publishes."""
        found = sorted(day for day in bank_holidays(calendar, year) if day.isoweekday() <= 5)
        assert " ".join(f"{day:%m-%d}" for day in found) == expected

    @given(st.sampled_from(sorted(CALENDARS)), st.integers(1990, 2090))
    def test_no_more_than_there_are(self, calendar: str, year: int) -> None:
        """A calendar holds days of its own year alone, 7 to 14 of them, always Christmas, never Easter Sunday."""
        found = bank_holidays(calendar, year)
        assert {day.year for day in found} == {year}
        assert 7 <= len(found) <= 14
        assert date(year, 12, 25) in found
        assert all(day.isoweekday() != 7 for day in found if day.month == 4)


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("day", "count", "expected"),
        [
            pytest.param("2026-07-03", 0, "2026-07-03", id="none-before-friday"),
            pytest.param("2026-07-05", 0, "2026-07-03", id="none-before-sunday"),
            pytest.param("2026-07-03", 1, "2026-07-02", id="one-before-friday"),
            pytest.param("2026-07-04", 1, "2026-07-03", id="one-before-saturday"),
            pytest.param("2026-07-05", 1, "2026-07-03", id="one-before-sunday"),
            pytest.param("2026-07-06", 1, "2026-07-03", id="one-before-monday"),
            pytest.param("2026-07-06", 3, "2026-07-01", id="three-before-monday"),
            pytest.param("2026-04-07", 1, "2026-04-02", id="one-before-easter-tuesday"),
            pytest.param("2026-12-29", 1, "2026-12-24", id="one-before-the-day-after-the-substitute"),
            pytest.param("2027-01-04", 5, "2026-12-23", id="five-over-new-year-and-christmas"),
        ],
    )
    def test_before(self, day: str, count: int, expected: str) -> None:
        """Counting back skips weekends and bank holidays and never counts the day itself."""
        assert USUAL.working_days_before(date.fromisoformat(day), count) == date.fromisoformat(expected)

    def test_negative(self) -> None:
        """A negative count is refused, since it would mean days after."""
        with pytest.raises(ValueError, match="not -1"):
            USUAL.working_days_before(date(2026, 7, 1), -1)

    @given(windows(), days, st.integers(1, 15))
    def test_count(self, window: Window, day: date, count: int) -> None:
        """As many working days as were asked for lie from the answer up to the day before."""
        found = window.working_days_before(day, count)
        span = [found + timedelta(days=n) for n in range((day - found).days)]
        assert window.is_working_day(found)
        assert sum(map(window.is_working_day, span)) == count

    @given(windows(), days)
    def test_on_or_before(self, window: Window, day: date) -> None:
        """The working day on or before a day is one, isn't later, has none in between, and is its own."""
        found = window.working_day_on_or_before(day)
        assert found <= day
        assert window.is_working_day(found)
        assert not any(window.is_working_day(found + timedelta(days=n + 1)) for n in range((day - found).days))
        assert window.working_day_on_or_before(found) == found


class TestInstant:
    @pytest.mark.parametrize(
        ("day", "at", "expected"),
        [
            pytest.param("2026-07-01", "10:00", "2026-07-01 09:00", id="summer"),
            pytest.param("2026-12-01", "10:00", "2026-12-01 10:00", id="winter"),
            pytest.param("2026-03-29", "00:59", "2026-03-29 00:59", id="before-the-gap"),
            pytest.param("2026-03-29", "01:00", "2026-03-29 01:00", id="first-skipped-becomes-02:00"),
            pytest.param("2026-03-29", "01:30", "2026-03-29 01:30", id="skipped-becomes-02:30"),
            pytest.param("2026-03-29", "02:00", "2026-03-29 01:00", id="after-the-gap"),
            pytest.param("2026-10-25", "01:00", "2026-10-25 00:00", id="first-of-two-begins"),
            pytest.param("2026-10-25", "01:30", "2026-10-25 00:30", id="first-of-two"),
            pytest.param("2026-10-25", "02:00", "2026-10-25 02:00", id="after-both"),
        ],
    )
    def test_london(self, day: str, at: str, expected: str) -> None:
        """A skipped time moves past the gap and a doubled one is its first (RFC 5545, 3.3.5)."""
        found = instant(date.fromisoformat(day), time.fromisoformat(at), LONDON)
        assert found == utc(expected)
        assert found.tzinfo is UTC

    def test_fold_is_not_looked_at(self) -> None:
        """A time that says it is the second occurrence is still the first."""
        assert instant(date(2026, 10, 25), time(1, 30, fold=1), LONDON) == utc("2026-10-25 00:30")

    def test_zone_given_twice(self) -> None:
        """A time with a zone of its own is refused and not quietly moved to another."""
        with pytest.raises(ValueError, match="without a zone"):
            instant(date(2026, 7, 1), time(10, tzinfo=UTC), LONDON)

    @given(days, st.times(), zones)
    def test_shows_the_time_or_later(self, day: date, at: time, zone: ZoneInfo) -> None:
        """By the clock of the zone, the instant shows the time asked for or, past a gap, a later one."""
        shown = instant(day, at, zone).astimezone(zone).replace(tzinfo=None)
        assert shown >= datetime.combine(day, at)

    @pytest.mark.parametrize("day", [pytest.param(day, id=day.isoformat()) for day in FORWARD + BACK])
    def test_order(self, day: date) -> None:
        """Outside the skipped hour, a later local time is a later instant on every night of change in London."""
        times = [time(*divmod(minute, 60)) for minute in range(1440) if day in BACK or minute // 60 != 1]
        found = [instant(day, at, LONDON) for at in times]
        assert found == sorted(set(found))


class TestSpread:
    @pytest.mark.parametrize(
        ("seed", "begins", "ends", "expected"),
        [
            pytest.param("a", time(10), time(15), time(12, 23), id="a"),
            pytest.param("patient-1", time(10), time(15), time(13, 52), id="patient"),
            pytest.param("", time(0), time.max, time(12, 36), id="empty-seed-whole-day"),
            pytest.param("any", time(9, 59, 30), time(10, 0, 30), time(10), id="the-only-whole-minute"),
        ],
    )
    def test_stable(self, seed: str, begins: time, ends: time, expected: time) -> None:
        """A seed has the same minute in every process and every version: these are pinned."""
        assert spread(seed, begins, ends) == expected

    def test_uniform(self) -> None:
        """Over 30,000 seeds each of 300 minutes is met about 100 times."""
        met = Counter(spread(f"patient/{n}", time(10), time(15)) for n in range(30_000))
        assert len(met) == 300
        # Chi-squared with 299 degrees of freedom has mean 299 and standard deviation 24.5; this is four of them above.
        assert sum((times - 100) ** 2 / 100 for times in met.values()) < 397

    @given(st.text(st.characters()), st.times(), st.times())
    def test_inside(self, seed: str, begins: time, ends: time) -> None:
        """The minute is whole and lies in the span; a span without one is refused."""
        if any(begins <= time(*divmod(minute, 60)) < ends for minute in range(1440)):
            found = spread(seed, begins, ends)
            assert begins <= found < ends
            assert found.second == found.microsecond == 0
        else:
            with pytest.raises(ValueError, match="No whole minute"):
                spread(seed, begins, ends)


class TestParseZone:
    @pytest.mark.parametrize(
        "name", ["Europe/London", "Europe/Dublin", "Europe/Jersey", "UTC", "America/Argentina/Ushuaia"]
    )
    def test_known(self, name: str) -> None:
        """A name of the IANA database gives its zone."""
        assert parse_zone(name).key == name

    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("", id="empty"),
            pytest.param(" ", id="blank"),
            pytest.param("Europe/Londn", id="misspelt"),
            pytest.param("europe/london", id="lower-case"),
            pytest.param("Europe", id="directory"),
            pytest.param("Europe/London ", id="trailing-space"),
            pytest.param("Europe/London\0", id="null"),
            pytest.param("../../etc/passwd", id="out-of-the-database"),
            pytest.param("/usr/share/zoneinfo/Europe/London", id="absolute-path"),
            pytest.param("Europe/../Europe/London", id="around-a-path"),
            pytest.param("right/Europe/London", id="leap-seconds"),
            pytest.param("posixrules", id="rules-of-the-machine"),
            pytest.param("localtime", id="time-of-the-machine"),
            pytest.param("Factory", id="no-place"),
            pytest.param("BST", id="abbreviation"),
            pytest.param("+01:00", id="offset"),
            pytest.param("\ud800", id="lone-surrogate"),
            pytest.param("x" * 100_000, id="very-long"),
        ],
    )
    def test_unknown(self, name: str) -> None:
        """What isn't exactly such a name is refused in one short sentence that shows a right one."""
        with pytest.raises(ValueError, match=r"^Unknown time zone .*'Europe/London'\.$") as refused:
            parse_zone(name)
        assert len(str(refused.value)) < 200

    @given(st.text(st.characters()))
    def test_junk(self, name: str) -> None:
        """Text that names no zone is a ValueError and nothing else."""
        assume(name not in ZONE_NAMES)
        with pytest.raises(ValueError, match="Unknown time zone"):
            parse_zone(name)
