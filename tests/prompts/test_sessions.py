"""What leads up to the sessions of a course: a reminder the working day before, or encouragement after absences."""

from itertools import permutations
from typing import Any

import pytest

from shared.rules.plan import CalendarEntry
from tests.prompts.course_fixtures import LONG_AGO, WEEKS, School, enrolled, of, remind, reminded
from tests.prompts.fixtures import CLOCK, SOURCE, london

COURSE, ENROLMENT, HILL = f"{SOURCE}/course/C1", f"{SOURCE}/enrolment/E1", f"{SOURCE}#HILL"


def leads(school: School, patient: str = "p1") -> list[str]:
    """What leads up to which session, and when, in order of time: `reminder 1 2026-11-02 CLOCK`."""
    found = []
    for message in school.plan(patient).messages:
        (number,) = [thing.rpartition("/")[2] for thing in message.says if "/session/" in thing]
        at = f"{message.send_at:%Y-%m-%d %H:%M}"
        found.append((message.send_at, f"{message.kind.split('.')[1]} {number} {at.replace(CLOCK, 'CLOCK')}"))
    return [line for _, line in sorted(found)]


@pytest.mark.parametrize(
    ("start", "when"),
    [
        pytest.param("2026-11-03 10:00", "2026-11-02 CLOCK", id="a Tuesday: on Monday"),
        pytest.param("2026-11-02 10:00", "2026-10-30 CLOCK", id="a Monday: on Friday"),
        pytest.param("2026-11-07 10:00", "2026-11-06 CLOCK", id="a Saturday: on Friday"),
        pytest.param("2026-12-29 10:00", "2026-12-24 CLOCK", id="after Christmas: before it"),
        pytest.param("2026-11-03 19:30", "2026-11-02 CLOCK", id="an evening"),
        pytest.param("2026-11-03 06:00", "2026-11-02 CLOCK", id="early in the morning"),
    ],
)
def test_a_reminder_is_due_the_working_day_before(start: str, when: str) -> None:
    """At the patient's own time of day."""
    assert leads(enrolled(start)) == [f"reminder 1 {when}"]


@pytest.mark.parametrize("count", [1, 6, 7, 60])
def test_there_are_as_many_as_there_are_sessions(count: int) -> None:
    """How many sessions a course has is data."""
    starts = [f"{2027 + n // 12}-{n % 12 + 1:02}-12 10:00" for n in range(count)]
    assert len(enrolled(*starts).plan().messages) == count


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param(
            ("2026-11-03 10:00", "2026-11-03 14:00"),
            ["reminder 1 2026-11-02 CLOCK", "reminder 2 2026-11-02 CLOCK"],
            id="on one day",
        ),
        pytest.param(
            ("2026-11-03 10:00", "2026-11-04 10:00"),
            ["reminder 1 2026-11-02 CLOCK", "reminder 2 2026-11-03 CLOCK"],
            id="on two days running",
        ),
        pytest.param(("2026-11-03 10:00", "2026-11-03 10:00"), ["reminder 1 2026-11-02 CLOCK"], id="the same, twice"),
    ],
)
def test_sessions_close_together_are_separate(starts: tuple[str, ...], expected: list[str]) -> None:
    """Each session has its own reminder; being told of one is not being told of the next."""
    assert leads(enrolled(*starts)) == expected
    assert leads(remind(enrolled(*starts), 1)) == expected[1:]


@pytest.mark.parametrize(
    ("enrolled_at", "expected"),
    [
        pytest.param("2026-11-02 09:00", "reminder 1 2026-11-02 CLOCK", id="before it is due: when it is due"),
        pytest.param("2026-11-02 17:30", "reminder 1 2026-11-02 17:30", id="the evening before: at once"),
        pytest.param("2026-11-03 07:59", "reminder 1 2026-11-03 07:59", id="more than two hours before: at once"),
        pytest.param("2026-11-03 08:00", None, id="two hours before: too late"),
        pytest.param("2026-11-03 11:00", None, id="while it lasts: too late"),
    ],
)
def test_who_enrols_late_is_told_as_soon_as_it_is_known(enrolled_at: str, expected: str | None) -> None:
    """Up to two hours before; the sessions after it are unaffected."""
    school = School().course(LONG_AGO).enrols(enrolled_at)
    assert leads(school) == [*([expected] if expected else []), *leads(enrolled())[1:]]
    (first, *_) = school.plan().messages
    assert first.expires_at == london(WEEKS[0] if expected else WEEKS[1]) - school.policy.short_notice_until


def test_a_session_that_is_added_late_is_told_of() -> None:
    """A course that gets one more session the day before has it reminded of at once."""
    school = enrolled(*WEEKS[:2]).course("2026-11-09 17:00", {1: WEEKS[0], 2: WEEKS[1], 3: "2026-11-10 14:00"})
    assert "reminder 3 2026-11-09 17:00" in leads(school)


MISPRINTED = ("2026-11-04 10:00",)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_any_order_of_arrival_is_the_same(order: tuple[int, ...]) -> None:
    """An enrolment before its course, or after it, and a state that was overtaken: the same messages."""
    events = (
        lambda s: s.course("2026-09-01 12:00"),
        lambda s: s.enrols("2026-09-01 12:00"),
        lambda s: s.course("2026-08-01 12:00", MISPRINTED),
    )
    school = School()
    for number in order:
        events[number](school)
    assert leads(school) == leads(enrolled())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"status": "withdrawn"}, id="withdrawn"),
        pytest.param({"status": "completed"}, id="completed"),
        pytest.param({"status": "entered-in-error"}, id="in error"),
        pytest.param({"course": "C9"}, id="in a course that nobody knows"),
    ],
)
def test_only_those_who_take_part_are_reminded(data: dict[str, Any]) -> None:
    """Nothing is wanted for anybody else."""
    assert leads(School().course(LONG_AGO).enrols(LONG_AGO, **data)) == []


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_course_that_is_off_reminds_nobody(status: str) -> None:
    """Nor does a session of a course that goes on without it."""
    assert leads(enrolled().course("2026-09-02 12:00", status=status)) == []
    assert [line.split()[1] for line in leads(enrolled().course("2026-09-02 12:00", off=(2, 4)))] == list("1356")


def test_two_enrolments_in_one_course_are_one() -> None:
    """Whoever withdrew and enrolled again under another id is reminded once of each session."""
    again = enrolled().enrols("2026-09-02 12:00", status="withdrawn").enrols("2026-09-03 12:00", id="E2")
    assert leads(again) == leads(enrolled())
    twice = enrolled().enrols("2026-09-03 12:00", id="E2")
    assert leads(twice) == leads(enrolled())
    assert leads(remind(twice, 1).enrols("2026-11-02 17:00", status="withdrawn")) == leads(enrolled())[1:]


def test_two_people_have_a_message_each() -> None:
    """A session is many people's; what tells each of it has a key, and an id, of its own."""
    school = enrolled().enrols(LONG_AGO, id="E2", patient="p2")
    ids = {message.id("prompts") for patient in ("p1", "p2") for message in school.plan(patient).messages}
    assert len(ids) == 2 * len(WEEKS)


def test_two_courses_are_two() -> None:
    """Each course leads up to its own sessions, absences in one are none in the other."""
    school = enrolled().course(LONG_AGO, [f"{start[:10]} 15:00" for start in WEEKS], id="C2")
    school.enrols(LONG_AGO, course="C2", id="E2", missed=(1, 2))
    kinds = {(m.kind, thing) for m in school.plan().messages for thing in m.says if "/session/3" in thing}
    assert kinds == {("session.reminder", of(3)), ("session.encourage", of(3, "C2"))}


def test_what_a_message_rests_on() -> None:
    """It says when and where of the session, and names the course and the enrolment: an unreadable event holds it."""
    first = enrolled().plan().messages[0]
    said = {
        "start": london(WEEKS[0]).isoformat(),
        "minute": "2026-11-03T10:00",
        "mode": "in-person",
        "place": HILL,
        "moves": 0,
        "on": True,
        "enrolment": ENROLMENT,
        "named": True,
    }
    assert first.says == {of(1): said, COURSE: {}, ENROLMENT: {}}
    assert (first.category, first.places, first.answers_until) == ("groups", (HILL,), None)
    assert first.calendar == (
        CalendarEntry(thing=of(1), sequence=0, start=london(WEEKS[0]), end=None, mode="in-person", place=HILL),
    )


@pytest.mark.parametrize(
    ("missed", "attended", "encouraged"),
    [
        pytest.param((), (1, 2), [], id="none"),
        pytest.param((1,), (2,), [], id="one"),
        pytest.param((2,), (1,), [], id="the latest alone"),
        pytest.param((1, 3), (2,), [], id="two, not in a row"),
        pytest.param((1, 2), (), ["3"], id="the first two"),
        pytest.param((2, 3), (1,), ["4"], id="two in a row"),
        pytest.param((1, 2), (3,), ["3"], id="and came again"),
        pytest.param((1, 2, 4, 5), (3,), ["3", "6"], id="two runs"),
        pytest.param((1,), (), [], id="nobody wrote down the second"),
        pytest.param((5, 6), (1, 2, 3, 4), [], id="the last two: nothing follows"),
    ],
)
def test_after_two_absences_in_a_row(missed: tuple[int, ...], attended: tuple[int, ...], encouraged: list[str]) -> None:
    """The next session has one encouraging message instead of its reminder, where absences are known in time."""
    school = enrolled()
    for number, start in enumerate(WEEKS, 1):
        remind(school, number)
        came = tuple(n for n in attended if n <= number), tuple(n for n in missed if n <= number)
        school.enrols(f"{start[:10]} 14:00", attended=came[0], missed=came[1])
    told = [[said.kind for said in school.told().about(of(number))] for number in range(1, len(WEEKS) + 1)]
    assert [str(n) for n, kinds in enumerate(told, 1) if "session.encourage" in kinds] == encouraged
    assert {len(kinds) for kinds in told} == {1}


@pytest.mark.parametrize(
    ("missed", "off", "expected"),
    [
        pytest.param((1, 2, 3), (), "reminder 4", id="a third absence: the usual one"),
        pytest.param((1, 2), (3,), "reminder 4", id="the session that it led up to was cancelled"),
        pytest.param((1, 2, 3), (4,), "reminder 5", id="both"),
    ],
)
def test_one_run_of_absences_is_encouraged_once(missed: tuple[int, ...], off: tuple[int, ...], expected: str) -> None:
    """However long it lasts, and whatever becomes of the session."""
    school = remind(enrolled().enrols("2026-11-10 14:00", missed=(1, 2)), 3)
    school.course("2026-11-16 17:00", off=off).enrols("2026-11-18 12:00", missed=missed)
    lines = [" ".join(line.split()[:2]) for line in leads(school)]
    assert expected in lines
    assert not [line for line in lines if line.startswith("encourage")]


def test_a_cancelled_session_was_missed_by_nobody() -> None:
    """It neither ends a run of absences nor belongs to one."""
    school = enrolled().course("2026-11-09 09:00", off=(2,)).enrols("2026-11-17 14:00", missed=(1, 3))
    assert [line for line in leads(school) if line.startswith("encourage")] == ["encourage 4 2026-11-23 CLOCK"]


def test_absences_that_are_written_down_late() -> None:
    """Whoever was reminded already is not written to again; a correction takes encouragement back."""
    school = remind(enrolled(), 3).enrols("2026-11-16 17:00", missed=(1, 2))
    assert not [line for line in leads(school) if line.split()[1] == "3"]
    corrected = enrolled().enrols("2026-11-10 14:00", missed=(1, 2)).enrols("2026-11-11 12:00", attended=(1, 2))
    assert leads(corrected) == leads(enrolled())


def test_what_was_told_is_not_told_again() -> None:
    """One session, one reminder; a course that is published again unchanged changes nothing."""
    school = reminded(1)
    assert leads(school) == leads(enrolled())[1:]
    assert leads(school.course("2026-11-02 17:00").enrols("2026-11-02 17:01")) == leads(enrolled())[1:]
