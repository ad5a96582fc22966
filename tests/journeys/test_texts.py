"""From what a patient types to what becomes of it: gateway, Kafka, delivery and the provider, each a real one."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.topic_names import INBOUND, TASKS
from tests.harness import appointment
from tests.journeys.stack_harness import PUBLIC, Patient, StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
DUE = datetime(2026, 11, 30, 10, 5, tzinfo=UTC)
NIGHT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
KEPT = "SELECT count(*) FROM texts.texts"


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Where the sandbox posts what is typed on its phones."""
    return {"inbound_url": f"{PUBLIC}/twilio/inbound"}


async def asked(town: StackHarness, patient: Patient) -> None:
    """A patient with two appointments was sent the agenda of the first."""
    for week in (0, 2):
        await town.publish(
            appointment(
                f"{patient.id}.{week}",
                START + timedelta(weeks=week),
                patient=patient.id,
                phone=patient.phone,
                first_name=patient.first_name,
            )
        )
    await town.taken_in()


async def texted(town: StackHarness, patient: Patient, *bodies: str) -> None:
    """A patient types, and it is taken in."""
    before: int = await town.pool.fetchval(KEPT)
    for body in bodies:
        town.sandbox.reply(patient.phone, body)

    async def kept() -> bool:
        now: int = await town.pool.fetchval(KEPT)
        return now == before + len(bodies)

    await town.until("texts are kept", kept)
    await town.taken_in(INBOUND)


async def tasks(town: StackHarness, patient: Patient) -> list[str]:
    """What people are asked to do about this patient."""
    rows = await town.pool.fetch("SELECT kind, things FROM tasks.tasks ORDER BY due_at")
    return [row["kind"] for row in rows if any(f"/{patient.id}." in thing for thing in row["things"])]


def got(town: StackHarness, patient: Patient) -> list[str]:
    """The texts that this phone got, oldest first."""
    return [text.body for text in town.outbound() if text.to == patient.phone]


async def test_what_is_texted_has_its_effect(running_town: StackHarness) -> None:
    """One stops, one asks for another day, one is in danger, one says thanks: each is done, once, through restarts."""
    town = running_town
    stops, asks, danger, thanks = (town.patient() for _ in range(4))
    for patient in (stops, asks, danger, thanks):
        await asked(town, patient)
    await town.at(DUE)
    await texted(town, stops, "please stop texting me")
    await texted(town, asks, "can i come on thursday instead", "or friday")
    await town.settle()
    await town.kill("delivery")
    await town.turn(NIGHT)
    town.sandbox.reply(danger.phone, "i want to die")
    town.sandbox.reply(thanks.phone, "ok thanks")
    await town.sandbox.settled()
    await town.start("delivery")
    await town.settle()
    assert [len(got(town, patient)) for patient in (stops, asks, danger, thanks)] == [2, 2, 2, 1]
    assert "OK. No more texts." in got(town, stops)[-1]
    assert "call 020 7946 0101" in got(town, asks)[-1]
    assert ": We don't read texts straight away." in got(town, danger)[-1]
    assert [await tasks(town, patient) for patient in (stops, asks, danger, thanks)] == [
        [],
        ["read_reply", "read_reply"],
        ["urgent"],
        [],
    ]
    await town.at(DUE + timedelta(weeks=2))
    assert [len(got(town, patient)) for patient in (stops, asks)] == [2, 3]
    assert await secrets_in(town, "thursday", "want to die", "stop texting") == []


async def secrets_in(town: StackHarness, *words: str) -> list[str]:
    """What patients wrote that stands in an event to a clinic."""
    values = [record.value or b"" for record in await town.records(TASKS)]
    assert len(values) >= 3
    return [word for word in words if any(word.encode() in value for value in values)]
