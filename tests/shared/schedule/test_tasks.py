"""Tasks for people: raised once, done in time or escalated, and gone with what they are about."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.sending_window import usual
from shared.calendar.working_time import due_before, soon, within_a_working_day
from shared.patients import identity
from shared.platform import clock
from shared.platform.database import Pool
from shared.rules.plan import Message, Plan
from shared.rules.task_requests import KINDS, TaskKind
from shared.schedule import reconciliation, task_escalation, task_list, tasks, wakeups
from shared.schedule.states import REASONS, Why
from shared.schedule.task_escalation import Deadlines
from shared.schedule.task_list import TaskView
from shared.schedule.tasks import BY_PEOPLE, HOLDING, OUTCOMES, Outcome, Task

LONDON = ZoneInfo("Europe/London")
HOURS = usual(LONDON)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)  # in GMT, with no bank holiday near
ADA, BOB = UUID(int=1), UUID(int=2)
THING = "urn:riverside/appointment/1001"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
HIDDEN = {"patient_id", "planner", "closed_by", "changed_at"}  # what only we can resolve, and whose login


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def task(key: str = "m1", **more: Any) -> Task:
    what: dict[str, Any] = {
        "kind": TaskKind.REACH_OTHERWISE, "key": key, "patient_id": ADA, "things": (THING,), "why": Why.OTHER_FORMAT,
        "due_at": MONDAY + timedelta(days=1), "expires_at": MONDAY + timedelta(days=2),
    }  # fmt: skip
    return Task(**{**what, **more})


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """An empty desk, and a clock that stands."""
    await pool.execute("TRUNCATE tasks.tasks")
    await turn(pool, MONDAY)
    return pool


async def turn(pool: Pool, to: datetime) -> None:
    async with pool.acquire() as connection:
        await clock.turn(connection, to, rate=0)


async def raised(pool: Pool, *those: Task, now: datetime = MONDAY) -> None:
    async with pool.acquire() as connection:
        await tasks.raise_tasks(connection, those, now)


async def listed(pool: Pool, state: str = "open", **where: Any) -> list[TaskView]:
    async with pool.acquire() as connection:
        return await task_list.list_tasks(connection, state=state, **where)


async def closed(pool: Pool, one: Task, outcome: Outcome = Outcome.DONE, now: datetime = MONDAY) -> bool:
    async with pool.acquire() as connection:
        return await tasks.close(connection, one.id, outcome, "rees", now)


async def told(pool: Pool) -> list[dict[str, Any]]:
    """The events of tasks in the outbox, in their order."""
    rows = await pool.fetch("SELECT key, event FROM schedule.outbox WHERE topic = 'clinic.tasks' ORDER BY seq")
    events = [json.loads(row["event"]) for row in rows]
    assert [row["key"] for row in rows] == [event["data"]["id"] for event in events]
    return events


DUES = [
    # label, now, expires, due
    ("two weeks ahead", at(2, 9), at(17, 9), at(16, 9)),
    ("at noon, a working day before", at(2, 9), at(18, 12), at(17, 12)),
    ("at night counts from the last close", at(2, 9), at(18, 3), at(17, 8)),
    ("on a Monday morning, since Friday", at(2, 9), at(16, 9), at(13, 9)),
    ("on a Sunday, since Friday", at(2, 9), at(15, 12), at(13, 8)),
    ("exactly two working days are left", at(16, 12), at(18, 12), at(17, 12)),
    ("a day and a half is left: half of it", at(16, 8), at(17, 13), at(16, 15, 30)),
    ("four hours are left: two", at(16, 9), at(16, 13), at(16, 11)),
    ("this evening for tomorrow at nine", at(16, 17), at(17, 9), at(17, 8)),
    ("by night for tomorrow at nine", at(16, 23), at(17, 9), at(17, 8, 30)),
    ("by night for tomorrow at six", at(16, 22), at(17, 6), at(17, 2)),
    ("on a Saturday for Sunday", at(21, 10), at(22, 10), at(21, 22)),
    ("now is too late", at(16, 9), at(16, 9), at(16, 9)),
    ("long too late", at(16, 9), at(10, 9), at(16, 9)),
]


@pytest.mark.parametrize(("now", "expires_at", "due"), [c[1:] for c in DUES], ids=[c[0] for c in DUES])
def test_a_task_is_due_while_there_is_time_to_escalate_it(now: datetime, expires_at: datetime, due: datetime) -> None:
    """A working day's hours are kept for whoever must see to it, and never more than half of what is left."""
    assert due_before(expires_at, now, HOURS) == due


def test_bank_holidays_are_no_time_to_do_anything() -> None:
    """What expires after Christmas is due by Christmas Eve, where the calendar keeps the days between."""
    expires_at = datetime(2026, 12, 29, 9, tzinfo=UTC)  # 25, 26 and 27 are a holiday and a weekend, 28 a substitute
    assert due_before(expires_at, MONDAY, HOURS) == datetime(2026, 12, 24, 9, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the edges
    st.timedeltas(timedelta(seconds=1), timedelta(days=60)),
    st.sampled_from([LONDON, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")]),
)
def test_a_task_is_always_due_between_now_and_its_expiry(now: datetime, span: timedelta, zone: ZoneInfo) -> None:
    """Whoever does it has some time, and so has whoever must see that it is done."""
    assert now < due_before(now + span, now, usual(zone)) < now + span


WORKING_DAYS = [
    # label, since, a working day later
    ("on a Monday at eleven", at(16, 11), at(17, 11)),
    ("as the day begins", at(16, 8), at(16, 18)),
    ("as it ends", at(16, 18), at(17, 18)),
    ("by night", at(16, 23), at(17, 18)),
    ("on a Friday at five", at(20, 17), at(23, 17)),
    ("on a Saturday", at(21, 10), at(23, 18)),
]


@pytest.mark.parametrize(("since", "later"), [c[1:] for c in WORKING_DAYS], ids=[c[0] for c in WORKING_DAYS])
def test_a_working_day_is_its_working_hours(since: datetime, later: datetime) -> None:
    """What comes in an evening or at a weekend is not late before anybody was there to read it."""
    assert within_a_working_day(since, HOURS) == later
    assert soon(since, since, None, HOURS) == later


def test_what_a_patient_writes_is_read_before_the_next_thing_begins() -> None:
    """A text an hour before the appointment is due in half an hour, one before a later one within a working day."""
    assert soon(at(16, 9), at(16, 9), at(16, 10), HOURS) == at(16, 9, 30)
    assert soon(at(16, 9), at(16, 9), at(30, 10), HOURS) == at(17, 9)


def test_every_code_has_a_sentence() -> None:
    """People read what is to be done and what became of it in words; they choose only from outcomes that are theirs."""
    assert set(KINDS) == set(TaskKind)
    assert set(OUTCOMES) == set(Outcome)
    assert set(Outcome) - set(BY_PEOPLE) == {Outcome.NO_LONGER_WANTED, Outcome.LAPSED, Outcome.FORGOTTEN}
    assert set(Why) == set(REASONS)
    assert set(HOLDING) < set(TaskKind)


async def test_the_same_task_is_raised_once(desk: Pool) -> None:
    """However often one is raised, it stands once, and one that a person has closed stays closed."""
    await raised(desk, task(), task(), task("m2", due_at=MONDAY))
    await raised(desk, task(due_at=MONDAY + timedelta(days=9)))
    assert [one.id for one in await listed(desk)] == [task("m2").id, task().id]
    assert await closed(desk, task())
    await raised(desk, task())
    assert [one.id for one in await listed(desk)] == [task("m2").id]
    assert [one.id for one in await listed(desk, "closed")] == [task().id]
    assert len(await told(desk)) == 3


async def test_a_task_is_closed_once(desk: Pool) -> None:
    """Of two people who close a task the first says what became of it; there is none where none was raised."""
    await raised(desk, task())
    assert await closed(desk, task(), Outcome.IN_VAIN)
    assert not await closed(desk, task(), Outcome.DONE)
    assert not await closed(desk, task("m2"))
    (one,) = await listed(desk, "closed")
    assert (one.outcome, one.closed_at) == (Outcome.IN_VAIN, MONDAY)


async def test_every_change_is_told_whole_and_names_nobody(desk: Pool) -> None:
    """Raising, escalating and closing each leave a task's whole state in the outbox: codes, ids and instants alone."""
    await raised(desk, task(message_id=UUID(int=9)))
    await turn(desk, task().due_at)
    await Deadlines(desk).run_once()
    await closed(desk, task(), now=task().due_at)
    events = await told(desk)
    assert [(e["id"].rpartition("/")[2], e["data"]["state"], e["data"]["outcome"]) for e in events] == [
        ("1", "open", None), ("2", "open", None), ("3", "closed", "done"),
    ]  # fmt: skip
    assert {e["type"] for e in events} == {"cocreate.task.v1"}
    last = events[-1]["data"]
    assert (last["things"], last["message"], last["why"]) == ([THING], str(UUID(int=9)), "other_format")
    assert all(last[name] for name in ("raised_at", "due_at", "expires_at", "escalated_at", "closed_at"))
    kept = await desk.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'tasks' AND table_name = 'tasks'"
    )
    assert {row["column_name"] for row in kept} - HIDDEN - {"message_id", "text_id"} == last.keys() - {
        "message",
        "text",
    }
    assert str(ADA) not in json.dumps(events)
    assert "rees" not in json.dumps(events)


async def test_what_nobody_does_is_escalated_once_and_then_ends(desk: Pool) -> None:
    """A task that is due is escalated once, whatever the replicas; one of no more use closes as lapsed."""
    await raised(desk, task(), task("m2", due_at=MONDAY + timedelta(hours=1), expires_at=MONDAY + timedelta(hours=2)))
    missed = task_escalation.MISSED.labels(TaskKind.REACH_OTHERWISE, "due")
    before = missed._value.get()
    for hours in (0, 1, 1):
        await turn(desk, MONDAY + timedelta(hours=hours))
        await Deadlines(desk).run_once()
        await Deadlines(desk).run_once()
    assert missed._value.get() - before == 1
    assert [one.escalated_at for one in await listed(desk)] == [MONDAY + timedelta(hours=1), None]
    assert task_escalation.OPEN.labels(TaskKind.REACH_OTHERWISE, "overdue")._value.get() == 1
    assert task_escalation.OPEN.labels(TaskKind.REACH_OTHERWISE, "in_time")._value.get() == 1
    await turn(desk, MONDAY + timedelta(hours=2))
    await Deadlines(desk).run_once()
    assert [one.id for one in await listed(desk)] == [task().id]
    (lapsed,) = await listed(desk, "closed")
    assert (lapsed.id, lapsed.outcome) == (task("m2").id, Outcome.LAPSED)
    assert not await closed(desk, task("m2"))


async def test_what_holds_messages_back_never_lapses(desk: Pool) -> None:
    """Nobody looked, so the hold stands: its task stays open and overdue, and can still be said not to be needed."""
    holding = [task(f"held/{kind}", kind=kind, why=why) for kind, why in HOLDING.items()]
    await raised(desk, *holding, task())
    long_after = MONDAY + timedelta(days=100)
    await turn(desk, long_after)
    await Deadlines(desk).run_once()
    await Deadlines(desk).run_once()
    assert {(one.id, one.escalated_at) for one in await listed(desk)} == {(one.id, long_after) for one in holding}
    assert [one.id for one in await listed(desk, "closed")] == [task().id]
    assert [task_escalation.OPEN.labels(kind, "overdue")._value.get() for kind in HOLDING] == [1] * len(HOLDING)
    assert [await closed(desk, one, Outcome.NOT_NEEDED, long_after) for one in holding] == [True] * len(HOLDING)


async def test_a_task_is_found_by_the_beginning_of_its_id(desk: Pool) -> None:
    """Eight characters name a task; what is no id names none, and wildcards are none."""
    await raised(desk, task())
    async with desk.acquire() as connection:
        found = [await task_list.named(connection, text) for text in (str(task().id)[:8].upper(), str(task().id))]
        assert found == [[task().id]] * 2
        assert [await task_list.named(connection, text) for text in ("", "%", "_", "zz", "0" * 32)] == [[]] * 5


WHERE_A_TASK_STANDS = [tasks.OPEN, *Outcome]


@pytest.mark.parametrize("before", WHERE_A_TASK_STANDS)
@pytest.mark.parametrize("after", WHERE_A_TASK_STANDS)
async def test_a_task_changes_as_the_table_says(desk: Pool, before: str, after: str) -> None:
    """By whatever SQL: what the table has is done and told once, with the next version; all else is refused."""
    one = task()
    await raised(desk, one)
    stands = "UPDATE tasks.tasks SET state = CASE $1 WHEN 'open' THEN 'open' ELSE 'closed' END, "
    stands += "outcome = nullif($1, 'open'), closed_at = CASE $1 WHEN 'open' THEN NULL ELSE raised_at END"
    await desk.execute(stands, before)
    events = len(await told(desk))
    if before == after or after in tasks.TRANSITIONS.get(before, frozenset()):
        await desk.execute(stands, after)
        new = (await told(desk))[events:]
        assert [event["id"] for event in new] == ([] if before == after else [f"{one.id}/{events + 1}"])
    else:
        with pytest.raises(asyncpg.CheckViolationError, match=f"task {one.id} is {before} and cannot become {after}"):
            await desk.execute(stands, after)


async def test_the_database_has_the_table_of_tasks(pool: Pool) -> None:
    """What the database allows of tasks is what the program does, pair by pair."""
    rows = await pool.fetch("SELECT from_state, to_state FROM tasks.transitions")
    assert {tuple(row) for row in rows} == {(a, b) for a, those in tasks.TRANSITIONS.items() for b in those}


async def test_escalating_by_hand_is_told_and_moving_is_not(desk: Pool) -> None:
    """The clinic hears that a task is overdue, whoever noted it, and nothing of whose it is."""
    await raised(desk, task())
    await desk.execute("UPDATE tasks.tasks SET patient_id = $1", BOB)
    assert len(await told(desk)) == 1
    await turn(desk, MONDAY + timedelta(hours=3))
    await desk.execute("UPDATE tasks.tasks SET escalated_at = due_at")
    last = (await told(desk))[-1]
    assert (last["data"]["version"], datetime.fromisoformat(last["time"])) == (2, MONDAY + timedelta(hours=3))


def message(key: str, start: datetime) -> Message:
    return Message(
        key=key,
        kind="reminder",
        template="reminder",
        category="appointments",
        send_at=MONDAY,
        expires_at=start,
        says={THING: {}},
        places=("s#MSK",),
        data={},
    )


async def planned(pool: Pool, *wanted: Message, patient: UUID = ADA, now: datetime = MONDAY) -> None:
    """What the planner does: it reconciles its plan, and the tasks follow."""
    async with pool.acquire() as connection, connection.transaction():
        await reconciliation.reconcile(connection, "prompts", {patient: Plan(wanted)}, now)
        await tasks.follow(connection, "prompts", {patient: Plan(wanted)}, now)


def instead_of(one: Message) -> Task:
    return task(str(one.id("prompts")), message_id=one.id("prompts"))


async def withheld(pool: Pool, *those: Message) -> None:
    """What delivery does with messages that the patient could not read."""
    ids = [one.id("prompts") for one in those]
    await pool.execute(
        "UPDATE schedule.messages SET state = 'withheld', why = 'other_format', detail = 'braille' WHERE id = ANY($1)",
        ids,
    )
    await raised(pool, *map(instead_of, those))


A = message("1001/reminder/A", MONDAY + timedelta(days=3))
B = message("1001/reminder/B", MONDAY + timedelta(days=4))


async def test_a_task_follows_what_it_is_about(desk: Pool) -> None:
    """A cancelled or moved appointment's task closes by itself, and stands again where it is moved back."""
    await planned(desk, A)
    await withheld(desk, A)
    (one,) = await listed(desk)
    assert (one.detail, one.places) == ("braille", ("s#MSK",))
    await planned(desk, A)
    assert await listed(desk) == [one]
    await planned(desk, B)
    assert not await listed(desk)
    (gone,) = await listed(desk, "closed")
    assert gone.outcome is Outcome.NO_LONGER_WANTED
    await withheld(desk, B)
    await planned(desk, A)
    assert [(o.id, o.outcome) for o in await listed(desk)] == [(instead_of(A).id, None)]
    await planned(desk)
    assert not await listed(desk)


async def test_what_a_person_closed_no_plan_opens(desk: Pool) -> None:
    """A task that was done stays done, whatever the plan wants later; so does one that is of no more use."""
    await planned(desk, A, B)
    await withheld(desk, A, B)
    await closed(desk, instead_of(A))
    await planned(desk)
    await planned(desk, A)
    assert not await listed(desk)
    await planned(desk, A, B, now=instead_of(B).expires_at)
    assert not await listed(desk)


async def test_a_plan_touches_only_its_own(desk: Pool) -> None:
    """Other patients' tasks, other planners', and those in place of no message stay as they are."""
    await planned(desk, A)
    await withheld(desk, A)
    await raised(desk, task("urgent"))
    await planned(desk, patient=BOB)
    async with desk.acquire() as connection:
        await tasks.follow(connection, "followup", {ADA: Plan()}, MONDAY)
    assert {one.id for one in await listed(desk)} == {instead_of(A).id, task("urgent").id}
    await planned(desk)
    assert {one.id for one in await listed(desk)} == {task("urgent").id}


async def test_whoever_closes_a_task_takes_turns_with_who_plans_its_patient(desk: Pool) -> None:
    """A task of a plan that is closed by a person, and at once by its planner, ends once: neither stops the other."""
    one = task(planner="prompts")
    await raised(desk, one)
    await desk.execute("INSERT INTO people.patients (id) VALUES ($1)", ADA)
    await desk.execute("INSERT INTO schedule.wakeups VALUES ('prompts', $1, 'replan', $2)", ADA, MONDAY)
    async with desk.acquire() as planning:
        async with planning.transaction():
            await identity.lock(planning, [ADA])
            await wakeups.replanned(planning, "prompts", [ADA])
            person = asyncio.create_task(closed(desk, one))
            while not await desk.fetchval(WAITS):  # noqa: ASYNC110 - a lock wakes nobody
                await asyncio.sleep(0)
            await tasks.follow(planning, "prompts", {ADA: Plan()}, MONDAY)
        assert not await asyncio.wait_for(person, 10)
    (closed_one,) = await listed(desk, "closed")
    assert closed_one.outcome is Outcome.NO_LONGER_WANTED


async def test_patients_who_turn_out_to_be_one_have_one_list(desk: Pool) -> None:
    """Tasks move to whoever survives a merge; nothing of that is news for the clinic."""
    await raised(desk, task(), replace(task("m2"), patient_id=BOB))
    async with desk.acquire() as connection:
        await tasks.move(connection, BOB, ADA)
    assert len(await listed(desk, patients=[ADA])) == 2
    assert not await listed(desk, patients=[BOB])
    assert len(await told(desk)) == 2
