"""The list of tasks as people read it: what each is about, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome

# What is needed is kept with the message alone, and erased with it.
LIST = """
SELECT t.id, t.kind, t.things, t.why, t.due_at, t.expires_at, t.state, t.outcome, t.raised_at, t.escalated_at,
    t.closed_at, t.text_id, t.people, t.unsafe_phone, t.language, t.texts, coalesce(m.detail, '') AS detail,
    coalesce(m.places, a.places, '{}') AS places
FROM tasks.tasks t LEFT JOIN schedule.messages m ON m.id = t.message_id
    LEFT JOIN texts.texts x ON x.id = t.text_id LEFT JOIN schedule.messages a ON a.id = x.after
WHERE ($1::text IS NULL OR t.state = $1) AND ($2::uuid[] IS NULL OR t.patient_id = ANY($2) OR x.patients && $2)
    AND ($4::uuid[] IS NULL OR t.id = ANY($4))
ORDER BY CASE WHEN t.state = 'open' THEN t.due_at END, t.closed_at DESC, t.id LIMIT $3
"""


NAMED = """
SELECT id FROM tasks.tasks WHERE (state = 'open' OR $2) AND id::text LIKE $1 || '%' ORDER BY id LIMIT 2
"""


PATIENTS = """
SELECT DISTINCT unnest(array_append(coalesce(x.patients, '{}'), t.patient_id)) AS patient_id
FROM tasks.tasks t LEFT JOIN texts.texts x ON x.id = t.text_id WHERE t.id = ANY($1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task as it stands, for people. `detail` says what its message could not do, while that is kept."""

    id: UUID
    kind: TaskKind
    things: tuple[str, ...]
    why: Why
    due_at: datetime
    expires_at: datetime
    state: str
    outcome: Outcome | None
    raised_at: datetime
    escalated_at: datetime | None
    closed_at: datetime | None
    text_id: str | None
    people: int | None
    unsafe_phone: bool
    language: str | None
    texts: int
    detail: str
    places: tuple[str, ...]


async def list_tasks(
    connection: Connection,
    *,
    state: str | None = "open",
    patients: Sequence[UUID] | None = None,
    ids: Sequence[UUID] | None = None,
    limit: int = 50,
) -> list[TaskView]:
    """Open tasks, the next due first; or closed ones, the last closed first; state None: both."""
    return [
        TaskView(
            **{
                **row,
                "kind": TaskKind(row["kind"]),
                "things": tuple(row["things"]),
                "why": Why(row["why"]),
                "outcome": row["outcome"] and Outcome(row["outcome"]),
                "places": tuple(row["places"]),
            }
        )
        for row in await connection.fetch(LIST, state, patients, limit, ids)
    ]


async def named(connection: Connection, beginning: str, *, closed_too: bool = False) -> list[UUID]:
    """The open tasks whose ids begin so; two at most."""
    if not beginning or not set(beginning.lower()) <= set("0123456789abcdef-"):
        return []
    return [row["id"] for row in await connection.fetch(NAMED, beginning.lower(), closed_too)]


async def patients_of(connection: Connection, tasks: Sequence[UUID]) -> set[UUID]:
    """Everybody whom these tasks concern, those included whose the phone may be that a text came from."""
    rows = await connection.fetch(PATIENTS, tasks)
    return {row["patient_id"] for row in rows if row["patient_id"] is not None}
