"""Goals that people type: what becomes an event, and what is refused with which cure."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.goal import GOALS, Goal, GoalStatus
from shared.clinic.submissions import Submission, submission
from shared.events.types import LONGEST_CODE
from shared.formats.csv import goals, tables
from shared.formats.csv.goals import COLUMNS, goal, lines
from shared.formats.csv.tables import FieldFault, FileLine

SOURCE = "https://riverside.example.org"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
ROW = {"patient": "P1", "set_on": "2026-11-24"}


def event(**changed: str) -> dict[str, Any]:
    """The event of a row with these values instead; the services would take it."""
    found = goal(ROW | changed, SOURCE, NOW)
    assert isinstance(found, dict), found
    assert isinstance(submission(found, NOW), Submission)
    return found


def faults(**changed: str) -> list[tuple[str | None, str]]:
    """What is wrong with a row."""
    found = goal(ROW | changed, SOURCE, NOW)
    assert isinstance(found, tuple), found
    return [(fault.column, fault.cause) for fault in found]


def read(*rows: str, source: str | None = SOURCE) -> tuple[FileLine, ...]:
    """The lines of a file that has a header of ours."""
    found = lines("\n".join(rows), source, NOW)
    assert isinstance(found, tuple), found
    return found


class TestAGoal:
    """One row."""

    def test_whole(self) -> None:
        """Every field reaches its place, and the event is about its goal."""
        found = event(review_on="2026-12-08", confidence="7", clinic="MSK", status="Active", goal="G1")
        assert found | {"id": ""} == {
            "specversion": "1.0",
            "id": "",
            "source": SOURCE,
            "type": "cocreate.goal.v1",
            "subject": "goal/G1",
            "time": "2026-12-01T09:30:00Z",
            "data": {
                "status": "active",
                "patient": {"id": "P1"},
                "set_on": "2026-11-24",
                "review_on": "2026-12-08",
                "confidence": 7,
                "clinic": "MSK",
            },
        }

    def test_what_is_empty_is_not_said(self) -> None:
        """What nobody typed is not known; without a status a goal is active."""
        assert event()["data"] == {"status": "active", "patient": {"id": "P1"}, "set_on": "2026-11-24"}

    @pytest.mark.parametrize("status", GoalStatus)
    def test_each_status(self, status: GoalStatus) -> None:
        """Each status is taken by its own name."""
        assert event(status=status.upper())["data"]["status"] == status

    @pytest.mark.parametrize(
        ("changed", "is_same"),
        [
            pytest.param({}, True, id="again"),
            pytest.param({"patient": " P1 "}, True, id="blanks"),
            pytest.param({"source": f"{SOURCE}/"}, True, id="a slash at the end of the source"),
            pytest.param({"status": "achieved", "confidence": "9", "review_on": "2026-12-24"}, True, id="what changes"),
            pytest.param({"patient": "p1"}, False, id="another patient"),
            pytest.param({"set_on": "2026-11-25"}, False, id="another day"),
            pytest.param({"source": "https://hillside.example.org"}, False, id="another source"),
            pytest.param({"goal": "G1"}, False, id="an id of its own"),
        ],
    )
    def test_which_goal_it_is(self, changed: dict[str, str], is_same: bool) -> None:
        """Without an id of its own a goal is known by source, patient and day, and its name tells neither."""
        made = event(**changed)["subject"]
        assert (made == event()["subject"]) is is_same
        assert "P1" not in event()["subject"]

    def test_events_are_told_apart(self) -> None:
        """The same entry at the same moment is the same event; another state or another moment is another."""
        later = goal(ROW, SOURCE, datetime(2026, 12, 2, tzinfo=UTC))
        assert isinstance(later, dict)
        every = [event(), event(), event(confidence="3"), later]
        assert len({one["id"] for one in every}) == 3

    @pytest.mark.parametrize(
        ("changed", "column", "cause"),
        [
            pytest.param({"patient": " "}, "patient", goals.NOT_HERE, id="no patient"),
            pytest.param({"patient": "P\u202e1"}, "patient", "cannot be seen", id="letters turned round"),
            pytest.param({"patient": "P\x001"}, "patient", "cannot be seen", id="a null character"),
            pytest.param({"patient": "P\ud8001"}, "patient", "cannot be seen", id="half a character"),
            pytest.param({"patient": "x" * (LONGEST_CODE + 1)}, "patient", "more than 200", id="a long patient"),
            pytest.param({"patient": "9.43477E+09"}, "patient", goals.ROUNDED, id="a number that was rounded"),
            pytest.param({"clinic": "M\u200bSK"}, "clinic", "cannot be seen", id="a zero-width space"),
            pytest.param({"goal": "x" * 196}, "goal", "more than 195", id="a long goal"),
            pytest.param({"set_on": ""}, "set_on", goals.NOT_HERE, id="no day"),
            pytest.param({"set_on": "01/12/2026"}, "set_on", goals.NOT_A_DAY, id="a day as it is spoken"),
            pytest.param({"set_on": "2026-02-30"}, "set_on", goals.NOT_A_DAY, id="no such day"),
            pytest.param({"set_on": "20261201"}, "set_on", goals.NOT_A_DAY, id="without dashes"),
            pytest.param({"set_on": "1764547200"}, "set_on", goals.NOT_A_DAY, id="seconds"),
            pytest.param({"set_on": "\u0662026-11-24"}, "set_on", goals.NOT_A_DAY, id="other digits"),
            pytest.param({"set_on": "0026-11-24"}, "set_on", goals.TOO_EARLY, id="a year of two digits"),
            pytest.param({"set_on": "2026-12-02"}, "set_on", goals.NOT_YET, id="tomorrow"),
            pytest.param({"review_on": "soon"}, "review_on", goals.NOT_A_DAY, id="a review in words"),
            pytest.param({"review_on": "2026-11-23"}, "review_on", goals.REVIEW_BEFORE, id="a review before"),
            pytest.param({"review_on": "2036-12-08"}, "review_on", goals.REVIEW_TOO_LATE, id="a review far ahead"),
            pytest.param({"confidence": "11"}, "confidence", goals.NOT_SURE, id="too sure"),
            pytest.param({"confidence": "-1"}, "confidence", goals.NOT_SURE, id="below nothing"),
            pytest.param({"confidence": "7.5"}, "confidence", goals.NOT_SURE, id="a half"),
            pytest.param({"confidence": "7/10"}, "confidence", goals.NOT_SURE, id="of ten"),
            pytest.param({"confidence": "\u0667"}, "confidence", goals.NOT_SURE, id="another seven"),
            pytest.param({"status": "done"}, "status", goals.NO_STATUS, id="another status"),
            pytest.param({"source": "s\n"}, None, "", id="a source with a line break at its end is itself"),
            pytest.param({"source": "s\u2028t"}, "source", "cannot be seen", id="a source with a separator"),
        ],
    )
    def test_what_is_wrong(self, changed: dict[str, str], column: str | None, cause: str) -> None:
        """Each field that is wrong is named with the cause and the cure."""
        if column is None:
            event(**changed)
            return
        [(named, told)] = faults(**changed)
        assert named == column
        assert cause in told

    def test_everything_is_told_at_once(self) -> None:
        """Nobody mends a line field by field."""
        wrong = {"patient": "", "set_on": "x", "review_on": "x", "confidence": "x", "status": "x", "clinic": "\0"}
        assert {column for column, _ in faults(**wrong)} == set(wrong)
        assert [fault.column for fault in goal({}, None, NOW) if isinstance(fault, FieldFault)] == [
            "source",
            "patient",
            "set_on",
        ]

    def test_today_is_the_clinics(self) -> None:
        """Half past midnight in British summer time is the new day already."""
        assert goals.day_of(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)).isoformat() == "2026-07-02"

    @given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12) | st.sampled_from(["2026-11-24", "P1", "7"])))
    def test_anything(self, row: dict[str, str]) -> None:
        """Whatever is typed is an event that the services take, or is refused, and no cause quotes it."""
        found = goal(row, SOURCE, NOW)
        if isinstance(found, dict):
            taken = submission(found, NOW)
            assert isinstance(taken, Submission)
            assert taken.record.topic == GOALS
            assert isinstance(taken.event.data, Goal)
        else:
            assert found
            assert all(str(fault).isprintable() for fault in found)


class TestAFile:
    """A CSV."""

    def test_each_line(self) -> None:
        """Each line is an event or is refused by its own number; empty lines are none."""
        found = read("patient,set_on,confidence", "P1,2026-11-24,7", "P2,x,7", ",,", "", '"P3","2026-11-24",')
        assert [(line.number, line.event is not None) for line in found] == [(2, True), (3, False), (6, True)]
        assert str(found[1].faults[0]) == f"set_on {goals.NOT_A_DAY}"

    @pytest.mark.parametrize(
        ("line", "cause"),
        [
            pytest.param('"P2,2026-11-24', tables.NOT_A_LINE, id="a quotation mark that is never closed"),
            pytest.param('"P"2,2026-11-24', tables.NOT_A_LINE, id="a quotation mark within"),
            pytest.param("P2,2026-11-24,MSK,x", tables.TOO_MANY_CELLS, id="more cells than columns"),
            pytest.param("P2", f"set_on {goals.NOT_HERE}", id="fewer"),
            pytest.param("x" * 100_000, "patient holds more than 200", id="a very long cell"),
        ],
    )
    def test_a_wrong_line_refuses_itself_alone(self, line: str, cause: str) -> None:
        """The lines before and after are taken all the same."""
        first, wrong, last = read("patient,set_on,clinic", "P1,2026-11-24,MSK", line, "P3,2026-11-24,,,")
        assert first.event is not None
        assert last.event is not None
        assert wrong.event is None
        assert cause in str(wrong.faults[0])

    @pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_as_spreadsheets_save_it(self, ends: str, mark: str) -> None:
        """With any line ends, a byte order mark, capitals and blanks in the header, and columns in any order."""
        text = mark + ends.join([" Set_On ,PATIENT", "2026-11-24,P1", ""])
        found = lines(text, SOURCE, NOW)
        assert isinstance(found, tuple)
        assert [line.event for line in found] == [event()]

    @pytest.mark.parametrize(
        ("header", "source", "cause"),
        [
            pytest.param("", SOURCE, "the first line must name the columns", id="nothing"),
            pytest.param("P1,2026-11-24", SOURCE, "the first line must name the columns", id="no header"),
            pytest.param("patient;set_on", SOURCE, "the first line must name the columns", id="semicolons"),
            pytest.param('"patient,set_on', SOURCE, "the first line must name the columns", id="an open quote"),
            pytest.param("patient,set_on,Ada", SOURCE, "column 3 is none of", id="a column that is none of ours"),
            pytest.param("patient,set_on,patient", SOURCE, "column 3 has the name of", id="a column twice"),
            pytest.param("patient,confidence", SOURCE, "set_on is not among the columns", id="no day"),
            pytest.param("set_on", SOURCE, "patient is not among the columns", id="no patient"),
            pytest.param("patient,set_on", None, "source is not among the columns", id="no source"),
        ],
    )
    def test_files_that_are_refused_whole(self, header: str, source: str | None, cause: str) -> None:
        """Where the columns cannot be known, no line is guessed at; the cause says what they are and quotes none."""
        found = lines(f"{header}\nP1,2026-11-24", source, NOW)
        assert isinstance(found, FieldFault)
        assert cause in str(found)
        assert "Ada" not in str(found)

    def test_a_line_names_its_source(self) -> None:
        """A line's own source goes before the file's."""
        one, other = read("patient,set_on,source", "P1,2026-11-24,", "P1,2026-11-24,https://hillside.example.org")
        assert one.event is not None
        assert other.event is not None
        assert (one.event["source"], other.event["source"]) == (SOURCE, "https://hillside.example.org")

    @given(st.text(max_size=60), st.booleans())
    def test_any_text(self, text: str, headed: bool) -> None:
        """No text whatever raises."""
        found = lines(f"patient,set_on\n{text}" if headed else text, SOURCE, NOW)
        for line in found if isinstance(found, tuple) else ():
            assert (line.event is None) == bool(line.faults)
            assert json.dumps(line.event)
