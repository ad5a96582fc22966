"""Replicas of a planner share its partitions, whoever comes and goes."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from shared.clinic.appointment import APPOINTMENTS
from shared.events.topic_names import DEAD
from tests.harness import MONDAY, appointment
from tests.journeys.stack_harness import StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)


@pytest.mark.usefixtures("needs_real_kafka")
async def test_every_appointment_is_planned_once_through_a_rebalance(bare_town: StackHarness) -> None:
    """Three replicas of prompts, of which one is killed and another comes amid 200 bookings: each is planned, once."""
    town = bare_town
    await town.start("people", "delivery", "gateway")
    await town.start("prompts-1", "prompts-2", "prompts-3", instance="")
    patients = [town.patient() for _ in range(200)]
    for number, who in enumerate(patients):
        await town.publish(
            appointment(who.id, START, patient=who.id, at=MONDAY, phone=who.phone, first_name=who.first_name)
        )
        if number == 60:
            await town.kill("prompts-2")
        if number == 120:
            await town.start("prompts-4", instance="")
    await town.until("all are taken in", lambda: _all_taken_in(town), within=60)
    told = await town.statuses()
    assert Counter(states[0]["kind"] for states in told.values()) == {"agenda": 200, "reminder": 200}
    assert {len(states) for states in told.values()} == {1}
    assert await town.records(APPOINTMENTS + DEAD) == []
    await town.at(datetime(2026, 11, 30, 10, 2, tzinfo=UTC))
    assert Counter(text.to for text in town.outbound()) == dict.fromkeys((who.phone for who in patients), 1)


async def _all_taken_in(town: StackHarness) -> bool:
    outbox = await town.pool.fetchval("SELECT count(*) FROM schedule.outbox")
    return not any((await town.unread(APPOINTMENTS)).values()) and outbox == 0
