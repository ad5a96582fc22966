"""Courses, enrolments and reunions on the wire: what is taken, and what is refused with the reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.places import place_key
from shared.clinic.submissions import Submission, refusal_text, submission
from shared.events.cloudevents import Rejected

SOURCE = "https://riverside.example.org"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)

SESSION = {"number": 1, "start": "2026-12-02T18:00:00Z"}
WELL: dict[str, dict[str, Any]] = {
    "course": {"sessions": [SESSION], "clinic": "HALL"},
    "enrolment": {"course": "C1", "patient": {"id": "P1"}, "attended": [1, 2], "missed": [3]},
    "reunion": {
        "start": "2026-12-16T14:00:00Z",
        "capacity": 40,
        "rsvp_by": "2026-12-09T17:00:00Z",
        "courses": ["C1"],
        "sites": ["HALL"],
    },
}


def said(kind: str, /, **changed: Any) -> Submission | Rejected:
    """What becomes of an event of a kind with these fields instead."""
    data = {name: value for name, value in (WELL[kind] | changed).items() if value is not ...}
    envelope = {"specversion": "1.0", "id": "1", "source": SOURCE, "subject": "1", "type": f"cocreate.{kind}.v1"}
    return submission({**envelope, "data": data}, NOW)


@pytest.mark.parametrize(
    ("kind", "changed", "reason"),
    [
        pytest.param("course", {"sessions": []}, "sessions: ", id="a course without sessions"),
        pytest.param("course", {"sessions": ...}, "sessions: ", id="a course that names no sessions"),
        pytest.param("course", {"sessions": [SESSION, SESSION]}, "same number", id="one number twice"),
        pytest.param("course", {"sessions": [SESSION | {"number": 0}]}, "number: ", id="session 0"),
        pytest.param(
            "course", {"sessions": [SESSION | {"end": "2026-12-02T17:00:00Z"}]}, "before it starts", id="it ends first"
        ),
        pytest.param("course", {"sessions": [{"number": 1, "start": "2026-12-02T18:00:00"}]}, "zone", id="no offset"),
        pytest.param("course", {"status": "postponed"}, "status: ", id="another status of a course"),
        pytest.param("course", {"zone": "Ely"}, "zone: ", id="no zone"),
        pytest.param("enrolment", {"course": ...}, "course: ", id="enrolled in nothing"),
        pytest.param("enrolment", {"patient": ...}, "patient: ", id="nobody is enrolled"),
        pytest.param("enrolment", {"missed": [2]}, "both attended and missed", id="came and did not"),
        pytest.param("enrolment", {"attended": [1, 1, 1, 1, 1]}, "named twice", id="five times the first session"),
        pytest.param("enrolment", {"missed": [61]}, "missed.0: ", id="beyond the last session"),
        pytest.param("reunion", {"capacity": 0}, "capacity: ", id="no places"),
        pytest.param("reunion", {"capacity": -1}, "capacity: ", id="fewer than none"),
        pytest.param("reunion", {"capacity": ...}, "capacity: ", id="nobody says how many"),
        pytest.param("reunion", {"rsvp_by": "2026-12-16T14:00:01Z"}, "rsvp_by lies after start", id="answers too late"),
        pytest.param("reunion", {"rsvp_by": ...}, "rsvp_by: ", id="no day for answers"),
        pytest.param("reunion", {"end": "2026-12-16T13:00:00Z"}, "before the start", id="a reunion ends first"),
        pytest.param("reunion", {"courses": [], "sites": []}, "nobody is invited", id="nobody is invited"),
        pytest.param("reunion", {"most_in_party": 11}, "most_in_party: ", id="a crowd"),
        pytest.param("reunion", {"most_in_party": 3, "capacity": 2}, "all places together", id="larger than the room"),
        pytest.param("reunion", {"kind": "party"}, "kind: ", id="another kind"),
    ],
)
def test_what_is_refused(kind: str, changed: dict[str, Any], reason: str) -> None:
    """An event that cannot be meant is refused whole, and the reason says where and why."""
    found = said(kind, **changed)
    assert isinstance(found, Rejected), found
    assert reason in refusal_text(found)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        *(pytest.param(kind, {}, id=kind) for kind in WELL),
        pytest.param("reunion", {"rsvp_by": "2026-12-16T14:00:00Z"}, id="answers until it starts"),
        pytest.param(
            "reunion", {"start": "2020-12-16T14:00:00Z", "rsvp_by": "2020-12-09T17:00:00Z"}, id="a reunion in the past"
        ),
        pytest.param("reunion", {"sites": []}, id="courses alone"),
        pytest.param("reunion", {"courses": []}, id="sites alone"),
        pytest.param("course", {"sessions": [SESSION | {"number": n} for n in range(1, 61)]}, id="sixty sessions"),
    ],
)
def test_what_is_taken(kind: str, changed: dict[str, Any]) -> None:
    """What is well said is a fact; one of the past is a fact as well."""
    found = said(kind, **changed)
    assert isinstance(found, Submission), found
    assert found.record.key == f"{SOURCE}/{kind}/1".encode()
    data = found.event.data
    assert isinstance(data, Course | Enrolment | Reunion)
    assert type(data).model_validate_json(data.model_dump_json()) == data  # it is kept as JSON


def test_who_refers_to_what() -> None:
    """An enrolment refers to its course; a reunion to courses, and to the venues of courses, of its own source."""
    course = f"{SOURCE}/course/C1"
    assert Course.model_validate(WELL["course"]).names(SOURCE, course) == (course, place_key(SOURCE, "HALL"))
    assert Enrolment.model_validate(WELL["enrolment"]).refers(SOURCE) == (course,)
    assert Reunion.model_validate(WELL["reunion"]).refers(SOURCE) == (course, place_key(SOURCE, "HALL"))
