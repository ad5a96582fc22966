"""Three replicas of the planner, from invitation to acknowledgement: each place once, each person told once."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.reunions.app import planner
from services.reunions.policy import Policy
from shared.clinic.courses import COURSES
from shared.planning.engine import Engine
from shared.rules.waiting_list import Act, Standing, State, seat
from shared.schedule import waiting_lists
from tests.world import MONDAY, SOURCE, World, text

THING = f"{SOURCE}/reunion/autumn"
START = datetime(2026, 12, 14, 14, tzinfo=UTC)
INVITED = 60
PLACES = 8


def event(kind: str, name: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{kind}-{name}-{data.get('capacity', '')}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{name}",
        "time": MONDAY.isoformat(),
        "data": data,
    }


def published() -> list[dict[str, Any]]:
    sessions = [{"number": n, "start": (MONDAY - timedelta(weeks=20 - n)).isoformat()} for n in range(1, 8)]
    enrolled = [
        event(
            "enrolment",
            f"e{n}",
            course="smp-1",
            status="completed",
            attended=[1, 2, 3, 4, 5, 6],
            patient={
                "id": f"p{n}",
                "first_name": "Ada",
                "contacts": [{"channel": "sms", "value": f"07700 900{n:03d}"}],
            },
        )
        for n in range(1, INVITED + 1)
    ]
    reunion = event(
        "reunion",
        "autumn",
        start=START.isoformat(),
        rsvp_by=(START - timedelta(days=7)).isoformat(),
        capacity=PLACES,
        courses=["smp-1"],
        clinic="MSK",
    )
    return [event("course", "smp-1", sessions=sessions, clinic="MSK"), *enrolled, reunion]


async def wake_all(world: World, engines: list[Engine]) -> None:
    """All replicas at once, each a few patients at a time, until nobody is left."""

    async def some(engine: Engine) -> None:
        while await engine.wake(limit=7):
            pass

    await asyncio.gather(*map(some, engines))


async def phone_of(world: World, patient: UUID | None) -> str:
    """By the name of their first answer."""
    query = "SELECT reply_id FROM reunions.entries WHERE patient_id = $1 ORDER BY arrival"
    return f"+447700900{int((await world.pool.fetchval(query, patient)).removeprefix('SM-in-')):03d}"


@pytest.mark.parametrize("run", range(2))
async def test_from_invitation_to_the_last_place(world: World, run: int) -> None:
    """Everybody says IN at once: as many as there are places are in, the others wait, and each is told so once."""
    first = await world.join(planner(Policy()))
    world.engines, world.writer = [first], replace(world.writer, can_answer=True)
    replicas = [first, *(Engine(planner(Policy()), world.pool, world.vault) for _ in range(2))]
    assert await world.planners_hear(COURSES, *published()) == []
    invited = await world.deliver_at(MONDAY + timedelta(days=2, hours=7))
    assert len(invited) == INVITED
    now = await world.now()
    texts = [text("IN", f"+447700900{n:03d}", f"SM-in-{n}", at=now) for n in range(1, INVITED + 1)]
    assert await world.texts_come(*texts) == []
    await wake_all(world, replicas)
    async with world.pool.acquire() as connection:
        entries = (await waiting_lists.read(connection, [THING]))[THING]
    state = seat(State(), entries, lambda at: at)
    assert Counter(one.standing for one in state.seats.values()) == {
        Standing.IN: PLACES,
        Standing.WAITING: INVITED - PLACES,
    }
    came = [entry.patient_id for entry in entries if entry.act is Act.IN]
    assert list(state.queue) == came[PLACES:]
    await world.turn(now + timedelta(minutes=1))
    told = await world.deliver()
    assert Counter(letter.address for letter in told) == {f"+447700900{n:03d}": 1 for n in range(1, INVITED + 1)}
    assert await world.deliver() == []
    leaving, offered = [await phone_of(world, came[turn]) for turn in (0, PLACES)]
    await world.turn(later := now + timedelta(hours=1))
    await world.texts_come(text("OUT", leaving, "SM-out", at=later))
    await wake_all(world, replicas)
    letters = await world.deliver()
    assert {letter.address for letter in letters} == {leaving, offered}
    await world.turn(later := later + timedelta(minutes=5))
    await world.texts_come(text("IN", offered, "SM-taken", at=later))
    await wake_all(world, replicas)
    assert {letter.address for letter in await world.deliver()} == {offered}
