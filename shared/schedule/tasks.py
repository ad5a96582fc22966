"""Tasks: what we cannot do, a person does in time, and the clinic sees what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.patients import identity
from shared.platform.clock import Connection
from shared.platform.database import columns_of
from shared.rules.plan import Plan
from shared.rules.reply import Done
from shared.rules.task_requests import TaskKind, TaskRequest, task_id
from shared.schedule import changes, reconciliation, texts, transitions, wakeups
from shared.schedule.states import Why
from shared.schedule.task_rows import RAISE, Raised

# What was closed otherwise can still be found not to have been needed where something waits for that.
CLOSE = """
UPDATE tasks.tasks SET state = 'closed', outcome = $2, closed_by = $3, closed_at = $4
WHERE id = ANY($1) AND (state = 'open' OR outcome <> 'not_needed' AND kind = ANY($5)) RETURNING kind
"""

# Whoever was reached by a person is not reached again by what waited all the time.
TOLD_BY_A_PERSON = """
SELECT m.id, t.why FROM tasks.tasks t JOIN schedule.messages m ON m.id = t.message_id
WHERE t.id = $1 AND t.kind = 'reach_otherwise' AND t.outcome = 'done' AND m.state = 'scheduled'
"""

IN_PLACE_OF = "SELECT id FROM tasks.tasks WHERE message_id = ANY($1) AND kind = 'reach_otherwise' AND state = 'open'"

OPEN_OF = "SELECT id, things FROM tasks.tasks WHERE kind = $1 AND state = 'open'"

WHOSE = "SELECT patient_id FROM tasks.tasks WHERE id = $1 AND patient_id IS NOT NULL"

STANDS_FOR = """
SELECT coalesce(t.planner, m.planner), t.patient_id FROM tasks.tasks t LEFT JOIN schedule.messages m
    ON m.id = t.message_id
WHERE t.id = $1 AND t.patient_id IS NOT NULL AND coalesce(t.planner, m.planner) IS NOT NULL
"""

# Only those that a plan may touch: what a person has closed stays closed. A plan may still want what was sent.
FOLLOWING = """
SELECT t.id, t.message_id, t.state, coalesce(m.state IN ('sending', 'unknown', 'parked', 'sent', 'delivered'), false)
    AS is_told
FROM tasks.tasks t LEFT JOIN schedule.messages m ON m.id = t.message_id
WHERE $1 IN (m.planner, t.planner) AND t.patient_id = ANY($2) AND (t.state = 'open' OR t.outcome = 'no_longer_wanted')
"""

DONE = """
SELECT id, patient_id, outcome, closed_at FROM tasks.tasks
WHERE planner = $1 AND patient_id = ANY($2) AND state = 'closed' AND outcome <> 'no_longer_wanted'
"""

REOPEN = """
UPDATE tasks.tasks SET state = 'open', outcome = NULL, closed_by = NULL, closed_at = NULL, escalated_at = NULL
WHERE id = ANY($1) AND outcome = 'no_longer_wanted' AND expires_at > $2
"""

MOVE = "UPDATE tasks.tasks SET patient_id = $2 WHERE patient_id = $1"


HOLDING: Mapping[TaskKind, Why] = {
    TaskKind.BEREAVEMENT: Why.DEATH_REPORTED,
    TaskKind.WRONG_NUMBER: Why.NUMBER_DOUBTED,
    TaskKind.WHOSE_NUMBER: Why.RECORDS_DISAGREE,
}
"""What waits, and why, until a person says that it need not: `done` means that the clinic's own record was wrong and
is being put right, and what was written before that must still not go out."""


class Outcome(StrEnum):
    """What became of a task."""

    DONE = "done"
    IN_VAIN = "in_vain"
    NOT_NEEDED = "not_needed"
    NO_LONGER_WANTED = "no_longer_wanted"
    LAPSED = "lapsed"
    FORGOTTEN = "forgotten"


OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DONE: "somebody did it",
    Outcome.IN_VAIN: "somebody tried, in vain",
    Outcome.NOT_NEEDED: "somebody found that it was not needed",
    Outcome.NO_LONGER_WANTED: "the appointment or the plan has changed since",
    Outcome.LAPSED: "nobody did it while it was of use",
    Outcome.FORGOTTEN: "the patient was erased",
}

OPEN = "open"

TRANSITIONS: Mapping[str, frozenset[str]] = {
    OPEN: frozenset(Outcome),
    **dict.fromkeys((Outcome.DONE, Outcome.IN_VAIN, Outcome.LAPSED), frozenset({Outcome.NOT_NEEDED})),
    Outcome.NO_LONGER_WANTED: frozenset({Outcome.NOT_NEEDED, OPEN}),
}
"""What may become of a task that is open, or closed with that outcome. The database refuses all else."""

BY_PEOPLE = (Outcome.DONE, Outcome.IN_VAIN, Outcome.NOT_NEEDED)
"""The outcomes that people choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something for a person to do. Codes, ids and instants only: no name, no number, no words of anybody.

    Attributes:
        kind: what to do.
        key: the occasion: the same kind for the same occasion is the same task, however often it is raised.
        things: what it concerns.
        why: why we could not do it.
        due_at: done by then, or escalated.
        expires_at: of no use from then on: whatever it concerns has begun, or another message tells of it.
        patient_id: None where a text is about nobody whom we know, or about one of several: they are with the text.
        message_id: the message in whose place it is done, where there is one.
        text_id: the text that it is about, where there is one.
        planner: whose plan wants it, where one does.
        people: how many people it concerns, where it is about a group.
        unsafe_phone: whether somebody else may read the phone that it is about; of a patient's task it is looked up.
        language: of the text, where it is one that we do not write.
        texts: how many urgent texts of one phone it is about.

    """

    kind: TaskKind
    key: str
    patient_id: UUID | None
    things: tuple[str, ...]
    why: Why
    due_at: datetime
    expires_at: datetime
    message_id: UUID | None = None
    text_id: str | None = None
    planner: str | None = None
    people: int | None = None
    unsafe_phone: bool = False
    language: str | None = None
    texts: int = 1

    @property
    def id(self) -> UUID:
        """Of its kind and key: doubles collide."""
        return task_id(self.kind, self.key)


async def raise_tasks(connection: Connection, tasks: Iterable[Task], now: datetime) -> None:
    """Ask people to do these. One that was raised before, done or not, stays as it is.

    Of one in the place of a message the reason may change, and it is open again where its message had seemed to go.
    """
    rows = [
        Raised(
            id=t.id,
            kind=t.kind,
            patient_id=t.patient_id,
            things="\n".join(t.things),
            why=t.why,
            due_at=t.due_at,
            expires_at=t.expires_at,
            message_id=t.message_id,
            text_id=t.text_id,
            planner=t.planner,
            people=t.people,
            unsafe_phone=t.unsafe_phone,
            language=t.language,
            texts=t.texts,
        )
        for t in {one.id: one for one in reversed(list(tasks))}.values()  # of two, the first
    ]
    if rows:
        await connection.execute(RAISE, now, *columns_of(Raised, rows))


async def close(connection: Connection, task: UUID, outcome: Outcome, by: str, now: datetime) -> bool:
    """Note what became of an open task, and who says so (a login); False where it is open no longer.

    What was done in a message's place was told: its planner plans again, so that a later change is told as well. What
    waited for it (`HOLDING`) goes on where it was not needed; that can also be said once it is closed otherwise.
    """
    later = list(HOLDING) if outcome is Outcome.NOT_NEEDED else []
    async with connection.transaction():
        whose = await texts.whose(connection, task) | await texts.waiting(connection, task)
        theirs = {row["patient_id"] for row in await connection.fetch(WHOSE, task)}  # as who plans them locks them
        await identity.lock(connection, whose | theirs, merged_too=True)
        closed = await connection.fetch(CLOSE, [task], outcome, by, now, later)
        if closed:
            if outcome is Outcome.DONE:
                told = await connection.fetch(TOLD_BY_A_PERSON, task)
                withheld = [(row["id"], transitions.withheld(Why(row["why"]))) for row in told]
                await changes.apply(connection, withheld, now)
            await wakeups.request_replan(
                connection, [tuple(row) for row in await connection.fetch(STANDS_FOR, task)], now
            )
        if outcome is Outcome.NOT_NEEDED and any(row["kind"] in HOLDING for row in closed):
            await texts.lift(connection, [task])
            await texts.lift_for(connection, task)
            await reconciliation.recheck(connection, whose)
    return bool(closed)


async def end(connection: Connection, tasks: Sequence[UUID], outcome: Outcome, now: datetime) -> None:
    """Close those of these tasks that are open: nobody did, they ended by themselves."""
    await connection.execute(CLOSE, tasks, outcome, None, now, [])


async def end_of_sent(connection: Connection, messages: Iterable[UUID], now: datetime) -> None:
    """Close the open tasks in whose place these messages have gone after all."""
    rows = await connection.fetch(IN_PLACE_OF, list(messages))
    await end(connection, [row["id"] for row in rows], Outcome.NO_LONGER_WANTED, now)


async def follow(connection: Connection, planner: str, plans: Mapping[UUID, Plan], now: datetime) -> None:
    """Have the tasks of locked patients follow their plans.

    A task that a plan wants is raised. One that is wanted no longer, or stands for a message that is not, is closed,
    and opened again where it is wanted again. One that is of no use any more asks nobody: years of history are read in
    when a clinic begins.
    """
    requests = {
        request.id: planned_task(request, patient, planner)
        for patient, plan in plans.items()
        for request in plan.task_requests
    }
    rows = await connection.fetch(FOLLOWING, planner, list(plans))
    await raise_tasks(connection, (task for task in requests.values() if task.expires_at > now), now)
    if not rows:
        return
    wanted = requests.keys() | {message.id(planner) for plan in plans.values() for message in plan.messages}
    is_wanted = {row["id"]: (row["message_id"] or row["id"]) in wanted for row in rows}
    closed = [row["id"] for row in rows if row["state"] == "open" and not is_wanted[row["id"]]]
    opened = [row["id"] for row in rows if row["state"] == "closed" and is_wanted[row["id"]] and not row["is_told"]]
    await end(connection, closed, Outcome.NO_LONGER_WANTED, now)
    await connection.execute(REOPEN, opened, now)


async def open_of(connection: Connection, kind: TaskKind) -> dict[UUID, tuple[str, ...]]:
    """The open tasks of a kind, each with the things that it concerns."""
    return {row["id"]: tuple(row["things"]) for row in await connection.fetch(OPEN_OF, kind)}


async def done(connection: Connection, planner: str, patients: Iterable[UUID]) -> dict[UUID, dict[UUID, Done]]:
    """What became of the tasks that a planner wanted for these patients, where people or time have closed them."""
    found: dict[UUID, dict[UUID, Done]] = {}
    for row in await connection.fetch(DONE, planner, list(patients)):
        found.setdefault(row["patient_id"], {})[row["id"]] = Done(row["outcome"], row["closed_at"])
    return found


def planned_task(request: TaskRequest, patient: UUID, planner: str) -> Task:
    """A request of a plan as the task that it is."""
    return Task(
        kind=request.kind,
        key=request.key,
        patient_id=patient,
        things=request.things,
        why=Why(request.why),
        due_at=request.due_at,
        expires_at=request.expires_at,
        text_id=request.text_id,
        planner=planner,
    )


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: so are their tasks, and the texts that these are about."""
    await connection.execute(MOVE, absorbed, survivor)
    await texts.move(connection, absorbed, survivor)
