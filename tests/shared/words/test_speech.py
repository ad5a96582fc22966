"""How days, times and lists are said in English and Welsh."""

import itertools
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.day_times import PHRASES, between, clock_time, day, on
from shared.words.speech import FILTERS, LONGEST_DAY, NOTES, agendas
from shared.words.visit_lists import dated, lines, listed, phones
from shared.words.wording import Language

EN, CY = Language.ENGLISH, Language.WELSH
LONDON = ZoneInfo("Europe/London")


def at(hour: int, minute: int = 0, of: int = 1) -> datetime:
    """An instant in December 2026, which begins on a Tuesday."""
    return datetime(2026, 12, of, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("of", "english", "welsh"),
    [
        pytest.param(date(2026, 12, 1), "Tuesday 1 December", "dydd Mawrth 1 Rhagfyr", id="no leading zero"),
        pytest.param(date(2027, 1, 4), "Monday 4 January", "dydd Llun 4 Ionawr", id="Monday"),
        pytest.param(date(2027, 2, 10), "Wednesday 10 February", "dydd Mercher 10 Chwefror", id="Wednesday"),
        pytest.param(date(2027, 3, 11), "Thursday 11 March", "dydd Iau 11 Mawrth", id="Thursday"),
        pytest.param(date(2027, 4, 30), "Friday 30 April", "dydd Gwener 30 Ebrill", id="Friday"),
        pytest.param(date(2027, 5, 1), "Saturday 1 May", "dydd Sadwrn 1 Mai", id="Saturday"),
        pytest.param(date(2027, 6, 6), "Sunday 6 June", "dydd Sul 6 Mehefin", id="Sunday"),
        pytest.param(date(2027, 7, 5), "Monday 5 July", "dydd Llun 5 Gorffennaf", id="July"),
        pytest.param(date(2027, 8, 2), "Monday 2 August", "dydd Llun 2 Awst", id="August"),
        pytest.param(date(2027, 9, 6), "Monday 6 September", "dydd Llun 6 Medi", id="September"),
        pytest.param(date(2027, 10, 4), "Monday 4 October", "dydd Llun 4 Hydref", id="October"),
        pytest.param(date(2027, 11, 1), "Monday 1 November", "dydd Llun 1 Tachwedd", id="November"),
    ],
)
def test_days(of: date, english: str, welsh: str) -> None:
    """A day is its weekday and date, without a year; in Welsh it is lower-case, and softly mutated after `ar`."""
    noon = datetime(of.year, of.month, of.day, 12, tzinfo=LONDON)
    assert (day(noon, EN), day(noon, CY)) == (english, welsh)
    assert on(noon, EN, None) == f"on {english}"
    assert on(noon, CY, None) == f"ar d{welsh}"


@pytest.mark.parametrize(
    ("start", "now", "english", "welsh"),
    [
        pytest.param(at(14), at(8), "today, Tuesday 1 December", "heddiw, dydd Mawrth 1 Rhagfyr", id="on the very day"),
        pytest.param(at(14), at(14, of=2), "on Tuesday 1 December", "ar ddydd Mawrth 1 Rhagfyr", id="the day after"),
        pytest.param(at(14, of=2), at(8), "on Wednesday 2 December", "ar ddydd Mercher 2 Rhagfyr", id="never tomorrow"),
        pytest.param(at(14), None, "on Tuesday 1 December", "ar ddydd Mawrth 1 Rhagfyr", id="nobody knows when"),
        pytest.param(
            datetime(2026, 7, 1, 0, 30, tzinfo=LONDON),
            datetime(2026, 6, 30, 23, 15, tzinfo=UTC),
            "today, Wednesday 1 July",
            "heddiw, dydd Mercher 1 Gorffennaf",
            id="the clinic's day, not UTC's",
        ),
        pytest.param(
            datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Pacific/Auckland")),
            datetime(2026, 12, 1, 12, tzinfo=UTC),
            "on Tuesday 1 December",
            "ar ddydd Mawrth 1 Rhagfyr",
            id="one date in two zones is not one day",
        ),
    ],
)
def test_today_stands_only_where_it_is_true(start: datetime, now: datetime | None, english: str, welsh: str) -> None:
    """`Today` is the clinic's day, and the date always stands beside it."""
    assert (on(start, EN, now), on(start, CY, now)) == (english, welsh)


@pytest.mark.parametrize(
    ("hour", "minute", "english", "welsh"),
    [
        pytest.param(9, 0, "9am", "9am", id="on the hour"),
        pytest.param(14, 30, "2.30pm", "2.30pm", id="a full stop, no colon"),
        pytest.param(9, 5, "9.05am", "9.05am", id="minutes have two digits"),
        pytest.param(12, 0, "12 noon", "12 hanner dydd", id="noon"),
        pytest.param(12, 30, "12.30pm", "12.30pm", id="after noon"),
        pytest.param(0, 0, "midnight", "hanner nos", id="midnight"),
        pytest.param(0, 15, "12.15am", "12.15am", id="after midnight"),
        pytest.param(23, 59, "11.59pm", "11.59pm", id="before midnight"),
    ],
)
def test_times(hour: int, minute: int, english: str, welsh: str) -> None:
    """As the NHS content guide writes times."""
    assert (clock_time(at(hour, minute), EN), clock_time(at(hour, minute), CY)) == (english, welsh)


@pytest.mark.parametrize(
    ("start", "end", "english", "welsh"),
    [
        pytest.param(at(9), at(9, 30), "between 9am and 9.30am", "rhwng 9am a 9.30am", id="naw"),
        pytest.param(at(7), at(8), "between 7am and 8am", "rhwng 7am ac 8am", id="wyth"),
        pytest.param(at(10), at(11), "between 10am and 11am", "rhwng 10am ac 11am", id="un ar ddeg"),
        pytest.param(at(12), at(13), "between 12 noon and 1pm", "rhwng 12 hanner dydd ac 1pm", id="un"),
        pytest.param(at(13), at(13, 10), "between 1pm and 1.10pm", "rhwng 1pm ac 1.10pm", id="un, and minutes"),
        pytest.param(at(11), at(12), "between 11am and 12 noon", "rhwng 11am a 12 hanner dydd", id="deuddeg"),
        pytest.param(at(17), at(18), "between 5pm and 6pm", "rhwng 5pm a 6pm", id="chwech"),
        pytest.param(at(9), at(9), "at about 9am", "tua 9am", id="no end is known"),
        pytest.param(at(9), at(8), "at about 9am", "tua 9am", id="an end before the start"),
        pytest.param(at(9), at(9, of=2), "at about 9am", "tua 9am", id="the end is on another day"),
    ],
)
def test_ranges(start: datetime, end: datetime, english: str, welsh: str) -> None:
    """A call has a range, where one is known; Welsh says `ac` before an hour that is spoken with a vowel."""
    assert (between(start, end, EN), between(start, end, CY)) == (english, welsh)


def test_and_before_every_hour_in_welsh() -> None:
    """`ac` before un, wyth and un ar ddeg, in the morning and after noon; `a` before all others."""
    midnight = at(0)
    said = {
        hour: between(midnight, midnight + timedelta(hours=hour), CY).removeprefix("rhwng hanner nos ").split()[0]
        for hour in range(1, 24)
    }
    assert {hour for hour, word in said.items() if word == "ac"} == {1, 8, 11, 13, 20, 23}
    assert set(said.values()) == {"a", "ac"}


def visit(mode: str, hour: int, name: str = "Riverside", phone: str = "020 7946 0101", end: int = 30) -> dict[str, Any]:
    """An appointment as words see it."""
    place = {"name": name, "phone": phone, "address": f"1 {name} Street", "sender": "Riverside Hospital"}
    return {"mode": mode, "start": at(hour), "end": at(hour, end), "place": place}


THREE = [visit("in-person", 9), visit("telephone", 12), visit("video", 15)]


def test_several_in_one_line() -> None:
    """Each with its time and how or where it is; a Welsh place stands alone, for nobody knows its mutation."""
    assert listed(THREE, EN) == "9am, at Riverside; between 12 noon and 12.30pm, by phone; 3pm, by video"
    assert listed(THREE, CY) == "9am, Riverside; rhwng 12 hanner dydd a 12.30pm, dros y ffôn; 3pm, drwy fideo"


def test_several_one_a_line() -> None:
    """An e-mail has room for a line each, and for the address of what the patient comes to."""
    assert lines(THREE, EN).split("\n") == [
        "9am, at Riverside, 1 Riverside Street",
        "between 12 noon and 12.30pm, by phone",
        "3pm, by video",
    ]
    assert lines(THREE, CY).split("\n")[0] == "9am, Riverside, 1 Riverside Street"
    assert lines([{**THREE[0], "place": {"name": "Riverside", "address": ""}}], EN) == "9am, at Riverside"


def test_a_call_without_an_end_in_a_list() -> None:
    """Nobody promises a call to the minute, in a list either."""
    assert listed([visit("telephone", 9, end=0)], EN) == "at about 9am, by phone"
    assert listed([visit("telephone", 9, end=0)], CY) == "tua 9am, dros y ffôn"


def days(*visits: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """These visits, each so many days later."""
    return [
        {**one, "start": one["start"] + timedelta(days=after), "end": one["end"] + timedelta(days=after)}
        for after, one in visits
    ]


HILL = "020 7946 0102"

WEEK = days((0, visit("in-person", 10)), (1, visit("in-person", 10)), (4, visit("in-person", 10)))
OTHER_TIMES = days((0, visit("in-person", 10)), (1, visit("in-person", 14)))
MIXED = days((0, visit("in-person", 10)), (1, visit("telephone", 9)), (2, visit("in-person", 10, "Hill Clinic", HILL)))


@pytest.mark.parametrize(
    ("visits", "english", "welsh"),
    [
        pytest.param(
            WEEK,
            "Tue 1 Dec, Wed 2 Dec, Sat 5 Dec at 10am, at Riverside",
            "Maw 1 Rhag, Mer 2 Rhag, Sad 5 Rhag am 10am, Riverside",
            id="all alike",
        ),
        pytest.param(
            OTHER_TIMES,
            "Tue 1 Dec 10am, Wed 2 Dec 2pm, at Riverside",
            "Maw 1 Rhag 10am, Mer 2 Rhag 2pm, Riverside",
            id="at other times",
        ),
        pytest.param(
            MIXED,
            "Tue 1 Dec at 10am, at Riverside; Wed 2 Dec between 9am and 9.30am, by phone; Thu 3 Dec at 10am, at Hill "
            "Clinic",
            "Maw 1 Rhag am 10am, Riverside; Mer 2 Rhag rhwng 9am a 9.30am, dros y ffôn; Iau 3 Rhag am 10am, Hill "
            "Clinic",
            id="of several kinds",
        ),
    ],
)
def test_visits_of_several_days(visits: list[dict[str, Any]], english: str, welsh: str) -> None:
    """Each day is named, and what they share is said once."""
    assert (listed(visits, EN), listed(visits, CY)) == (english, welsh)


def test_lines_and_numbers_of_several_days() -> None:
    """In an e-mail each line has its day; a number is for days, for two visits may be at the same time."""
    assert lines(MIXED, EN).split("\n")[0] == "Tuesday 1 December, 10am, at Riverside, 1 Riverside Street"
    shared = days((0, visit("in-person", 10)), (0, visit("video", 14, phone=HILL)), (1, visit("video", 14, phone=HILL)))
    assert (
        phones(shared, EN) == "020 7946 0101 (for Tue 1 Dec 10am), or 020 7946 0102 (for Tue 1 Dec 2pm, Wed 2 Dec 2pm)"
    )
    assert phones(MIXED, EN) == "020 7946 0101 (for Tue 1 Dec, Wed 2 Dec), or 020 7946 0102 (for Thu 3 Dec)"


def test_each_with_its_day() -> None:
    """What is off, or still stands, on several days or on one: each with its day and its place."""
    two = days((0, visit("in-person", 10)), (1, visit("video", 14)))
    assert (dated(two, EN), dated(two, CY)) == (
        "Tue 1 Dec at 10am, at Riverside; Wed 2 Dec at 2pm, by video",
        "Maw 1 Rhag am 10am, Riverside; Mer 2 Rhag am 2pm, drwy fideo",
    )
    assert dated(days((0, visit("in-person", 10))), EN) == "Tue 1 Dec at 10am, at Riverside"


@pytest.mark.parametrize(
    ("visits", "english", "welsh"),
    [
        pytest.param([visit("in-person", 9), visit("video", 10)], "020 7946 0101", "020 7946 0101", id="one number"),
        pytest.param(
            [visit("in-person", 9), visit("in-person", 10, "Other ward")],
            "020 7946 0101",
            "020 7946 0101",
            id="two names of it",
        ),
        pytest.param(
            [visit("in-person", 9), visit("in-person", 10, "Hill Clinic", HILL)],
            "020 7946 0101 (for 9am), or 020 7946 0102 (for 10am)",
            "020 7946 0101 (9am), neu 020 7946 0102 (10am)",
            id="two numbers",
        ),
        pytest.param(
            [visit("video", 9), visit("video", 10), visit("video", 11), visit("video", 14, phone=HILL)],
            "020 7946 0101 (for 9am, 10am and 11am), or 020 7946 0102 (for 2pm)",
            "020 7946 0101 (9am, 10am ac 11am), neu 020 7946 0102 (2pm)",
            id="three of one",
        ),
        pytest.param(
            [visit("video", 9), visit("in-person", 9), visit("video", 14, phone=HILL)],
            "020 7946 0101 (for 9am), or 020 7946 0102 (for 2pm)",
            "020 7946 0101 (9am), neu 020 7946 0102 (2pm)",
            id="two at one time",
        ),
    ],
)
def test_whom_to_call_about_several(visits: list[dict[str, Any]], english: str, welsh: str) -> None:
    """One number, or each with the times that it is for: names of places would make the text too long."""
    assert (phones(visits, EN), phones(visits, CY)) == (english, welsh)


def test_no_visits_are_no_words() -> None:
    """An empty list is shown as nothing, and never raises."""
    assert {show([], language) for show in (lines, listed, dated, phones, agendas) for language in Language} == {""}


SILENT: dict[str, Any] = {"items": [], "has_more": False, "wish": None, "confidence": None, "is_urgent": False}


def listing(hour: int = 9, mode: str = "in-person", **said: Any) -> dict[str, Any]:
    """An appointment on a clinician's list, as words see it."""
    return {"start": at(hour), "end": at(hour, 30), "mode": mode, "said": {**SILENT, **said}}


@pytest.mark.parametrize(
    ("one", "told"),
    [
        pytest.param(listing(), ["9am", "No list yet."], id="nothing said"),
        pytest.param(listing(mode="video"), ["9am, by video", "No list yet."], id="by video"),
        pytest.param(
            listing(mode="telephone"), ["9am, by phone", "No list yet."], id="the clinician knows when to call"
        ),
        pytest.param(listing(items=["my back", "sleep"]), ["9am", "- my back", "- sleep"], id="a list"),
        pytest.param(
            listing(items=["my back"], has_more=True),
            ["9am", "- my back", "They wrote more than this: see the task list."],
            id="and more",
        ),
        pytest.param(
            listing(has_more=True),
            ["9am", "They wrote more than this: see the task list."],
            id="words that are not shown are no empty list",
        ),
        pytest.param(
            listing(wish="2", confidence=0),
            [
                "9am",
                "They asked for a new time. It stays booked until you move it.",
                "No list yet.",
                "Sure of their goal: 0 of 10",
            ],
            id="a wish, and no confidence at all",
        ),
        pytest.param(
            listing(is_urgent=True, wish="1"),
            [
                "9am",
                "A text of theirs sounded urgent: see the task list.",
                "They said that they are coming.",
                "No list yet.",
            ],
            id="urgent first",
        ),
        pytest.param(listing(wish="7"), ["9am", "No list yet."], id="a wish that nobody knows"),
        pytest.param(
            {**listing(), "said": {}},
            ["9am", "What they said could not be looked up: see the task list."],
            id="nobody can tell",
        ),
    ],
)
def test_what_a_clinician_reads_of_an_appointment(one: dict[str, Any], told: list[str]) -> None:
    """The time, what is urgent or wished, the list, how sure they are of their goal; in Welsh as many lines."""
    assert agendas([one], EN).split("\n") == told
    assert len(agendas([one], CY).split("\n")) == len(told)


def test_nobodys_words_stand_where_two_come_at_once() -> None:
    """A time alone does not tell them apart: only that one of them needs somebody now is said."""
    both = [listing(10, items=["my back"], is_urgent=True), listing(10, items=["sleep"], confidence=3)]
    assert agendas([listing(9), *both], EN).split("\n\n") == [
        "9am\nNo list yet.",
        (
            "10am: 2 appointments at this time, so no lists here: see the task list.\n"
            "A text of theirs sounded urgent: see the task list."
        ),
    ]


@given(st.integers(0, 40), st.integers(0, 12), st.integers(1, 400), st.sampled_from(Language))
def test_a_clinicians_day_is_never_too_long(visits: int, items: int, length: int, language: Language) -> None:
    """However much patients write, it can be filled; each appointment is there, and what is left out is said to be."""
    said = listing(items=["x" * length] * items, wish="3", confidence=5)
    told = agendas([{**said, "start": at(8) + timedelta(minutes=number)} for number in range(visits)], language)
    assert len(told) <= LONGEST_DAY
    assert len(told.split("\n\n")) == max(visits, 1)
    whole = told.count("x" * length) == visits * items
    assert whole or NOTES[language].more in told or "…" in told


def test_what_a_wording_may_call() -> None:
    """The filters that wordings know, and every language has its phrases."""
    lists = {"agendas", "coming", "attendance"}
    assert set(FILTERS) == {"day", "on", "time", "between", "lines", "listed", "dated", "phones"} | lists
    assert set(PHRASES) == set(Language)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 - hypothesis adds them
    st.sampled_from(Language),
)
def test_any_instant_can_be_said(start: datetime, language: Language) -> None:
    """Every day and time of every zone is said on one short line, with its day of the month."""
    said = (
        day(start, language),
        clock_time(start, language),
        on(start, language, start.astimezone(timezone(timedelta(hours=14)))),
        between(start, start + timedelta(minutes=20), language),
    )
    assert str(start.day) in said[0].split()
    assert said[2].endswith(said[0])
    assert on(start, language, start) != on(start, language, None)
    assert all(text.isprintable() and 0 < len(text) < 60 for text in said)


def test_times_of_a_day_are_told_apart() -> None:
    """No two minutes of a day are written alike, in either language."""
    minutes = [at(hour, minute) for hour, minute in itertools.product(range(24), range(60))]
    for language in Language:
        assert len({clock_time(minute, language) for minute in minutes}) == 24 * 60
