"""Two hundred answers a second, while delivery is killed and started: each is accepted, kept, and has its effect."""

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from shared.events.topic_names import RESPONSES
from tests.harness import appointment
from tests.journeys.stack_harness import PUBLIC, StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
REMINDED = datetime(2026, 12, 3, 16, tzinfo=UTC)
PATIENTS, EACH, A_SECOND = 60, 10, 200


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Where the sandbox posts what is typed on its phones."""
    return {"inbound_url": f"{PUBLIC}/twilio/inbound"}


async def test_none_is_lost(running_town: StackHarness) -> None:
    """Everybody answers ten times within three seconds: ten times each, the clinic is told, in the order of time."""
    town = running_town
    patients = [town.patient() for _ in range(PATIENTS)]
    for one in patients:
        event = appointment(one.id, START, patient=one.id, phone=one.phone, first_name=one.first_name)
        await town.publish(event)
    await town.taken_in()
    await town.at(REMINDED)

    async def answers() -> None:
        began = time.monotonic()
        for number in range(PATIENTS * EACH):
            town.sandbox.reply(patients[number % PATIENTS].phone, "12"[number // PATIENTS % 2])
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        await town.sandbox.settled()

    async def trouble() -> None:
        await asyncio.sleep(1)
        await town.kill("delivery")
        await town.start("delivery")

    await asyncio.gather(answers(), trouble())
    await town.settle(60)
    assert await town.pool.fetchval("SELECT count(*) FROM texts.texts") == PATIENTS * EACH
    told = [json.loads(record.value or b"{}") for record in await town.records(RESPONSES)]
    by_thing = Counter((event["data"]["things"][0], event["type"]) for event in told)
    assert set(by_thing.values()) == {EACH // 2}
    assert len(by_thing) == PATIENTS * 2
    thing = told[0]["data"]["things"][0]
    types = [event["type"] for event in told if event["data"]["things"][0] == thing]
    assert types == ["cocreate.attendance.confirmed.v1", "cocreate.reschedule.requested.v1"] * (EACH // 2)
