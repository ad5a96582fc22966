"""Tasks as rows: the one statement that raises them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.database import takes_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A task as the database takes it; `things` are lines."""

    id: UUID
    kind: str
    patient_id: UUID | None
    things: str
    why: str
    due_at: datetime
    expires_at: datetime
    message_id: UUID | None
    text_id: str | None
    planner: str | None
    people: int | None
    unsafe_phone: bool
    language: str | None
    texts: int


# In the place of a message: the reason may become another one, and what seemed to have gone may come back. What a plan
# or a text raised, and what a person has closed, stays as it is.
RAISE = takes_rows(
    Raised,
    """
INSERT INTO tasks.tasks AS t (id, kind, patient_id, things, why, due_at, expires_at, message_id, text_id, planner,
    people, unsafe_phone, language, texts, raised_at)
SELECT id, kind, patient_id, string_to_array(things, E'\\n'), why, due_at, expires_at, message_id, text_id, planner,
    people, unsafe_phone OR EXISTS (SELECT FROM people.unsafe_patients u WHERE u.patient_id = n.patient_id),
    language, texts, $1
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::uuid[], $10::text[], $11::text[], $12::integer[], $13::boolean[],
    $14::text[], $15::integer[])
    AS n(id, kind, patient_id, things, why, due_at, expires_at, message_id, text_id, planner, people, unsafe_phone,
        language, texts)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET why = excluded.why, state = 'open', outcome = NULL, closed_by = NULL, closed_at = NULL,
    escalated_at = CASE WHEN t.state = 'open' THEN t.escalated_at END
WHERE t.message_id IS NOT NULL AND (t.state = 'open' AND t.why <> excluded.why OR t.outcome = 'no_longer_wanted')
""",
)
