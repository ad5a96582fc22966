"""The registry of sources at the terminal: imported, listed, granted and withdrawn, each with a name and a reason."""

from pathlib import Path

import pytest

from services.cli.on_record import operator
from shared.patients import sources
from shared.patients.sources import Grant, Sources
from tests.cli.conftest import Desk

RIVERSIDE, HILLSIDE = "https://riverside.example.org", "https://hillside.example.org"
FILE = f"""source,organisation,name,topics
{RIVERSIDE}/,riverside,Riverside Hospital,
{HILLSIDE},hillside,Hillside Surgery,clinic.patients clinic.appointments
"""


@pytest.fixture
def imported(desk: Desk, tmp_path: Path) -> Desk:
    """A registry of two sources, neither with a grant."""
    (tmp_path / "sources.csv").write_text(FILE)
    assert "Taken into the registry: 2" in desk("sources", "import", tmp_path / "sources.csv")
    return desk


def registry(desk: Desk) -> Sources:
    found: Sources = desk.do(sources.load)
    return found


def test_nobody_has_a_grant_by_being_registered(imported: Desk) -> None:
    """Whose each source is, and to which topics it may write; beyond its own things none may do anything."""
    known = registry(imported)
    assert known.organisation(RIVERSIDE) != known.organisation(HILLSIDE)
    assert not any(known.may(one, grant) for one in (RIVERSIDE, HILLSIDE) for grant in Grant)
    assert known.may_write(RIVERSIDE, "clinic.goals")
    assert not known.may_write(HILLSIDE, "clinic.goals")
    listed = imported("sources", "list")
    assert "Riverside Hospital" in listed
    assert "clinic.appointments clinic.patients" in listed


def test_a_grant_is_on_record(imported: Desk) -> None:
    """Who let a source do what, and who took it back, with both reasons; withdrawn, it is none any more."""
    imported("sources", "grant", RIVERSIDE, "deaths", "--why", "agreed with the registrar")
    assert registry(imported).may(RIVERSIDE, Grant.DEATHS)
    imported("sources", "withdraw", RIVERSIDE, "deaths", "--why", "wrong twice")
    assert not registry(imported).may(RIVERSIDE, Grant.DEATHS)
    imported("sources", "grant", RIVERSIDE, "deaths", "--why", "mended")
    assert registry(imported).may(RIVERSIDE, Grant.DEATHS)
    first, second = imported.do(sources.record)
    assert (first.granted_by, first.granted_for) == (operator(), "agreed with the registrar")
    assert (first.withdrawn_by, first.withdrawn_for) == (operator(), "wrong twice")
    assert (second.granted_for, second.withdrawn_at) == ("mended", None)
    assert "wrong twice" in imported("sources", "list", "--record")


def test_an_import_leaves_grants_as_they_are(imported: Desk, tmp_path: Path) -> None:
    """A file says whose a source is; what it may do beyond its own things it doesn't."""
    imported("sources", "grant", RIVERSIDE, "unite", "--why", "one trust soon")
    imported("sources", "import", tmp_path / "sources.csv")
    assert registry(imported).may(RIVERSIDE, Grant.UNITE)


REFUSED = [
    (["grant", RIVERSIDE, "everything", "--why", "x"], "no grant 'everything'"),
    (["grant", RIVERSIDE, "unite"], "Say why"),
    (["grant", RIVERSIDE, "unite", "--why", "  "], "Say why"),
    (["grant", "https://unknown.example.org", "unite", "--why", "x"], "is not registered"),
    (["withdraw", RIVERSIDE, "unite", "--why", "x"], "does not have it"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_is_refused(imported: Desk, words: list[str], said: str) -> None:
    """Without a reason, for an unknown source or an unknown grant nothing changes, and the cause is said."""
    assert said in imported("sources", *words, code=1)


LINES = [
    ("organisation\nx\n", "lacks the columns source"),
    ("source,organisation\n,x\n", "must not be empty"),
    ("source,organisation\nhttps://a.example.org,\n", "must not be empty"),
    ("source,organisation\nnhs,x\n", "no clinic speaks as 'nhs'"),
    ("source,organisation,topics\nhttps://a.example.org,x,clinic.all\n", "no topic clinic.all"),
    ("source,organisation\nhttps://a.example.org,x\nhttps://a.example.org/,y\n", "has this source already"),
]


@pytest.mark.parametrize(("text", "said"), LINES, ids=[said for _, said in LINES])
def test_a_wrong_line_is_refused(desk: Desk, tmp_path: Path, text: str, said: str) -> None:
    """No line of a file with a wrong one is taken."""
    (tmp_path / "sources.csv").write_text(text)
    assert said in desk("sources", "import", tmp_path / "sources.csv", code=1)
    assert registry(desk) == Sources()
