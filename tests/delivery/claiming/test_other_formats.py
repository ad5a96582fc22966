"""Whoever cannot read what we send is told by a person, in time, and only of what is still so."""

from datetime import timedelta
from typing import Any

import pytest

from shared.schedule import task_list, tasks
from shared.schedule.task_escalation import Deadlines
from shared.schedule.task_list import TaskView
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient

BRAILLE: dict[str, Any] = {"formats": ["braille", "letter"], "contacts": [{"channel": "sms", "value": "07700 900001"}]}
AGENDA = MONDAY + timedelta(days=14, hours=8)
LATER = MONDAY + timedelta(days=15)


async def listed(harness: Harness, state: str = "open") -> list[TaskView]:
    async with harness.pool.acquire() as connection:
        return await task_list.list_tasks(connection, state=state)


async def told(harness: Harness) -> list[Any]:
    return await harness.pool.fetch("SELECT * FROM schedule.outbox WHERE topic = 'clinic.tasks'")


async def needing(harness: Harness, **details: Any) -> None:
    """A patient with an appointment on day 21 whose agenda prompt is due."""
    await harness.registry_says(patient(**{**BRAILLE, **details}))
    await harness.clinic_says(appointment())


async def test_who_cannot_read_it_is_reached_by_a_person(harness: Harness) -> None:
    """Nothing is sent, the log says which formats are needed, and one task in its place is due in time."""
    await needing(harness)
    assert await harness.deliver_at(AGENDA) == []
    assert await harness.deliver() == []
    (message, *_) = await harness.messages(state="withheld")
    assert (message["why"], message["detail"]) == ("other_format", "braille, letter")
    (task,) = await listed(harness)
    assert task.things == (f"{SOURCE}/appointment/1001",)
    assert AGENDA < task.due_at < task.expires_at == message["expires_at"]
    assert len(await told(harness)) == 1


async def test_what_fits_is_sent(harness: Harness) -> None:
    """A patient for whom a text will do gets a text; one who needs e-mail gets that, though the number comes first."""
    both = [{"channel": "sms", "value": "07700 900001"}, {"channel": "email", "value": "ada@example.org"}]
    await needing(harness, formats=["email"], contacts=both)
    (letter,) = await harness.deliver_at(AGENDA)
    assert (letter.channel, letter.address) == ("email", "ada@example.org")
    assert await listed(harness) == []


async def test_a_cancelled_appointment_leaves_nobody_a_task(harness: Harness) -> None:
    """What is cancelled, or moved, closes its task; moved back, the same task stands again."""
    await needing(harness)
    await harness.deliver_at(AGENDA)
    (task,) = await listed(harness)
    await harness.turn(LATER)
    await harness.clinic_says(appointment(start=MONDAY + timedelta(days=24), at=LATER))
    (gone,) = await listed(harness, "closed")
    assert (gone.id, gone.outcome) == (task.id, Outcome.NO_LONGER_WANTED)
    await harness.clinic_says(appointment(at=LATER + timedelta(minutes=1)))
    assert [one.id for one in await listed(harness)] == [task.id]
    await harness.clinic_says(appointment(status="cancelled", at=LATER + timedelta(minutes=2)))
    assert await listed(harness) == []
    assert len(await told(harness)) == 4


@pytest.mark.parametrize(
    ("outcome", "whys"),
    [
        pytest.param(Outcome.DONE, ["other_format"], id="a letter was posted"),
        pytest.param(Outcome.IN_VAIN, [], id="nobody could be reached"),
        pytest.param(Outcome.NOT_NEEDED, [], id="nobody was told"),
    ],
)
async def test_who_was_told_by_a_person_hears_of_a_cancellation(
    harness: Harness, outcome: Outcome, whys: list[str]
) -> None:
    """What a person did in a message's place was told: its cancellation is a task as well, and no rung comes twice."""
    await needing(harness)
    await harness.deliver_at(AGENDA)
    (task,) = await listed(harness)
    async with harness.pool.acquire() as connection:
        assert await tasks.close(connection, task.id, outcome, "rees", AGENDA)
    await harness.deliver_at(LATER)
    await harness.clinic_says(appointment(status="cancelled", at=LATER))
    await harness.deliver()
    assert [one.why for one in await listed(harness)] == whys
    assert [row["kind"] for row in await harness.messages(why="other_format")] == [
        "agenda",
        *(["cancelled"] if whys else []),
    ]


async def test_a_replay_asks_for_nothing_twice(harness: Harness) -> None:
    """The whole history again raises no second task, nor the one that a person has closed."""
    await needing(harness)
    await harness.deliver_at(AGENDA)
    (task,) = await listed(harness)
    async with harness.pool.acquire() as connection:
        await tasks.close(connection, task.id, Outcome.DONE, "rees", AGENDA)
    await needing(harness)
    await harness.deliver()
    assert await listed(harness) == []


async def test_a_merge_keeps_the_task(harness: Harness) -> None:
    """Where the patient turns out to be another, the task goes along and follows the other's plan."""
    await needing(harness)
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number="9434765919"))
    await harness.deliver_at(AGENDA)
    (task,) = await listed(harness)
    await harness.registry_says(patient(at=AGENDA, nhs_number="9434765919", **BRAILLE))
    while await harness.engine.wake():
        pass
    assert [one.id for one in await listed(harness)] == [task.id]
    await harness.clinic_says(appointment(status="cancelled", at=AGENDA))
    assert await listed(harness) == []


async def test_a_task_that_nobody_does_is_escalated_before_it_is_too_late(harness: Harness) -> None:
    """Between its deadline and its expiry a task is escalated; the appointment's own reminder asks for another."""
    await needing(harness)
    await harness.deliver_at(AGENDA)
    (task,) = await listed(harness)
    await harness.turn(task.due_at)
    await Deadlines(harness.pool).run_once()
    (late,) = await listed(harness)
    assert late.escalated_at == task.due_at < task.expires_at
