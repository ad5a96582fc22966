"""`cocreate reunions`: how full each is, and who comes, on the screen and as a file."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clinic import places
from shared.clinic.courses import Reunion
from shared.clinic.patient import Details
from shared.clinic.places import Place
from shared.patients import details, identity
from shared.patients.identity import Name
from shared.patients.voices import ReportedDetails
from shared.planning import fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.platform import clock
from shared.platform.clock import Connection
from shared.rules.facts import Fact
from shared.rules.waiting_list import Act, ListEntry
from shared.schedule import waiting_lists
from shared.security.encryption import Encryption
from tests.cli.conftest import Desk, Terminal
from tests.harness import INDEX_KEY, KEYS, SOURCE

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
THING = f"{SOURCE}/reunion/autumn"
HALL = Place(source=SOURCE, clinic="HALL", name="Riverside Hall", phone="01632 960002", sender="Riverside")

ANSWERS = (("Ada", Act.IN, 2), ("Bea", Act.IN, 1), ("Col", Act.IN, 1), ("Dee", Act.OUT, 0), ("=1+1", Act.IN, 1))


def fact(name: str, days: int, **more: Any) -> Fact:
    at = MONDAY + timedelta(days=days)
    said = {"start": at.isoformat(), "rsvp_by": (at - timedelta(days=7)).isoformat(), "capacity": 3}
    data = Reunion.model_validate(said | {"courses": ["smp-1"], "clinic": "HALL"} | more)
    return Fact(
        thing=f"{SOURCE}/reunion/{name}",
        patient_id=NO_PATIENT,
        reference=b"",
        source=SOURCE,
        kind="reunion",
        version="1",
        seen=("1",),
        first_at=MONDAY,
        since_at=MONDAY,
        digest="",
        holders_before=0,
        data=data,
    )


async def answered(connection: Connection) -> None:
    """Two reunions, one without an answer, and one that is full."""
    encryption = Encryption.of(KEYS, INDEX_KEY)
    await clock.turn(connection, MONDAY, rate=0)
    await places.store(connection, [HALL])
    reunions = (fact("autumn", 42), fact("spring", 120, clinic="ELSEWHERE", status="cancelled"))
    await fact_store.store(connection, "reunions", reunions)
    entries = [ListEntry(arrival=1, at=MONDAY, act=Act.CAPACITY, patient_id=None, party=3)]
    for number, (first_name, act, party) in enumerate(ANSWERS, 2):
        name = Name(SOURCE, first_name)
        reference, patient = next(iter((await identity.resolve(connection, encryption, [name])).items()))
        said = Details(first_name=first_name, deceased=first_name == "Bea")
        told = ReportedDetails(
            patient_id=patient, reference=reference, embedded=False, version="1", details=said, source=SOURCE
        )
        await details.speak(connection, encryption, [told], MONDAY)
        entries.append(
            ListEntry(arrival=number, at=MONDAY + timedelta(hours=number), act=act, patient_id=patient, party=party)
        )
    async with connection.transaction():
        await waiting_lists.lock(connection, [THING])
        await waiting_lists.append(connection, THING, [(entry, f"SM-{entry.arrival}") for entry in entries])


@pytest.fixture
def full(desk: Desk) -> Desk:
    desk.do(answered)
    return desk


def test_each_reunion_is_shown_with_how_full_it_is(full: Desk) -> None:
    """When and where, all places, how many come, are asked, wait and do not come; and what has no public name."""
    shown = full("reunions")
    row = next(line for line in shown.splitlines() if "reunion/autumn" in line)
    cells = re.split(r" {2,}", row)
    assert cells[1:] == ["Mon 28 Dec 2026 09:00", "Riverside Hall", "3", "3", "0", "2", "1", "Mon 21 Dec 09:00"]
    assert "cancelled" in shown
    assert "not in the registry" in shown
    assert "Ada" not in shown


def test_one_reunion_shows_who_comes(full: Desk) -> None:
    """First names and parties, those who come first; whoever has died is not on the list."""
    shown = full("reunions", "--reunion", "autumn")
    assert shown.index("Ada") < shown.index("Col") < shown.index("Dee")
    assert "Bea" not in shown
    assert "waiting" in shown
    assert "Nobody has answered yet" in full("reunions", "--reunion", f"{SOURCE}/reunion/spring")


def test_the_list_as_a_file(full: Desk, tmp_path: Path) -> None:
    """A spreadsheet gets a row a person, computes nothing, and only its owner may read it."""
    told = full("reunions", "--reunion", "autumn", "--csv", "list.csv")
    assert "It names patients." in told
    written = tmp_path / "list.csv"
    assert written.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(written.read_text().splitlines()))
    assert rows[0] == {"first_name": "Ada", "party": "2", "standing": "in", "since": "2026-11-16 11:00"}
    assert [(row["first_name"], row["standing"]) for row in rows] == [
        ("Ada", "in"),
        ("Col", "waiting"),
        ("'=1+1", "waiting"),
        ("Dee", "out"),
    ]
    assert full("reunions", "--reunion", "autumn", "--csv", "-") == written.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("--csv", "list.csv"), "Say whose list to write", id="no reunion"),
        pytest.param(("--reunion", "winter"), "No reunion is called 'winter'", id="an unknown one"),
        pytest.param(("--reunion", ""), "No reunion is called ''", id="no name"),
        pytest.param(("--reunion", "autumn", "--csv", "away/list.csv"), "No such file", id="no such folder"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(full: Desk, words: tuple[str, ...], told: str) -> None:
    """One sentence with the cause and the cure."""
    assert told in full("reunions", *words, code=1)


def test_without_reunions_and_without_anything_running(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to begin."""
    assert "No reunions yet" in desk("reunions")
    monkeypatch.delenv("COCREATE_DATABASE_URL")
    assert "Nothing runs here" in Terminal()("reunions", code=1)
