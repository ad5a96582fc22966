"""Raises tasks for reunions that are due: a course ended some months ago, and none is planned. Patients get nothing."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Protocol
from uuid import UUID

from services.reunions.anniversaries import Anniversary, Finished, anniversaries, months_after
from services.reunions.invitees import is_graduate
from services.reunions.meetings import PLANNER
from shared.clinic import places
from shared.clinic.courses import KINDS, Course, CourseStatus, Enrolment, Reunion
from shared.clinic.places import Places, place_key
from shared.planning import fact_store
from shared.platform import clock
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.rules.facts import Fact
from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome, Task

SHAPES = {kind.name: kind.data for kind in KINDS.values()}


class Policy(Protocol):
    """The numbers of the policy that this module uses."""

    @property
    def graduate_share(self) -> Fraction:
        """The least share of a course's sessions that a graduate attended."""

    @property
    def graduates_enough(self) -> int:
        """The least number of a site's graduates for a reunion."""

    @property
    def due_months(self) -> tuple[int, ...]:
        """Months after a course's last session when a reunion is due."""


class ReunionsDue:
    """Raises a task for each site with an anniversary and no planned reunion."""

    def __init__(self, pool: Pool, policy: Policy) -> None:
        self._pool = pool
        self._policy = policy

    async def run_once(self) -> bool:
        """Raise tasks that are due, and close those whose reunion is planned. Each is raised once, by any replica.

        Anniversaries of more than a month ago are not raised: a start with years of history makes no flood of tasks.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            now = (await clock.read(connection)).now
            courses = await self._finished(connection, now)
            due = anniversaries(courses, self._policy.due_months, self._policy.graduates_enough, now)
            await tasks.raise_tasks(connection, map(_task, due), now)
            planned = {course.thing for course in courses if course.has_reunion}
            there = await tasks.open_of(connection, TaskKind.REUNION_DUE)
            closed = [id_ for id_, things in there.items() if planned.intersection(things)]
            if closed:
                await tasks.end(connection, closed, Outcome.NO_LONGER_WANTED, now)
        return False

    async def _finished(self, connection: Connection, now: datetime) -> list[Finished]:
        registry = await places.load(connection)
        facts = await fact_store.load(connection, PLANNER, [fact_store.NO_PATIENT], SHAPES)
        named = _named(facts, registry, now)
        earliest = months_after(now, -max(self._policy.due_months, default=0) - 6)
        over = [
            (fact, fact.data, ended_at)
            for fact in facts
            if isinstance(fact.data, Course) and earliest < (ended_at := _ended_at(fact.data, now)) <= now
        ]
        graduates = await self._graduates(connection, {fact.thing: course for fact, course, _ in over})
        found = []
        for fact, course, ended_at in over:
            site = registry.site(place_key(fact.source, course.clinic))
            people = frozenset(graduates.get(fact.thing, ()))
            found.append(Finished(fact.thing, site, ended_at, people, not named.isdisjoint({fact.thing, site})))
        return found

    async def _graduates(self, connection: Connection, courses: dict[str, Course]) -> dict[str, set[UUID]]:
        found: dict[str, set[UUID]] = {}
        for fact in await fact_store.referring(connection, PLANNER, courses, SHAPES):
            enrolment = fact.data
            if not isinstance(enrolment, Enrolment):
                continue
            for thing in enrolment.refers(fact.source):
                if thing in courses and is_graduate(enrolment, courses[thing], self._policy.graduate_share):
                    found.setdefault(thing, set()).add(fact.patient_id)
        return found


def _named(facts: Iterable[Fact], registry: Places, now: datetime) -> frozenset[str]:
    """The courses and sites of reunions still to come. Taster sessions do not count: they are for others."""
    coming = ((fact, fact.data) for fact in facts if isinstance(fact.data, Reunion))
    return frozenset(
        registry.site(name)
        for fact, reunion in coming
        if reunion.status == "planned" and reunion.kind == "reunion" and reunion.start > now
        for name in reunion.refers(fact.source)
    )


def _ended_at(course: Course, now: datetime) -> datetime:
    """When a course's last session ended; an instant after `now` for a course that never took place."""
    ends = [session.end or session.start for session in course.sessions if not session.cancelled]
    if not ends or course.status is CourseStatus.ENTERED_IN_ERROR:
        return months_after(now, 1)
    return max(ends)


def _task(due: Anniversary) -> Task:
    return Task(
        kind=TaskKind.REUNION_DUE,
        key=due.key,
        patient_id=None,
        things=due.things,
        why=Why.TIME_FOR_A_REUNION,
        due_at=months_after(due.at, 1),
        expires_at=months_after(due.at, 3),
        people=due.graduates,
    )
