"""A replay from the beginning of every topic sends nothing and changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.patient import PATIENTS
from shared.events.topic_names import RECEIPTS
from tests.harness import MONDAY, appointment, patient
from tests.journeys.groups import remove_members, rewind
from tests.journeys.stack_harness import StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
ROWS = "SELECT to_jsonb(m) AS row FROM schedule.messages m ORDER BY id"
FACTS = "SELECT to_jsonb(f) AS row FROM prompts.facts f ORDER BY f::text"


@pytest.mark.usefixtures("needs_real_kafka")  # the embedded broker resets no offsets
async def test_a_full_replay_changes_no_message(bare_town: StackHarness) -> None:
    """With every offset back at the beginning, not a text leaves and not a row of the schedule is another."""
    town = bare_town
    services = ("prompts", "people", "delivery", "gateway")
    await town.start(*services)
    patients = [town.patient() for _ in range(12)]
    for number, who in enumerate(patients):
        events = [
            appointment(who.id, START, patient=who.id, phone=who.phone, first_name=who.first_name),
            appointment(
                who.id,
                START + timedelta(days=number % 3),
                patient=who.id,
                at=MONDAY + timedelta(seconds=1),
                phone=who.phone,
            ),
            appointment(f"{who.id}.b", START + timedelta(days=14), patient=who.id, at=MONDAY, phone=who.phone),
        ]
        await town.publish(*events)
        await town.publish(patient(who.id, first_name=who.first_name), topic=PATIENTS)
    await town.taken_in()
    await town.at(datetime(2026, 11, 30, 10, 2, tzinfo=UTC))
    await town.told(
        *(appointment(who.id, START, "cancelled", who.id, town.hands.now(), phone=who.phone) for who in patients[::3])
    )
    await town.settle()
    for day in (1, 2, 3, 4, 7):
        await town.at(datetime(2026, 12, day, 10, 5, tzinfo=UTC))

    await town.stop(*services)
    before = [await town.pool.fetch(query) for query in (ROWS, FACTS)]
    texts = len(town.outbound())
    assert texts > len(patients)
    await remove_members(town.kafka_url)  # offsets can be reset only while a group has no member
    for topic in (APPOINTMENTS, PATIENTS, RECEIPTS):
        await rewind(town.kafka_url, topic)
        assert sum((await town.unread(topic)).values()) > 0
    await town.start(*services)
    await town.taken_in()
    await town.turn(datetime(2026, 12, 7, 12, tzinfo=UTC))
    await town.settle()
    assert len(town.outbound()) == texts
    assert [await town.pool.fetch(query) for query in (ROWS, FACTS)] == before
