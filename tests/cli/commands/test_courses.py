"""`cocreate courses`: courses with their people, and what refers to nothing that is known."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.clinic import places
from shared.clinic.courses import KINDS
from shared.clinic.places import Place
from shared.patients import identity
from shared.patients.identity import Name
from shared.planning import fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.platform import clock
from shared.platform.clock import Connection
from shared.rules.facts import Fact
from shared.security.encryption import Encryption
from tests.cli.conftest import Desk
from tests.harness import INDEX_KEY, KEYS, SOURCE

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
HALL = Place(source=SOURCE, clinic="HALL", name="Riverside Hall", phone="01632 960002", sender="Riverside")
SHAPES = {kind.name: kind.data for kind in KINDS.values()}

SESSIONS = [{"number": n, "start": f"2026-11-{day}T18:00:00Z"} for n, day in ((1, "10"), (2, "17"), (3, "24"))]
REUNION = {"start": "2027-03-03T18:00:00Z", "rsvp_by": "2027-02-24T17:00:00Z", "capacity": 9, "clinic": "HALL"}


def fact(kind: str, name: str, whose: UUID = NO_PATIENT, /, **data: Any) -> Fact:
    """A thing as it is kept."""
    said = SHAPES[kind].model_validate(data)
    return Fact(
        thing=f"{SOURCE}/{kind}/{name}",
        patient_id=whose,
        reference=b"",
        source=SOURCE,
        kind=kind,
        version="1",
        seen=("1",),
        first_at=MONDAY,
        since_at=MONDAY,
        digest="",
        holders_before=0,
        data=said,
    )


async def kept(connection: Connection) -> None:
    """A course with a graduate, one who has left and one who came to a session too many; and what leads nowhere."""
    await clock.turn(connection, MONDAY, rate=0)
    await places.store(connection, [HALL])
    names = [Name(SOURCE, name) for name in ("P1", "P2", "P3")]
    ada, bea, col = (await identity.resolve(connection, Encryption.of(KEYS, INDEX_KEY), names)).values()
    facts = [
        fact("course", "C1", clinic="HALL", sessions=SESSIONS),
        fact("course", "C2", clinic="LIBRARY", sessions=SESSIONS[:1]),
        fact("enrolment", "E1", ada, patient={"id": "a"}, course="C1", attended=[1, 2, 3], status="completed"),
        fact("enrolment", "E2", ada, patient={"id": "a"}, course="C1"),
        fact("enrolment", "E3", bea, patient={"id": "b"}, course="C1", attended=[1], missed=[9]),
        fact("enrolment", "E4", bea, patient={"id": "b"}, course="C9"),
        fact("enrolment", "E5", col, patient={"id": "c"}, course="C1", status="withdrawn"),
        fact("reunion", "R1", **REUNION, courses=["C1", "C8"], sites=["HALL", "BARN"]),
    ]
    await fact_store.store(connection, "reunions", facts)


@pytest.fixture
def shown(desk: Desk) -> str:
    desk.do(kept)
    return desk("courses")


def test_each_course_is_shown_with_its_people(shown: str) -> None:
    """Its sessions, the next of them, and how many take part and have finished, each person once."""
    row = next(line for line in shown.splitlines() if "course/C1 " in line)
    cells = re.split(r" {2,}", row)
    assert cells[1:] == ["planned", "3", "Tue 17 Nov 2026 18:00", "Riverside Hall", "2", "1"]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("course/C9: 1 enrolled, and no such course is known", id="enrolled in an unknown course"),
        pytest.param("reunion/R1: names course C8, and no such course is known", id="a reunion of an unknown course"),
        pytest.param("reunion/R1: names the venue BARN, and no course there is known", id="a reunion of no site"),
        pytest.param("course/C2: the venue LIBRARY has no approved public name", id="a venue not in the registry"),
        pytest.param("course/C1: 1 enrolled came to, or missed, sessions that it does not have", id="a session 9"),
    ],
)
def test_what_leads_nowhere_is_listed(told: str, shown: str) -> None:
    """What is kept and tells nobody anything is seen, with the cure, and without a patient."""
    assert told in shown
    assert shown.count("•") == 5


def test_without_any(desk: Desk) -> None:
    """Where there are none it says how to begin."""
    assert "No courses yet" in desk("courses")
