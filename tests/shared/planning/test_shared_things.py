"""Courses and reunions are nobody's own, and concern whoever refers to them, in whatever order they come."""

import itertools
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.migrations.planner import LINKS, PLANNER
from shared.clinic.courses import COURSES, Course, Enrolment, Reunion
from shared.events.cloudevents import EventKind
from shared.planning.engine import Engine
from shared.planning.planner import Planner
from shared.rules.plan import Facts, Plan, SentHistory, WakeUp
from shared.rules.policy import Policy
from tests.harness import MONDAY, SOURCE, Harness

KINDS: Mapping[str, EventKind[Any]] = {
    "cocreate.course.v1": EventKind("course", Course),
    "cocreate.enrolment.v1": EventKind("enrolment", Enrolment),
    "cocreate.reunion.v1": EventKind("reunion", Reunion),
}


class Nothing(Policy):
    """A rule without numbers."""


def plan(facts: Facts, told: SentHistory, policy: Nothing) -> Plan:
    """Remember what is seen, as wake-ups in a year."""
    del told, policy
    seen = sorted(fact.thing.removeprefix(SOURCE) for fact in facts.shared_things if fact.data is not None)
    return Plan(wakeups=tuple(WakeUp(name, MONDAY + timedelta(days=365)) for name in seen))


def event(kind: str, name: str, at: int = 0, **data: Any) -> dict[str, Any]:
    """An organiser's event, minutes after Monday morning."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{name}-{at}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{name}",
        "time": (MONDAY + timedelta(minutes=at)).isoformat(),
        "data": data,
    }


def course(name: str, clinic: str = "HALL", at: int = 0) -> dict[str, Any]:
    start = (MONDAY + timedelta(days=30)).isoformat()
    return event("course", name, at, sessions=[{"number": 1, "start": start}], clinic=clinic)


def enrolment(patient: str, of: str, at: int = 0) -> dict[str, Any]:
    return event("enrolment", f"{patient}-{of}", at, course=of, patient={"id": patient})


def reunion(name: str, at: int = 0, **invites: list[str]) -> dict[str, Any]:
    start = (MONDAY + timedelta(days=90)).isoformat()
    return event("reunion", name, at, start=start, rsvp_by=start, capacity=10, **invites)


@pytest.fixture
async def engine(harness: Harness) -> AsyncIterator[Engine]:
    """A planner that notes what concerns each patient."""
    await harness.pool.execute((PLANNER + LINKS).format(name="looker"))
    planner = Planner(
        name="looker",
        topics={COURSES: KINDS},
        plan=plan,
        content_digest=lambda data: type(data).__name__,
        policy=Nothing(),
        words=Path(__file__).parent,
        forms=(),
        shared_kinds=frozenset({"course", "reunion"}),
    )
    yield Engine(planner, harness.pool, harness.encryption)
    await harness.pool.execute("DROP SCHEMA looker CASCADE")


async def take(harness: Harness, engine: Engine, *events: dict[str, Any]) -> None:
    assert await engine.take([harness.record(one, COURSES) for one in events]) == []
    while await engine.wake():
        pass


async def seen(harness: Harness) -> list[list[str]]:
    """What concerns each patient, by the patients who are planned."""
    rows = await harness.pool.fetch(
        "SELECT patient_id, key FROM schedule.wakeups WHERE planner = 'looker' ORDER BY key"
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["patient_id"], []).append(row["key"])
    return sorted(found.values())


STORY = (
    course("a"),
    enrolment("p1", "a"),
    enrolment("p2", "b"),
    reunion("r", courses=["a"]),
    reunion("s", sites=["HALL"]),
    course("b", "BARN"),
)


ORDERS = list(itertools.permutations(range(6)))[::37]


@pytest.mark.parametrize("order", ORDERS)
async def test_any_order_of_arrival(harness: Harness, engine: Engine, order: tuple[int, ...]) -> None:
    """An enrolment before its course, a reunion before its graduates: all that concerns each is seen in the end."""
    for number in order:
        await take(harness, engine, STORY[number])
    assert await seen(harness) == [["/course/a", "/reunion/r", "/reunion/s"], ["/course/b"]]


async def test_in_one_batch(harness: Harness, engine: Engine) -> None:
    """The same where all comes at once."""
    await take(harness, engine, *STORY)
    assert await seen(harness) == [["/course/a", "/reunion/r", "/reunion/s"], ["/course/b"]]


async def test_a_change_reaches_whom_it_concerned_before(harness: Harness, engine: Engine) -> None:
    """A reunion that names another course concerns its people as well; whom it concerned, it concerns for good."""
    await take(harness, engine, *STORY)
    gone = harness.record(None, COURSES, f"{SOURCE}/reunion/s".encode(), timestamp=MONDAY + timedelta(minutes=1))
    assert await engine.take([gone]) == []
    await take(harness, engine, reunion("r", 1, courses=["b"]))
    assert await seen(harness) == [["/course/a", "/reunion/r"], ["/course/b", "/reunion/r"]]


async def test_nobody_is_planned(harness: Harness, engine: Engine) -> None:
    """What is nobody's own is no patient: it is never planned, locked or woken."""
    await take(harness, engine, *STORY)
    await engine.start()
    assert await harness.pool.fetchval("SELECT count(*) FROM schedule.wakeups WHERE patient_id = $1", UUID(int=0)) == 0
    assert await harness.pool.fetchval("SELECT count(*) FROM people.patients") == 2
