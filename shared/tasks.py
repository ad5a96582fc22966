"""Tasks: what we cannot do, a person does in time, and the clinic sees what became of it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from prometheus_client import Counter, Gauge

from shared import clock, schedule
from shared.clock import Connection
from shared.database import Pool
from shared.plan import NAMESPACE, Plan
from shared.schedule import columns
from shared.states import Why
from shared.window import Window, instant

log = logging.getLogger("cocreate.tasks")

OPEN = Gauge("cocreate_open_tasks", "Tasks that nobody has closed", ["kind", "standing"])
MISSED = Counter("cocreate_missed_tasks", "Tasks not done by when they were due, or of use", ["kind", "by"])

RAISE = """
INSERT INTO tasks.tasks (id, kind, patient_id, things, why, due_at, expires_at, message_id, raised_at, changed_at)
SELECT id, kind, patient_id, string_to_array(things, E'\\n'), why, due_at, expires_at, message_id, $1, $1
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::uuid[]) AS n(id, kind, patient_id, things, why, due_at, expires_at, message_id)
ORDER BY id
ON CONFLICT DO NOTHING
"""

# What is needed is kept with the message alone, and erased with it.
LIST = """
SELECT t.id, t.kind, t.things, t.why, t.due_at, t.expires_at, t.state, t.outcome, t.raised_at, t.escalated_at,
    t.closed_at, coalesce(m.detail, '') AS detail, coalesce(m.places, '{}') AS places
FROM tasks.tasks t LEFT JOIN schedule.messages m ON m.id = t.message_id
WHERE t.state = $1 AND ($2::uuid[] IS NULL OR t.patient_id = ANY($2))
ORDER BY CASE WHEN t.state = 'open' THEN t.due_at END, t.closed_at DESC, t.id LIMIT $3
"""

NAMED = "SELECT id FROM tasks.tasks WHERE state = 'open' AND id::text LIKE $1 || '%' ORDER BY id LIMIT 2"

CLOSE = """
UPDATE tasks.tasks SET state = 'closed', outcome = $2, closed_by = $3, closed_at = $4, changed_at = $4,
    version = version + 1
WHERE id = ANY($1) AND state = 'open' RETURNING id
"""

STANDS_FOR = """
SELECT m.planner, m.patient_id FROM tasks.tasks t JOIN schedule.messages m ON m.id = t.message_id WHERE t.id = $1
"""

# Only those that a plan may touch: what a person has closed stays closed.
FOLLOWING = """
SELECT t.id, t.message_id, t.state FROM tasks.tasks t JOIN schedule.messages m ON m.id = t.message_id
WHERE m.planner = $1 AND t.patient_id = ANY($2) AND (t.state = 'open' OR t.outcome = 'no_longer_wanted')
"""

REOPEN = """
UPDATE tasks.tasks SET state = 'open', outcome = NULL, closed_by = NULL, closed_at = NULL, escalated_at = NULL,
    changed_at = $2, version = version + 1
WHERE id = ANY($1) AND outcome = 'no_longer_wanted' AND expires_at > $2
"""

MOVE = "UPDATE tasks.tasks SET patient_id = $2 WHERE patient_id = $1"

ESCALATE = """
UPDATE tasks.tasks SET escalated_at = $1, changed_at = $1, version = version + 1
WHERE id IN (SELECT id FROM tasks.tasks WHERE state = 'open' AND escalated_at IS NULL AND due_at <= $1
             ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING kind
"""

LAPSE = """
UPDATE tasks.tasks SET state = 'closed', outcome = 'lapsed', closed_at = $1, changed_at = $1, version = version + 1
WHERE id IN (SELECT id FROM tasks.tasks WHERE state = 'open' AND expires_at <= $1
             ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING kind
"""

COUNT = """
SELECT kind, CASE WHEN due_at <= $1 THEN 'overdue' ELSE 'in_time' END AS standing, count(*) AS number
FROM tasks.tasks WHERE state = 'open' GROUP BY 1, 2
"""

BATCH = 500


class Kind(StrEnum):
    """What a person is asked to do."""

    REACH_OTHERWISE = "reach_otherwise"


KINDS: Mapping[Kind, str] = {
    Kind.REACH_OTHERWISE: "reach this patient another way: the message could not go as they need it",
}


class Outcome(StrEnum):
    """What became of a task."""

    DONE = "done"
    IN_VAIN = "in_vain"
    NOT_NEEDED = "not_needed"
    NO_LONGER_WANTED = "no_longer_wanted"
    LAPSED = "lapsed"


OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DONE: "somebody did it",
    Outcome.IN_VAIN: "somebody tried, in vain",
    Outcome.NOT_NEEDED: "somebody found that it was not needed",
    Outcome.NO_LONGER_WANTED: "the appointment or the plan has changed since",
    Outcome.LAPSED: "nobody did it while it was of use",
}

BY_PEOPLE = (Outcome.DONE, Outcome.IN_VAIN, Outcome.NOT_NEEDED)
"""The outcomes that people choose from."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something for a person to do. Codes, ids and instants only: no name, no number, no words of anybody.

    Attributes:
        kind: what to do.
        key: the occasion: the same kind for the same occasion is the same task, however often it is raised.
        things: what it concerns.
        why: why we could not do it.
        due_at: done by then, or escalated.
        expires_at: of no use from then on: whatever it concerns has begun, or another message tells of it.
        message_id: the message in whose place it is done, where there is one.

    """

    kind: Kind
    key: str
    patient_id: UUID
    things: tuple[str, ...]
    why: Why
    due_at: datetime
    expires_at: datetime
    message_id: UUID | None = None

    @property
    def id(self) -> UUID:
        """UUIDv5 of kind and key: doubles collide."""
        return uuid5(NAMESPACE, f"task\n{self.kind}\n{self.key}")


@dataclass(frozen=True, slots=True)
class Standing:
    """A task as it stands, for people. `detail` says what its message could not do, while that is kept."""

    id: UUID
    kind: Kind
    things: tuple[str, ...]
    why: Why
    due_at: datetime
    expires_at: datetime
    state: str
    outcome: Outcome | None
    raised_at: datetime
    escalated_at: datetime | None
    closed_at: datetime | None
    detail: str
    places: tuple[str, ...]


def due_before(expires_at: datetime, now: datetime, hours: Window) -> datetime:
    """By when to do what is of no use from `expires_at` on, so that there is time to escalate it.

    A working day's hours before; where less than two of them are left, half of the working time that is; where none
    is, half of the time. So whoever does it has at least as long as whoever must see that it is done. Never before now.
    """
    if expires_at <= now:
        return now
    openings, left = [], timedelta()
    whole = datetime.combine(now, hours.closes) - datetime.combine(now, hours.opens)
    for begins, ends in _openings_before(expires_at, now, hours):
        openings.append((begins, ends))
        left += ends - begins
        if left >= 2 * whole:
            break
    kept = min(whole, left / 2)
    for begins, ends in openings:
        if ends - begins >= kept:
            return ends - kept
        kept -= ends - begins
    return now + (expires_at - now) / 2


def _openings_before(end: datetime, start: datetime, hours: Window) -> Iterator[tuple[datetime, datetime]]:
    """What lies between two instants of each opening, the last one first."""
    day = hours.working_day_on_or_before(end.astimezone(hours.zone).date())
    while (closes := instant(day, hours.closes, hours.zone)) > start:
        begins, ends = max(instant(day, hours.opens, hours.zone), start), min(closes, end)
        if begins < ends:
            yield begins, ends
        day = hours.working_days_before(day, 1)


async def raise_tasks(connection: Connection, tasks: Iterable[Task], now: datetime) -> None:
    """Ask people to do these. One that was raised before, done or not, stays as it is."""
    rows = [
        (t.id, t.kind, t.patient_id, "\n".join(t.things), t.why, t.due_at, t.expires_at, t.message_id) for t in tasks
    ]
    if rows:
        await connection.execute(RAISE, now, *columns(rows, 8))


async def list_tasks(
    connection: Connection, *, state: str = "open", patients: Sequence[UUID] | None = None, limit: int = 50
) -> list[Standing]:
    """Open tasks, the next due first; or closed ones, the last closed first."""
    return [
        Standing(
            **{
                **row,
                "kind": Kind(row["kind"]),
                "things": tuple(row["things"]),
                "why": Why(row["why"]),
                "outcome": row["outcome"] and Outcome(row["outcome"]),
                "places": tuple(row["places"]),
            }
        )
        for row in await connection.fetch(LIST, state, patients, limit)
    ]


async def named(connection: Connection, beginning: str) -> list[UUID]:
    """The open tasks whose ids begin so; two at most."""
    if not beginning or not set(beginning.lower()) <= set("0123456789abcdef-"):
        return []
    return [row["id"] for row in await connection.fetch(NAMED, beginning.lower())]


async def close(connection: Connection, task: UUID, outcome: Outcome, by: str, now: datetime) -> bool:
    """Note what became of an open task, and who says so (a login); False where it is open no longer.

    What was done in a message's place was told: its planner plans again, so that a later change is told as well.
    """
    async with connection.transaction():
        closed = await connection.fetch(CLOSE, [task], outcome, by, now)
        if closed:
            await schedule.wake(connection, [tuple(row) for row in await connection.fetch(STANDS_FOR, task)], now)
    return bool(closed)


async def follow(connection: Connection, planner: str, plans: Mapping[UUID, Plan], now: datetime) -> None:
    """Have the tasks of locked patients follow their plans.

    A task in place of a message that is wanted no longer is closed, and opened again where it is wanted again.
    """
    rows = await connection.fetch(FOLLOWING, planner, list(plans))
    if not rows:
        return
    wanted = {message.id(planner) for plan in plans.values() for message in plan.messages}
    closed = [row["id"] for row in rows if row["state"] == "open" and row["message_id"] not in wanted]
    opened = [row["id"] for row in rows if row["state"] == "closed" and row["message_id"] in wanted]
    await connection.execute(CLOSE, closed, Outcome.NO_LONGER_WANTED, None, now)
    await connection.execute(REOPEN, opened, now)


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: so are their tasks."""
    await connection.execute(MOVE, absorbed, survivor)


class Deadlines:
    """Sees to it that a task that nobody does is noticed: escalated when it is due, ended when it is of no more use."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def round(self) -> bool:
        """Escalate, end and count once; whether there may be more. With many replicas each task is noticed once."""
        async with self._pool.acquire() as connection:
            now = (await clock.read(connection)).now
            escalated = await connection.fetch(ESCALATE, now, BATCH)
            lapsed = await connection.fetch(LAPSE, now, BATCH)
            counts = await connection.fetch(COUNT, now)
        for by, rows in (("due", escalated), ("expiry", lapsed)):
            for row in rows:
                MISSED.labels(row["kind"], by).inc()
        if escalated or lapsed:
            log.warning(
                "tasks that nobody has done: %d are overdue now, %d came to nothing; see `cocreate tasks list`",
                len(escalated),
                len(lapsed),
            )
        OPEN.clear()
        for row in counts:
            OPEN.labels(row["kind"], row["standing"]).set(row["number"])
        return BATCH in {len(escalated), len(lapsed)}
