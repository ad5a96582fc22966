"""Interpreters: a task for a person, in time before each meeting of a patient for whom somebody has to interpret."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.prompts.policy import Policy
from services.prompts.sessions import sessions
from services.prompts.visits import Expectation, Visit, visits
from shared.calendar import working_time
from shared.rules.plan import Facts, Plan, SentHistory, WakeUp
from shared.rules.task_requests import TaskKind, TaskRequest
from shared.schedule.states import Why

Rule = Callable[[Facts, SentHistory, Policy], Plan]

AHEAD_WORKING_DAYS, DUE_WORKING_DAYS = 10, 5
"""Working days before a meeting from which somebody is asked, and by which it is to be done: our choice. For rarer
languages people are booked one to two weeks ahead; earlier, every booking that is moved would cost a call."""

KEY = "interpreter"


def with_interpreters(rule: Rule) -> Rule:
    """The rule, and a task before each meeting of whom somebody has to interpret for."""

    def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
        wanted = rule(facts, told, policy)
        if not facts.needs_interpreter:
            return wanted
        asked = want(facts, told, policy)
        return replace(
            wanted,
            task_requests=(*wanted.task_requests, *asked.task_requests),
            wakeups=(*wanted.wakeups, *asked.wakeups),
        )

    return plan


def want(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """One task for each time and place at which the patient is expected, and the wake-up that asks for it in time."""
    tasks: dict[str, TaskRequest] = {}
    wakeups: dict[str, WakeUp] = {}
    for visit in _expected(facts, told, policy):
        name = f"{KEY}/{facts.patient}/{visit.site}/{visit.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        begins_at = _ahead_of(visit, AHEAD_WORKING_DAYS, policy)
        if visit.known_at >= begins_at or facts.woken.get(name) == begins_at:
            tasks.setdefault(name, _task(visit, name, policy))
        else:
            wakeups.setdefault(name, WakeUp(name, begins_at))
    return Plan(task_requests=tuple(tasks.values()), wakeups=tuple(wakeups.values()))


def _expected(facts: Facts, told: SentHistory, policy: Policy) -> Iterator[Visit]:
    """The meetings to which the patient is to come, or at which they are to be called."""
    of_courses = (one.visit for course in sessions(facts, told, policy) for one in course)
    for visit in (*visits(facts, told, policy), *of_courses):
        if visit.standing is Expectation.ON and visit.learnt_at < visit.start:
            yield visit


def _ahead_of(visit: Visit, working_days: int, policy: Policy) -> datetime:
    day = policy.window(visit.zone).working_days_before(visit.day, working_days)
    return visit.start - timedelta(days=(visit.day - day).days)


def _task(visit: Visit, name: str, policy: Policy) -> TaskRequest:
    hours = policy.window(visit.zone)
    booked_late = working_time.soon(visit.known_at, visit.known_at, visit.start, hours)
    return TaskRequest(
        kind=TaskKind.INTERPRETER,
        key=name,
        things=(visit.thing,),
        why=Why.OTHER_LANGUAGE,
        due_at=max(booked_late, _ahead_of(visit, DUE_WORKING_DAYS, policy)),
        expires_at=visit.start,
    )
