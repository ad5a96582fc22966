"""Courses, enrolments and reunions in a spreadsheet: what becomes an event, and what is refused with which cure."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.appointment import Mode
from shared.clinic.courses import COURSES, Course, Enrolment, Reunion
from shared.clinic.submissions import Submission, submission
from shared.formats.csv import courses, goals
from shared.formats.csv.courses import lines
from shared.formats.csv.tables import FieldFault, FileLine

SOURCE = "https://riverside.example.org"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)

COURSE = "course,session,start,end,clinic,status"
ENROLMENT = "course,patient,status,attended,missed"
REUNION = "reunion,start,end,clinic,capacity,most_in_party,rsvp_by,courses,sites,kind,organiser_email,status"


def read(*rows: str, source: str | None = SOURCE) -> tuple[FileLine, ...]:
    """The lines of a file that has a header of ours."""
    found = lines("\n".join(rows), source, NOW)
    assert isinstance(found, tuple), found
    return found


def taken(line: FileLine) -> Any:
    """What the services take a line for."""
    assert line.event is not None, line.faults
    found = submission(line.event, NOW)
    assert isinstance(found, Submission), found
    assert found.record.topic == COURSES
    return found.event.data


def test_a_course_is_its_lines_together() -> None:
    """Sessions of one course are one event, by the clocks of the place, whatever stands between their lines."""
    one, other = read(
        COURSE,
        "C1,1,2026-06-02 18:00,2026-06-02 21:00,HALL,",
        "C2,1,2026-12-03 10:00,,LIBRARY,planned",
        "C1,2,2026-12-09 18:00,,HALL,Cancelled",
    )
    course = taken(one)
    assert isinstance(course, Course)
    assert (one.number, other.number) == (2, 3)
    assert (course.status, course.clinic) == ("planned", "HALL")
    assert [(s.number, s.start.isoformat(), s.cancelled) for s in course.sessions] == [
        (1, "2026-06-02T17:00:00+00:00", False),
        (2, "2026-12-09T18:00:00+00:00", True),
    ]
    assert one.event is not None
    assert (one.event["subject"], taken(other).sessions[0].end) == ("course/C1", None)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_course_all_of_which_is_cancelled(status: str) -> None:
    """Where every session says so, so does the course."""
    (line,) = read(COURSE, f"C1,1,2026-12-02 18:00,,,{status}", f"C1,2,2026-12-09 18:00,,,{status}")
    assert taken(line).status == status


MET = "course,session,start,mode,join_link"


def test_how_a_session_is_met() -> None:
    """A session has a mode and a link of its own; most have neither, and are in person."""
    rows = ("C1,1,2026-12-02 18:00,,", "C1,2,2026-12-09 18:00,Video,https://video.nhs.uk/ab")
    (line,) = read(MET, *rows)
    course = taken(line)
    assert isinstance(course, Course)
    assert [(one.mode, one.join_link) for one in course.sessions] == [
        (Mode.IN_PERSON, None),
        (Mode.VIDEO, "https://video.nhs.uk/ab"),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("C1,1,2026-12-02 18:00,zoom,", "mode"),
        ("C1,1,2026-12-02 18:00,video,http://video.nhs.uk/ab", "join_link"),
    ],
)
def test_how_a_session_cannot_be_met(row: str, column: str) -> None:
    """Whoever writes a file can mend it: what is no mode, or no link, is refused."""
    (line,) = read(MET, row)
    assert line.event is None
    assert [fault.column for fault in line.faults] == [column]


def test_an_enrolment() -> None:
    """Attendance is numbers of sessions; without an id of its own it is known by course and patient."""
    one, again = read(ENROLMENT, "C1,P1,,1 2 4,3", "C1,P1,completed,1;2;4;5;6,3")
    assert taken(one) == Enrolment.model_validate(
        {"course": "C1", "patient": {"id": "P1"}, "attended": [1, 2, 4], "missed": [3]}
    )
    assert taken(again).status == "completed"
    assert one.event is not None
    assert again.event is not None
    assert one.event["subject"] == again.event["subject"]
    assert "P1" not in one.event["subject"]


def test_an_enrolment_with_a_birth_date() -> None:
    """The patient's birth date may stand beside; what was pasted along into a cell is cleaned."""
    (line,) = read("course,patient,birth_date", "C1,\u200bP1\u00a0,2010-05")
    assert taken(line) == Enrolment.model_validate({"course": "C1", "patient": {"id": "P1", "birth_date": "2010-05"}})


def test_a_reunion() -> None:
    """Every column reaches its field; lists of ids stand between semicolons."""
    (line,) = read(
        REUNION,
        "R1,2026-12-16 14:00,2026-12-16 16:00,HALL,40,2,2026-12-09 17:00,C1; C2,HALL,,office@example.org,",
    )
    assert taken(line) == Reunion.model_validate(
        {
            "start": "2026-12-16T14:00:00Z",
            "end": "2026-12-16T16:00:00Z",
            "clinic": "HALL",
            "capacity": 40,
            "most_in_party": 2,
            "rsvp_by": "2026-12-09T17:00:00Z",
            "courses": ["C1", "C2"],
            "sites": ["HALL"],
            "organiser_email": "office@example.org",
        }
    )


C1 = "C1,1,2026-12-02 18:00,,HALL,"


@pytest.mark.parametrize(
    ("header", "row", "cause"),
    [
        pytest.param(COURSE, ",1,2026-12-02 18:00,,,", f"course {goals.NOT_HERE}", id="a session of no course"),
        pytest.param(COURSE, "C1,0,2026-12-02 18:00,,,", "session is no whole number from 1 to 60", id="session 0"),
        pytest.param(COURSE, "C1,,2026-12-02 18:00,,,", f"session {goals.NOT_HERE}", id="no number"),
        pytest.param(COURSE, "C1,1,,,,", f"start {goals.NOT_HERE}", id="no start"),
        pytest.param(COURSE, "C1,1,02/12/2026 18:00,,,", "start is no time", id="a day as it is spoken"),
        pytest.param(COURSE, "C1,1,2026-12-02,,,", "start is no time", id="a day alone"),
        pytest.param(COURSE, "C1,1,2026-02-30 18:00,,,", "start is no time", id="no such day"),
        pytest.param(COURSE, "C1,1,2026-12-02 18:00,soon,,", "end is no time", id="an end in words"),
        pytest.param(COURSE, "C1,1,2026-10-25 01:30,,,", "start is when the clocks change", id="a time twice"),
        pytest.param(COURSE, "C1,1,2026-03-29 01:30,,,", "start is when the clocks change", id="a time that is none"),
        pytest.param(COURSE, "C1,1,2026-12-02 18:00,,,off", "status is none of planned", id="another status"),
        pytest.param(COURSE, "x" * 194 + ",1,2026-12-02 18:00,,,", "course holds more than 193", id="a long id"),
        pytest.param(COURSE + ",zone", f"{C1},Ely", "zone is no zone", id="no zone"),
        pytest.param(ENROLMENT, "C1,,,,", f"patient {goals.NOT_HERE}", id="nobody"),
        pytest.param(ENROLMENT, "C1,P1,,most,", "attended is no list", id="attendance in words"),
        pytest.param(ENROLMENT, "C1,P1,,,61", "missed is no list", id="a session beyond the last"),
        pytest.param(ENROLMENT, "C1,P1,left,,", "status is none of enrolled", id="another part"),
        pytest.param(REUNION, "R1,2026-12-16 14:00,,,0,,2026-12-09 17:00,C1,,,,", "capacity is no", id="no places"),
        pytest.param(REUNION, "R1,2026-12-16 14:00,,,-4,,2026-12-09 17:00,C1,,,,", "capacity is no", id="fewer than 0"),
        pytest.param(REUNION, "R1,2026-12-16 14:00,,,,,2026-12-09 17:00,C1,,,,", "capacity is empty", id="unsaid"),
        pytest.param(
            REUNION, "R1,2026-12-16 14:00,,,4,11,2026-12-09 17:00,C1,,,,", "most_in_party is no", id="a crowd"
        ),
        pytest.param(REUNION, "R1,2026-12-16 14:00,,,4,,2026-12-09,C1,,,,", "rsvp_by is no time", id="until a day"),
        pytest.param(REUNION, "R1,2026-12-16 14:00,,,4,,2026-12-09 17:00,C1,,party,,", "kind is none", id="a party"),
    ],
)
def test_what_is_wrong(header: str, row: str, cause: str) -> None:
    """Each line that is wrong is named by its number, with the field, the cause and the cure."""
    (line,) = read(header, row)
    assert (line.number, line.event) == (2, None)
    assert cause in str(line.faults[0])


def test_half_a_course_is_none() -> None:
    """Where one session's line is wrong the course is not published: the session would seem to be gone."""
    found = read(COURSE, C1, "C1,2,soon,,HALL,", "C2,1,2026-12-02 18:00,,,")
    assert [(line.number, line.event is not None) for line in found] == [(2, False), (3, False), (4, True)]
    assert str(found[0].faults[0]) == courses.NOT_WHOLE


@pytest.mark.parametrize("odd", [",2,2026-12-09 18:00,,,", '"C1,2', "C1,2,2026-12-09 18:00,,,,,more"])
def test_a_line_of_nobody_knows_which_course(odd: str) -> None:
    """A line that names no course, or cannot be read, may be of any: none of the file is published."""
    first, _ = read(COURSE, C1, odd)
    assert str(first.faults[0]) == courses.PERHAPS_NOT_WHOLE


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        pytest.param("C1,1,2026-12-09 18:00,,HALL,", courses.SESSION_TWICE, id="a number twice"),
        pytest.param("C1,2,2026-12-09 18:00,,LIBRARY,", courses.OTHER_CLINIC, id="two venues"),
    ],
)
def test_lines_that_contradict_each_other(second: str, cause: str) -> None:
    """The later one is named, and the course waits for it."""
    first, other = read(COURSE, C1, second)
    assert first.event is None
    assert other.faults[0].cause == cause


@pytest.mark.parametrize(
    ("header", "source", "cause"),
    [
        pytest.param(COURSE + ",Ada", SOURCE, "column 7 is none of course,session", id="a column that is none of ours"),
        pytest.param("course,patient,condition", SOURCE, "column 3 is none of course,patient", id="what must not come"),
        pytest.param("reunion,start,rsvp_by", SOURCE, "capacity is not among the columns", id="no capacity"),
        pytest.param("course,start", SOURCE, "session is not among the columns", id="no number"),
        pytest.param(ENROLMENT, None, "source is not among the columns", id="no source"),
        pytest.param("", SOURCE, "the first line must name the columns", id="nothing"),
    ],
)
def test_files_that_are_refused_whole(header: str, source: str | None, cause: str) -> None:
    """Where the columns cannot be known no line is guessed at; the cause quotes none."""
    found = lines(f"{header}\nC1,1", source, NOW)
    assert isinstance(found, FieldFault)
    assert cause in str(found)
    assert "Ada" not in str(found)


@given(
    st.sampled_from([COURSE, ENROLMENT, REUNION]),
    st.lists(st.lists(st.text(max_size=9) | st.sampled_from(["C1", "1", "2026-12-02 18:00", "4"]), max_size=12)),
)
def test_any_table(header: str, rows: list[list[str]]) -> None:
    """Whatever is typed, each line is an event or has a fault, and nothing raises, the services' own check included."""
    found = lines("\n".join([header, *map(",".join, rows)]), SOURCE, NOW)
    for line in found if isinstance(found, tuple) else ():
        assert (line.event is None) == bool(line.faults)
        assert json.dumps(line.event)
        if line.event is not None:
            submission(line.event, NOW)
