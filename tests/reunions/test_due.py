"""When graduates should meet again: which sites, when, once, and closed as soon as somebody has planned it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.reunions.anniversaries import Finished, anniversaries, months_after
from services.reunions.due import ReunionsDue
from services.reunions.policy import Policy
from shared.clinic import places
from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.places import Place
from shared.events.types import EventData
from shared.planning import fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.platform import clock
from shared.platform.database import Pool
from shared.rules.facts import Fact
from shared.rules.task_requests import TaskKind
from shared.schedule import task_list
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, SOURCE

ENDED = datetime(2026, 8, 14, 12, tzinfo=UTC)
MONTHS = (3, 6, 12)


def course(name: str, days_later: int = 0, people: Iterable[int] = range(6), site: str = "hall") -> Finished:
    return Finished(name, site, ENDED + timedelta(days=days_later), frozenset(UUID(int=n) for n in people))


HALVES = [course("a", people=range(3)), course("b", 14, range(3, 6))]


def shown(courses: Iterable[Finished], now: datetime) -> list[tuple[str, int, int]]:
    return [(one.course, one.months, one.graduates) for one in anniversaries(courses, MONTHS, 6, now)]


@pytest.mark.parametrize(
    ("courses", "days", "due"),
    [
        pytest.param([course("a")], 91, [], id="a day too early"),
        pytest.param([course("a")], 92, [("a", 3, 6)], id="three months after the last session"),
        pytest.param([course("a")], 122, [("a", 3, 6)], id="for a month"),
        pytest.param([course("a")], 123, [], id="not for longer: history floods nobody"),
        pytest.param([course("a")], 184, [("a", 6, 6)], id="after six months"),
        pytest.param([course("a")], 365, [("a", 12, 6)], id="after a year"),
        pytest.param([course("a", people=range(5))], 92, [], id="too few graduates"),
        pytest.param(HALVES, 93, [], id="yet too few"),
        pytest.param(HALVES, 106, [("b", 3, 6)], id="both suffice"),
        pytest.param([course("a", people=range(5)), course("b", 14, range(5))], 106, [], id="the same people twice"),
        pytest.param([course("a", people=range(3)), course("b", 92, range(3, 6))], 184, [], id="too far apart"),
        pytest.param([course("a", people=range(3)), course("b", 1, range(3, 6), "inn")], 100, [], id="two sites"),
        pytest.param([course("a"), course("b", 14)], 107, [("a", 3, 6)], id="a site is asked once a month"),
        pytest.param([course("a"), course("b", 40)], 135, [("b", 3, 6)], id="and again later"),
        pytest.param([course("a"), course("b", 0, site="inn")], 92, [("a", 3, 6), ("b", 3, 6)], id="each site"),
        pytest.param([replace(course("a"), has_reunion=True)], 92, [], id="one is planned"),
    ],
)
def test_when_a_site_is_due(courses: list[Finished], days: int, due: list[tuple[str, int, int]]) -> None:
    """A site is due on the anniversaries of its courses where enough people finished, and nobody planned a reunion."""
    assert shown(courses, ENDED + timedelta(days=days)) == due


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [("2026-11-30", 3, "2027-02-28"), ("2026-12-31", 12, "2027-12-31"), ("2026-03-31", -1, "2026-02-28")],
)
def test_months_end_with_the_month(day: str, months: int, then: str) -> None:
    """Three months after the thirtieth of November is the last day of February."""
    assert months_after(datetime.fromisoformat(day), months) == datetime.fromisoformat(then)


HALL = Place(
    source=SOURCE, clinic="HALL", name="Riverside Hall", phone="01632 960002", sender="Riverside", site="riverside"
)
ANNEXE = Place(
    source=SOURCE, clinic="ANNEXE", name="Riverside Annexe", phone="01632 960002", sender="Riverside", site="riverside"
)
COURSE = f"{SOURCE}/course/smp-1"


def fact(kind: str, name: str, data: EventData, patient: UUID = NO_PATIENT) -> Fact:
    thing = f"{SOURCE}/{kind}/{name}"
    return Fact(
        thing=thing,
        patient_id=patient,
        reference=b"",
        source=SOURCE,
        kind=kind,
        version="1",
        seen=("1",),
        first_at=MONDAY,
        since_at=MONDAY,
        digest="",
        holders_before=0,
        data=data,
    )


def enrolled(number: int, sessions: int, **more: Any) -> Fact:
    said = {"patient": {"id": f"p{number}"}, "course": "smp-1", "attended": list(range(1, sessions + 1)), **more}
    data = Enrolment.model_validate(said).bare(f"{number:02x}")
    return fact("enrolment", f"e{number}", data, UUID(int=number))


def reunion(at: datetime, **more: Any) -> Fact:
    said = {"start": at.isoformat(), "rsvp_by": at.isoformat(), "capacity": 20, **more}
    return fact("reunion", "r1", Reunion.model_validate(said))


class Desk:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def know(self, *facts: Fact) -> None:
        async with self.pool.acquire() as connection:
            await fact_store.store(connection, "reunions", facts)

    async def rounds(self, at: datetime) -> list[task_list.TaskView]:
        """Two replicas look at it at that moment; the tasks that are open then."""
        async with self.pool.acquire() as connection:
            await clock.turn(connection, at, rate=0)
        for _ in range(2):
            assert await ReunionsDue(self.pool, Policy()).run_once() is False
        async with self.pool.acquire() as connection:
            return await task_list.list_tasks(connection)


THREE_MONTHS = datetime(2027, 2, 16, 12, tzinfo=UTC)


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """A course of seven sessions that ended on the sixteenth of November, with six graduates and some others."""
    first = datetime(2026, 10, 5, 9, tzinfo=UTC)
    sessions = [
        {
            "number": n + 1,
            "start": (first + timedelta(weeks=n)).isoformat(),
            "end": f"{first + timedelta(weeks=n, hours=3)}",
        }
        for n in range(7)
    ]
    one = Desk(pool)
    async with pool.acquire() as connection:
        await places.store(connection, [HALL, ANNEXE])
    await one.know(
        fact("course", "smp-1", Course.model_validate({"sessions": sessions, "clinic": "HALL"})),
        *(enrolled(number, 5) for number in range(1, 7)),
        enrolled(7, 4),
        enrolled(8, 6, status="withdrawn"),
    )
    return one


async def test_a_task_is_raised_with_the_count(desk: Desk) -> None:
    """Once, three months after the last session, and it says how many people that concerns."""
    assert await desk.rounds(THREE_MONTHS - timedelta(seconds=1)) == []
    (task,) = await desk.rounds(THREE_MONTHS)
    assert (task.kind, task.why, task.things, task.people) == (
        TaskKind.REUNION_DUE,
        Why.TIME_FOR_A_REUNION,
        (COURSE,),
        6,
    )
    assert task.due_at == datetime(2027, 3, 16, 12, tzinfo=UTC)
    assert len(await desk.rounds(THREE_MONTHS + timedelta(days=7))) == 1


async def test_nobody_is_asked_too_late(desk: Desk) -> None:
    """A service that starts long after an anniversary does not raise it."""
    assert await desk.rounds(THREE_MONTHS + timedelta(days=40)) == []


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        pytest.param({"courses": ["smp-1"]}, False, id="the course"),
        pytest.param({"sites": ["HALL"]}, False, id="its site"),
        pytest.param({"sites": ["ANNEXE"]}, False, id="the same site by another code"),
        pytest.param({"sites": ["INN"]}, True, id="another site"),
        pytest.param({"courses": ["smp-2"]}, True, id="another course"),
        pytest.param({"courses": ["smp-1"], "status": "cancelled"}, True, id="cancelled"),
        pytest.param({"courses": ["smp-1"], "kind": "taster"}, True, id="a taster session"),
    ],
)
async def test_a_planned_reunion_answers_it(desk: Desk, names: dict[str, Any], asked: bool) -> None:
    """A reunion that is to come and names the course or the site closes the task, and keeps it from being raised."""
    await desk.rounds(THREE_MONTHS)
    await desk.know(reunion(THREE_MONTHS + timedelta(days=60), **names))
    assert len(await desk.rounds(THREE_MONTHS + timedelta(days=1))) == asked
    async with desk.pool.acquire() as connection:
        closed = await task_list.list_tasks(connection, state="closed")
        await connection.execute("TRUNCATE tasks.tasks")
    assert [task.outcome for task in closed] == ([] if asked else [Outcome.NO_LONGER_WANTED])
    assert len(await desk.rounds(THREE_MONTHS + timedelta(days=1))) == asked


async def test_a_reunion_that_is_over_answers_nothing(desk: Desk) -> None:
    """They met, and may meet again: the next anniversary is raised."""
    await desk.know(reunion(THREE_MONTHS - timedelta(days=1), courses=["smp-1"]))
    assert len(await desk.rounds(THREE_MONTHS)) == 1
