"""Patients answer, and something happens: from a typed token to the clinic's event, through the real services."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clinic import places
from shared.clinic.goal import GOALS
from shared.events.topic_names import RESPONSES, TASKS
from tests.harness import RIVERSIDE, appointment, goal
from tests.journeys.stack_harness import PUBLIC, Patient, StackHarness
from tests.journeys.test_texts import got, texted

# The clock of a town goes forward: each story has weeks of its own, without a bank holiday.
NOVEMBER = datetime(2026, 11, 16, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 11, 9, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 8, 9, tzinfo=UTC)

LATER = timedelta(days=21)
"""From a story's first Monday to the appointment."""
ASKED = timedelta(days=14, hours=7)
REMINDED = timedelta(days=17, hours=7)
LISTED = timedelta(days=18, hours=7, minutes=30)
DOCTOR = "rees@clinic.example.org"


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Where the sandbox posts what is typed on its phones."""
    return {"inbound_url": f"{PUBLIC}/twilio/inbound"}


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """One domain whose clinicians get their list."""
    return {"card_domains": "clinic.example.org"}


@pytest.fixture
async def town(bare_town: StackHarness) -> StackHarness:
    """A town with every service, and a place where somebody reads texts."""
    async with bare_town.pool.acquire() as connection:
        await places.store(connection, [replace(RIVERSIDE, staffed=True)])
    missing = {"prompts", "followup", "reunions", "cards", "people", "delivery", "gateway"} - bare_town.running.keys()
    await bare_town.start(*sorted(missing))
    return bare_town


async def responses(town: StackHarness, patient: Patient) -> list[tuple[str, dict[str, Any]]]:
    """What the clinic was told of this patient, in order: types and data."""
    events = [json.loads(record.value or b"{}") for record in await town.records(RESPONSES)]
    about = [event for event in events if any(f"/{patient.id}" in thing for thing in event["data"]["things"])]
    about.sort(key=lambda event: (event["time"], event["type"]))
    return [(event["type"].removeprefix("cocreate.").removesuffix(".v1"), event["data"]) for event in about]


async def tasks(town: StackHarness, patient: Patient) -> list[tuple[str, str, str | None]]:
    """Kind, state and outcome of what people are asked to do about this patient."""
    rows = await town.pool.fetch("SELECT kind, state, outcome, things FROM tasks.tasks ORDER BY raised_at, kind")
    return [
        (row["kind"], row["state"], row["outcome"])
        for row in rows
        if any(f"/{patient.id}" in thing for thing in row["things"])
    ]


async def booked(town: StackHarness, patient: Patient, start: datetime, status: str = "booked", **more: Any) -> None:
    """The clinic's word about this patient's one appointment."""
    await town.publish(
        appointment(
            patient.id,
            start,
            status,
            patient.id,
            await town.now(),
            phone=patient.phone,
            first_name=patient.first_name,
            clinician_email=DOCTOR,
            **more,
        )
    )
    await town.taken_in()


async def test_answers_to_a_reminder(town: StackHarness) -> None:
    """1, 2 and 3, through kills: the clinic hears each once, the old time stands, and its own event closes the task."""
    comes, moves, gives_back, undoes = everybody = [town.patient() for _ in range(4)]
    for patient in everybody:
        await booked(town, patient, NOVEMBER + LATER)
    await town.at(NOVEMBER + ASKED)
    await town.at(NOVEMBER + REMINDED)
    assert [len(got(town, patient)) for patient in everybody] == [2, 2, 2, 2]
    assert all("Reply 1" in got(town, patient)[-1] for patient in everybody)
    await texted(town, comes, "1 please")
    await town.kill("prompts")
    town.sandbox.reply(moves.phone, "2")
    town.sandbox.reply(gives_back.phone, "3 thanks")
    await town.sandbox.settled()
    await town.kill("delivery")
    await town.start("prompts", "delivery")
    await town.settle()
    await texted(town, undoes, "2")
    await town.settle()
    await texted(town, undoes, "1")
    await town.settle()
    assert [len(got(town, patient)) for patient in everybody] == [3, 3, 3, 4]
    assert [[type_ for type_, _ in await responses(town, patient)] for patient in everybody] == [
        ["attendance.confirmed"],
        ["reschedule.requested"],
        ["cancellation.requested"],
        ["reschedule.requested", "attendance.confirmed"],
    ]
    assert [await tasks(town, patient) for patient in everybody] == [
        [],
        [("rebook", "open", None)],
        [("not_needed", "open", None)],
        [("rebook", "closed", "no_longer_wanted")],
    ]
    await booked(town, moves, NOVEMBER + LATER + timedelta(days=7))
    await booked(town, gives_back, NOVEMBER + LATER, "cancelled")
    await town.settle()
    assert [await tasks(town, patient) for patient in (moves, gives_back)] == [
        [("rebook", "closed", "no_longer_wanted")],
        [("not_needed", "closed", "no_longer_wanted")],
    ]
    assert "It is now" in got(town, moves)[-1]


async def test_an_agenda_reaches_its_clinician(town: StackHarness) -> None:
    """Own words are read by a person, told to the clinic item by item, known to the reminder, and on the list."""
    writes, silent = town.patient(), town.patient()
    await town.turn(JANUARY)
    await booked(town, writes, JANUARY + LATER)
    await booked(town, silent, JANUARY + LATER + timedelta(hours=1))
    await town.at(JANUARY + ASKED)
    await texted(town, writes, "1. my inhaler\n2. sleep\n3. can I drive")
    await town.settle()
    [(type_, data)] = await responses(town, writes)
    assert (type_, data["items"]) == ("agenda.submitted", ["my inhaler", "sleep", "can I drive"])
    assert await tasks(town, writes) == [("read_reply", "open", None)]
    assert "don't read texts straight away" in got(town, writes)[-1]
    await town.at(JANUARY + REMINDED)
    assert "your list" in got(town, writes)[-1]
    assert "your list" not in got(town, silent)[-1]
    await town.at(JANUARY + LISTED)
    [mail] = [mail for mail in town.mails(DOCTOR) if "1 February" in (mail.subject or "")]
    text = mail.text or ""
    assert all(word in text for word in ("my inhaler", "sleep", "can I drive", "9am"))
    assert not any(b"my inhaler" in (record.value or b"") for record in await town.records(TASKS))


async def test_how_a_goal_goes(town: StackHarness) -> None:
    """Asked after a fortnight: what is answered, how sure, and who needs a call, the clinic hears."""
    does, struggles, silent = everybody = [town.patient() for _ in range(3)]
    await town.turn(FEBRUARY)
    for patient in everybody:
        event = goal(
            patient.id,
            FEBRUARY.date(),
            patient=patient.id,
            phone=patient.phone,
            first_name=patient.first_name,
            confidence=7,
        )
        await town.publish(event, topic=GOALS)
    await town.taken_in()
    await town.at(FEBRUARY + ASKED)
    assert [len(got(town, patient)) for patient in everybody] == [1, 1, 1]
    await texted(town, does, "A")
    await texted(town, struggles, "C")
    await town.settle()
    await texted(town, does, "sure 9")
    await texted(town, struggles, "TALK")
    await town.settle()
    answers = [data for type_, data in await responses(town, does) if type_ == "goal.progress"]
    assert [(data["answer"], data["confidence"], data["change_since_set"]) for data in answers] == [
        ("did_it", None, None),
        ("did_it", 9, 2),
    ]
    assert "goal.support_needed" in [type_ for type_, _ in await responses(town, struggles)]
    assert await tasks(town, struggles) == [("support_needed", "open", None)]
    await town.at(FEBRUARY + LATER + timedelta(hours=7))
    assert len(got(town, silent)) == 2
    await town.at(FEBRUARY + LATER + timedelta(days=7, hours=7))
    assert len(got(town, silent)) == 2
    assert await tasks(town, silent) == [("support_needed", "open", None)]
    assert [len(got(town, patient)) for patient in (does, struggles)] == [3, 3]
