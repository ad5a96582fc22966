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
from shared.rules.waiting_list import Act, SeatStatus, WaitingList, seat
from shared.schedule import waiting_lists
from tests.harness import MONDAY, SOURCE, Harness, text

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


async def wake_all(harness: Harness, engines: list[Engine]) -> None:
    """All replicas at once, each a few patients at a time, until nobody is left."""

    async def some(engine: Engine) -> None:
        while await engine.wake(limit=7):
            pass

    await asyncio.gather(*map(some, engines))


async def phone_of(harness: Harness, patient: UUID | None) -> str:
    """By the name of their first answer."""
    query = "SELECT reply_id FROM reunions.entries WHERE patient_id = $1 ORDER BY arrival"
    return f"+447700900{int((await harness.pool.fetchval(query, patient)).removeprefix('SM-in-')):03d}"


@pytest.mark.parametrize("run", range(2))
async def test_from_invitation_to_the_last_place(harness: Harness, run: int) -> None:
    """Everybody says IN at once: as many as there are places are in, the others wait, and each is told so once."""
    first = await harness.join(planner(Policy()))
    harness.engines, harness.writer = [first], replace(harness.writer, can_answer=True)
    replicas = [first, *(Engine(planner(Policy()), harness.pool, harness.encryption) for _ in range(2))]
    assert await harness.planners_hear(COURSES, *published()) == []
    invited = await harness.deliver_at(MONDAY + timedelta(days=2, hours=7))
    assert len(invited) == INVITED
    now = await harness.now()
    texts = [text("IN", f"+447700900{n:03d}", f"SM-in-{n}", at=now) for n in range(1, INVITED + 1)]
    assert await harness.texts_come(*texts) == []
    await wake_all(harness, replicas)
    async with harness.pool.acquire() as connection:
        entries = (await waiting_lists.read(connection, [THING]))[THING]
    state = seat(WaitingList(), entries, lambda at: at)
    assert Counter(one.standing for one in state.seats.values()) == {
        SeatStatus.IN: PLACES,
        SeatStatus.WAITING: INVITED - PLACES,
    }
    came = [entry.patient_id for entry in entries if entry.act is Act.IN]
    assert list(state.queue) == came[PLACES:]
    await harness.turn(now + timedelta(minutes=1))
    told = await harness.deliver()
    assert Counter(letter.address for letter in told) == {f"+447700900{n:03d}": 1 for n in range(1, INVITED + 1)}
    assert await harness.deliver() == []
    leaving, offered = [await phone_of(harness, came[turn]) for turn in (0, PLACES)]
    await harness.turn(later := now + timedelta(hours=1))
    await harness.texts_come(text("OUT", leaving, "SM-out", at=later))
    await wake_all(harness, replicas)
    letters = await harness.deliver()
    assert {letter.address for letter in letters} == {leaving, offered}
    await harness.turn(later := later + timedelta(minutes=5))
    await harness.texts_come(text("IN", offered, "SM-taken", at=later))
    await wake_all(harness, replicas)
    assert {letter.address for letter in await harness.deliver()} == {offered}
