"""Interpreters: a task for a person, in time before each meeting of a patient for whom somebody has to interpret."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.prompts.clinics import hours
from services.prompts.policy import Policy
from services.prompts.visits import Visit
from shared.calendar import working_time
from shared.rules.plan import Facts, Plan, WakeUp
from shared.rules.task_requests import TaskKind, TaskRequest
from shared.schedule.states import Why

AHEAD_WORKING_DAYS, DUE_WORKING_DAYS = 10, 5
"""Working days before a meeting from which somebody is asked, and by which it is to be done: our choice. For rarer
languages people are booked one to two weeks ahead; earlier, every booking that is moved would cost a call."""

KEY = "interpreter"


def interpreted(expected: Iterable[Visit], facts: Facts, policy: Policy) -> Plan:
    """One task for each time and place at which the patient is expected, and the wake-up that asks for it in time."""
    if not facts.needs_interpreter:
        return Plan()
    tasks: dict[str, TaskRequest] = {}
    wakeups: dict[str, WakeUp] = {}
    for visit in expected:
        name = f"{KEY}/{facts.patient}/{visit.site}/{visit.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        begins_at = _ahead_of(visit, AHEAD_WORKING_DAYS, policy)
        if visit.known_at >= begins_at or facts.woken.get(name) == begins_at:
            tasks.setdefault(name, _task(visit, name, policy))
        else:
            wakeups.setdefault(name, WakeUp(name, begins_at))
    return Plan(task_requests=tuple(tasks.values()), wakeups=tuple(wakeups.values()))


def _ahead_of(visit: Visit, working_days: int, policy: Policy) -> datetime:
    day = hours(visit, policy).working_days_before(visit.day, working_days)
    return visit.start - timedelta(days=(visit.day - day).days)


def _task(visit: Visit, name: str, policy: Policy) -> TaskRequest:
    booked_late = working_time.soon(visit.known_at, visit.known_at, visit.start, hours(visit, policy))
    return TaskRequest(
        kind=TaskKind.INTERPRETER,
        key=name,
        things=(visit.thing,),
        why=Why.OTHER_LANGUAGE,
        due_at=max(booked_late, _ahead_of(visit, DUE_WORKING_DAYS, policy)),
        expires_at=visit.start,
    )
