"""`cocreate plan` and `publish` of goals: a spreadsheet's lines are events, or are named with the cure."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.documents import NOT_UTF_8, Bad, Good, documents
from shared import goals
from shared.clinic import GOALS, Goal

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
    ("text", "source", "cause"),
    [
        pytest.param("patient,set_on\nP1,2026-11-24", "urn:fhir", "or give --source", id="nobody names the source"),
        pytest.param("name,day\nP1,2026-11-24", SOURCE, goals.NO_HEADER, id="other columns"),
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
