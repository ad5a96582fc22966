"""`cocreate plan` and `publish` of goals: a spreadsheet's lines are events, or are named with the cure."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.documents import NOT_UTF_8, Bad, Good, documents
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS, Goal
from shared.formats.csv import goals

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
SOURCE = "https://riverside.example.org"


def found(file: Path, text: str | bytes, source: str = SOURCE) -> list[Good | Bad]:
    """What a file holds."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(documents([file], source, NOW))


@pytest.mark.parametrize("name", ["goals.csv", "Goals.CSV"])
def test_each_line_is_an_event(name: str, tmp_path: Path) -> None:
    """A line becomes a goal of its source on its topic; a wrong one is named by file and line, and quoted nowhere."""
    text = "patient,set_on,confidence\nP1,2026-11-24,7\nP2,24.11.2026,Ada\n"
    good, bad = found(tmp_path / name, text)
    assert isinstance(good, Good)
    assert good.record.topic == GOALS
    assert isinstance(good.event.data, Goal)
    assert (good.event.source, good.event.data.confidence) == (SOURCE, 7)
    assert bad == Bad(f"{tmp_path / name}:3", f"set_on {goals.NOT_A_DAY}; confidence {goals.NOT_SURE}")


@pytest.mark.parametrize(
    ("text", "things"),
    [
        pytest.param("course,session,start\nC1,1,2026-12-08 18:00\nC1,2,2026-12-15 18:00", ["course/C1"], id="courses"),
        pytest.param("course,patient,enrolment\nC1,P1,E1\nC1,P2,E2", ["enrolment/E1", "enrolment/E2"], id="enrolments"),
        pytest.param(
            "reunion,start,capacity,rsvp_by,courses\nR1,2027-03-03 14:00,40,2027-02-24 17:00,C1",
            ["reunion/R1"],
            id="reunions",
        ),
    ],
)
def test_tables_are_told_apart_by_their_columns(text: str, things: list[str], tmp_path: Path) -> None:
    """A CSV is of goals, courses, enrolments or reunions, and nobody need say which."""
    every = found(tmp_path / "table.csv", text)
    assert all(isinstance(one, Good) and one.record.topic == COURSES for one in every)
    assert [one.event.thing for one in every if isinstance(one, Good)] == [f"{SOURCE}/{thing}" for thing in things]


def test_what_no_line_shows_is_told_of_the_line(tmp_path: Path) -> None:
    """What only the whole event shows is a fault of its line: answers that are awaited until after the start."""
    text = "reunion,start,capacity,rsvp_by,courses\nR1,2027-03-03 14:00,40,2027-03-04 17:00,C1"
    (bad,) = found(tmp_path / "reunions.csv", text)
    assert isinstance(bad, Bad)
    assert bad.where.endswith("reunions.csv:2")
    assert "rsvp_by lies after start" in bad.cause


@pytest.mark.parametrize(
    ("text", "source", "cause"),
    [
        pytest.param("patient,set_on\nP1,2026-11-24", "urn:fhir", "or give --source", id="nobody names the source"),
        pytest.param("name,day\nP1,2026-11-24", SOURCE, "the first line must name the columns", id="other columns"),
        pytest.param("patient,set_on\nPé,2026-11-24".encode("latin-1"), SOURCE, NOT_UTF_8, id="not UTF-8"),
    ],
)
def test_files_that_are_refused_whole(text: str | bytes, source: str, cause: str, tmp_path: Path) -> None:
    """What cannot be read is one cause with the cure."""
    (bad,) = found(tmp_path / "goals.csv", text, source)
    assert isinstance(bad, Bad)
    assert cause in bad.cause


def test_lines_may_name_their_sources(tmp_path: Path) -> None:
    """With a column of sources nobody needs to name one."""
    (good,) = found(tmp_path / "g.csv", f"patient,set_on,source\nP1,2026-11-24,{SOURCE}\n", "urn:fhir")
    assert isinstance(good, Good)
