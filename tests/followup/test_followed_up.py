"""Goals and missed appointments from the clinic's events to the patient's phone and back, on real PostgreSQL."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.followup.app import planner
from services.followup.policy import Policy
from shared.clinic import places
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.goal import GOALS
from shared.schedule import tasks
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, RIVERSIDE, WRITER, Harness, appointment, goal, patient

ASKED = MONDAY + timedelta(days=14, hours=8)  # a Monday at 17:00: whenever in the day's middle it is due
SILENT = timedelta(days=7)  # five days, and the weekend
MISSED = MONDAY + timedelta(days=1)
TOLD = MISSED + timedelta(days=1, hours=8)


@pytest.fixture
async def ward(harness: Harness) -> Harness:
    """A world with follow-up, whose texts ask, and a place where somebody reads."""
    harness.writer = replace(WRITER, can_answer=True)
    await harness.join(planner(Policy()))
    await _place(harness, staffed=True)
    return harness


async def _missed(harness: Harness, start: datetime = MISSED, **more: Any) -> None:
    """The clinic notes that somebody did not come."""
    await harness.turn(MISSED + timedelta(hours=8))
    await harness.planners_hear(APPOINTMENTS, appointment(start=start, status="noshow", at=start, **more))


async def _place(harness: Harness, **more: Any) -> None:
    async with harness.pool.acquire() as connection:
        await places.store(connection, [replace(RIVERSIDE, **more)])


async def _sent(harness: Harness, at: datetime) -> list[str]:
    """The kinds of what goes out at a time."""
    ids = [letter.message_id for letter in await harness.deliver_at(at)]
    kinds = {row["id"]: row["kind"] for row in await harness.messages()}
    return [kinds[id_] for id_ in ids]


async def _says(harness: Harness, body: str, at: datetime) -> list[str]:
    """A text from the phone, and the kinds of what answers it."""
    await harness.turn(at)
    await harness.phone_says(body, at=at)
    return await _sent(harness, at)


async def _tasks(harness: Harness) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["why"], row["outcome"] or row["state"]) for row in await harness.tasks()]


async def _told_clinic(harness: Harness) -> list[tuple[str, Any]]:
    """What clinics are told, and which answer or reason it has."""
    rows = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses' ORDER BY seq")
    events = [json.loads(row["event"]) for row in rows]
    return [(e["type"].split(".", 1)[1], e["data"].get("reason") or e["data"].get("answer")) for e in events]


async def test_two_silences_are_a_task_and_a_late_answer_ends_it(ward: Harness) -> None:
    """Asked, asked once more, then somebody is to call; whoever answers after that is waited for no longer."""
    await ward.planners_hear(GOALS, goal())
    assert await _sent(ward, ASKED) == ["goal"]
    assert await _sent(ward, ASKED + timedelta(days=4)) == []
    assert await _sent(ward, ASKED + SILENT) == ["goal.again"]
    assert await _tasks(ward) == []
    assert await _sent(ward, ASKED + 2 * SILENT) == []
    assert await _tasks(ward) == [("support_needed", "silent_twice", "open")]
    assert await _told_clinic(ward) == [("goal.support_needed.v1", "silent_twice")]
    assert await _says(ward, "B", ASKED + 2 * SILENT + timedelta(hours=1)) == ["goal.did_some"]
    assert await _tasks(ward) == [("support_needed", "silent_twice", "no_longer_wanted")]
    assert (await _told_clinic(ward))[1:] == [("goal.progress.v1", "did_some")]


async def test_who_wants_no_more_texts_is_not_silent(ward: Harness) -> None:
    """`9` is an answer: nobody calls to say that none came, and nothing about goals goes out any more."""
    await ward.planners_hear(GOALS, goal())
    assert await _sent(ward, ASKED) == ["goal"]
    assert await _sent(ward, ASKED + SILENT) == ["goal.again"]
    assert await _says(ward, "9", ASKED + SILENT + timedelta(hours=1)) == ["opted_out"]
    assert await _sent(ward, ASKED + 3 * SILENT) == []
    assert await _tasks(ward) == []
    assert await _told_clinic(ward) == [("opt_out.v1", None)]


async def test_it_went_well(ward: Harness) -> None:
    """An answer, then how sure: each is acknowledged at once, at any hour, and told to the clinic once."""
    await ward.planners_hear(GOALS, goal(confidence=5))
    assert await _sent(ward, ASKED - timedelta(days=7)) == ["goal"]
    late = ASKED - timedelta(days=7) + timedelta(hours=5)
    assert await _says(ward, "A", late) == ["goal.did_it"]
    assert await _says(ward, "sure 8", late + timedelta(minutes=1)) == ["goal.sure"]
    assert await _told_clinic(ward) == [("goal.progress.v1", "did_it")] * 2
    assert await _sent(ward, late + timedelta(days=60)) == []
    assert await _tasks(ward) == []


async def test_a_goal_that_was_replaced_is_not_asked_about(ward: Harness) -> None:
    """Not the first time, not after a silence."""
    await ward.planners_hear(GOALS, goal())
    assert await _sent(ward, ASKED) == ["goal"]
    await ward.planners_hear(GOALS, goal(status="replaced", at=ASKED))
    assert await _sent(ward, ASKED + SILENT) == []
    assert await _sent(ward, ASKED + 3 * SILENT) == []
    assert await _tasks(ward) == []


async def test_a_call_that_was_promised_is_made(ward: Harness) -> None:
    """Who asked to talk stays on the list until somebody has called, though the goal is replaced meanwhile."""
    await ward.planners_hear(GOALS, goal())
    assert await _sent(ward, ASKED) == ["goal"]
    assert await _says(ward, "C", ASKED + timedelta(minutes=5)) == ["goal.not_yet"]
    assert await _says(ward, "TALK", ASKED + timedelta(minutes=9)) == ["goal.talk"]
    assert "We will call you by 5.09pm on Tuesday 1 December." in ward.texts.letters[-1].text
    await ward.planners_hear(GOALS, goal(status="replaced", at=ASKED + timedelta(minutes=10)))
    await ward.wake()
    assert await _tasks(ward) == [("support_needed", "asked_to_talk", "open")]


async def test_who_was_missed_asks_for_a_new_time(ward: Harness) -> None:
    """Told on the next working day; a task finds a new time, and the clinic's own booking closes it."""
    await _missed(ward)
    assert await _sent(ward, TOLD) == ["missed"]
    assert await _says(ward, "2", TOLD + timedelta(minutes=30)) == ["missed.new_time"]
    assert await _tasks(ward) == [("rebook", "asked", "open")]
    assert await _told_clinic(ward) == [("reschedule.requested.v1", None)]
    booked = TOLD + timedelta(hours=1)
    await ward.turn(booked)
    await ward.planners_hear(APPOINTMENTS, appointment("1002", start=TOLD + timedelta(days=20), at=booked))
    assert await _tasks(ward) == [("rebook", "asked", "no_longer_wanted")]


async def test_where_a_person_releases_it_first(ward: Harness) -> None:
    """Nothing goes until the task is done; then it goes, once."""
    await _place(ward, missed="release", staffed=True)
    await _missed(ward)
    assert await _sent(ward, TOLD) == []
    [task] = await ward.tasks()
    assert task["kind"] == "release"
    async with ward.pool.acquire() as connection:
        assert await tasks.close(connection, task["id"], Outcome.DONE, "ada", await ward.now())
    assert await _sent(ward, TOLD + timedelta(days=1)) == ["missed"]
    assert await _sent(ward, TOLD + timedelta(days=2)) == []
    assert await _tasks(ward) == [("release", "release_first", "done")]


async def test_who_was_not_brought_is_looked_for(ward: Harness) -> None:
    """A person finds out why; the phone, which is somebody else's, hears nothing."""
    await _missed(ward, brought_by_others=True)
    assert await _sent(ward, TOLD) == []
    assert await _tasks(ward) == [("not_brought", "not_brought", "open")]


@pytest.mark.parametrize("born", ["2015-03-01", "2015", "2009"], ids=["a day", "a year", "seventeen, perhaps"])
@pytest.mark.parametrize("first", ["appointment", "patient", "appointment, long before"])
async def test_a_child_is_one_however_the_record_comes(ward: Harness, born: str, first: str) -> None:
    """Whether the birth date comes with, before or after the appointment: a child was not brought."""
    record = patient(birth_date=born, contacts=[{"channel": "sms", "value": "07700 900001"}])
    if first == "patient":
        await ward.registry_says(record)
    await _missed(ward)
    if first == "appointment, long before":
        await ward.wake()
    if first != "patient":
        await ward.registry_says(record)
    assert await _sent(ward, MISSED + timedelta(days=7)) == []
    [task] = await ward.tasks(kind="not_brought")
    assert task["state"] == "open"


@pytest.mark.parametrize("when", ["before the task", "after it"])
async def test_nobody_calls_about_who_has_died(ward: Harness, when: str) -> None:
    """No task to call is raised, one that stands closes by itself, and what was a mistake brings it back."""
    await ward.planners_hear(GOALS, goal())
    assert await _sent(ward, ASKED) == ["goal"]
    assert await _sent(ward, ASKED + SILENT) == ["goal.again"]
    died = ASKED + SILENT if when.startswith("before") else ASKED + 2 * SILENT
    await _sent(ward, died)
    await ward.registry_says(patient(at=died, deceased=True))
    await _sent(ward, ASKED + 2 * SILENT + timedelta(minutes=1))
    closed = [] if when.startswith("before") else [("support_needed", "silent_twice", "no_longer_wanted")]
    assert await _tasks(ward) == closed
    alive = ASKED + 2 * SILENT + timedelta(minutes=2)
    await ward.turn(alive)
    await ward.registry_says(patient(at=alive, deceased=False))
    await ward.planners_hear(GOALS, goal(at=alive, confidence=8))
    assert await _tasks(ward) == [("support_needed", "silent_twice", "open")]


async def test_years_of_history_ask_nobody(ward: Harness) -> None:
    """A clinic that begins publishes what was missed long ago: nobody is told, and nobody is asked to look."""
    await _missed(ward, MISSED - timedelta(days=700), brought_by_others=True)
    assert await _sent(ward, TOLD) == []
    assert await _tasks(ward) == []


@pytest.mark.parametrize("order", ["patient first", "appointment first", "patient long after", "in the appointment"])
async def test_a_child_was_not_brought_however_the_age_becomes_known(ward: Harness, order: str) -> None:
    """Whether the patient's record comes before the appointment, after it or within it: a person looks, and no text."""
    if order == "patient first":
        await ward.registry_says(patient(birth_date="2024-05-01"))
    event = appointment(start=MISSED, status="noshow", at=MISSED)
    if order == "in the appointment":
        event["data"]["patient"]["birth_date"] = "2024-05-01"
    await ward.turn(MISSED + timedelta(hours=8))
    await ward.planners_hear(APPOINTMENTS, event)
    if order == "appointment first":
        await ward.registry_says(patient(birth_date="2024-05-01"))
    if order == "patient long after":
        await ward.turn(TOLD - timedelta(hours=12))
        await ward.registry_says(patient(birth_date="2024-05-01", at=TOLD - timedelta(hours=12)))
    await ward.wake()
    assert await _sent(ward, TOLD) == []
    assert await _tasks(ward) == [("not_brought", "not_brought", "open")]
