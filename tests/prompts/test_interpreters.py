"""Tasks for interpreters: one for each time and place at which a patient is expected, in time, as rules see it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.prompts.rules import plan
from shared.rules.plan import Facts, Plan
from tests.prompts.course_fixtures import LONG_AGO, School
from tests.prompts.fixtures import POLICY, Ward, london, patient_id

BOOKED = "2026-11-02 09:00"
START = "2026-12-08 09:00"  # a Tuesday: ten working days before it is 24 November, five 1 December


def seen(ward: Ward, **more: Any) -> Facts:
    return replace(ward.known_of(patient_id("p1")), needs_interpreter=True, **more)


def wanted(ward: Ward, **more: Any) -> Plan:
    """What is wanted beside messages: here, tasks and wake-ups for interpreters alone."""
    return plan(seen(ward, **more), ward.told(), POLICY)


def asked(plan: Plan) -> list[tuple[str, datetime, datetime]]:
    return [(task.kind, task.due_at, task.expires_at) for task in plan.task_requests]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        pytest.param("2026-11-24 09:00", "2026-12-01 09:00", id="booked ten working days before"),
        pytest.param("2026-11-30 11:00", "2026-12-01 11:00", id="booked later: within a working day"),
        pytest.param("2026-12-07 17:00", "2026-12-08 08:00", id="booked on the day before: half of the time left"),
    ],
)
def test_what_is_booked_late_is_asked_for_at_once(at: str, due: str) -> None:
    """A booking that leaves less than ten working days is a task as soon as it is known."""
    [(kind, due_at, expires_at)] = asked(wanted(Ward().says(at, START)))
    assert (kind, expires_at) == ("interpreter", london(START))
    assert due_at == london(due)


def test_an_early_booking_is_asked_for_when_it_comes_near() -> None:
    """Before that only a wake-up is wanted, and once it has come, the task, and no other wake-up."""
    ward = Ward().says(BOOKED, START)
    early = wanted(ward)
    [wake] = early.wakeups
    assert (early.task_requests, wake.at) == ((), london("2026-11-24 09:00"))
    near = wanted(ward, woken={wake.key: wake.at})
    assert (asked(near), near.wakeups) == ([("interpreter", london("2026-12-01 09:00"), london(START))], ())
    moved = wanted(ward.says("2026-11-25 09:00", "2026-12-09 09:00"), woken={wake.key: wake.at})
    assert [task.expires_at for task in moved.task_requests] == [london("2026-12-09 09:00")]
    assert {task.id for task in moved.task_requests}.isdisjoint(task.id for task in near.task_requests)


@pytest.mark.parametrize(
    ("ward", "count"),
    [
        pytest.param(Ward().says(BOOKED, START).says(BOOKED, START, id="1002"), 1, id="one hour booked twice"),
        pytest.param(Ward().says(BOOKED, START).says(BOOKED, START, id="1002", clinic="HILL"), 2, id="at two sites"),
        pytest.param(Ward().says(BOOKED, START).says(BOOKED, "2026-12-08 11:00", id="1002"), 2, id="two hours"),
        pytest.param(Ward().says(BOOKED, START, status="cancelled"), 0, id="cancelled"),
        pytest.param(Ward().says(BOOKED, START, status="waitlist"), 0, id="on a waiting list"),
        pytest.param(Ward().says(BOOKED, START, attends=False), 0, id="named for information only"),
        pytest.param(Ward().says("2026-12-09 09:00", START), 0, id="over when we heard of it"),
        pytest.param(School().course(LONG_AGO).enrols(LONG_AGO), 6, id="a course"),
    ],
)
def test_each_meeting_is_one_task(ward: Ward, count: int) -> None:
    """One for each time and place at which the patient is expected, of courses too."""
    found = wanted(ward)
    assert len(found.task_requests) + len(found.wakeups) == count


def test_it_is_added_to_the_rule_where_somebody_has_to_interpret() -> None:
    """The messages stay as they are; of whoever needs none nothing more is wanted."""
    ward = Ward().says(BOOKED, START)
    alone = plan(ward.known_of(patient_id("p1")), ward.told(), POLICY)
    assert alone.wakeups == ()
    both = plan(seen(ward), ward.told(), POLICY)
    assert (both.messages, both.task_requests) == (alone.messages, alone.task_requests)
    assert len(both.wakeups) == len(alone.wakeups) + 1
    assert both.wakeups[-1].at - london(START) == -timedelta(days=14)
