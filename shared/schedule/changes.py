"""Changes of messages: the only statements that create one or change its state, each for a whole set at once.

Who else writes `schedule.messages` changes no state: when to look again, whose a message is, that its content is gone.
The database counts versions, notes when each change was, and tells the clinic (migrations 0011 and 0014).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns_of, takes_rows
from shared.schedule.transitions import TABLE, Change, Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A message as a plan wants it. `says`, `data` and `calendar` are JSON; `places` are lines."""

    id: UUID
    key: str
    patient_id: UUID
    category: str
    kind: str
    template: str
    says: str
    places: str
    data: str
    calendar: str | None
    wanted: str
    send_at: datetime
    expires_at: datetime
    urgent_by: datetime | None
    on_unknown: str
    answers_until: datetime | None
    ask_instead: bool
    must_reach: bool
    reply_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change as the database takes it; `before` and `resent` are the states that it may lead from."""

    id: UUID
    transition: str
    state: str
    before: str
    resent: str
    why: str
    detail: str
    due_at: datetime | None
    provider_id: str | None
    refused: bool
    token: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A claim as the database takes it."""

    id: UUID
    claim_token: UUID
    lease_until: datetime
    channel: str
    address: bytes
    words: str
    segments: int | None
    key_id: str
    sealed: bytes
    asked: str
    asked_words: bool


# Claimed or sent is never touched. Another patient's row that was never told is taken over: the thing changed hands.
# An answer goes to the phone that wrote and to no other: it stands there from the start.
WANT = takes_rows(
    Wanted,
    """
INSERT INTO schedule.messages AS m (id, planner, key, patient_id, category, kind, template, things, says, places,
    data, calendar, wanted, send_at, expires_at, urgent_by, on_unknown, answers_until, ask_instead, must_reach,
    reply_to, address, state, why, due_at, planned_at)
SELECT n.id, $1, key, patient_id, category, kind, template, ARRAY(SELECT jsonb_object_keys(says)), says,
    string_to_array(places, E'\\n'), data, calendar, wanted, send_at, expires_at, urgent_by, on_unknown, answers_until,
    ask_instead, must_reach, reply_to, x.address, 'scheduled', 'planned', send_at, $2
FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::text[],
    $11::jsonb[], $12::jsonb[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::text[],
    $18::timestamptz[], $19::boolean[], $20::boolean[], $21::text[])
    AS n(id, key, patient_id, category, kind, template, says, places, data, calendar, wanted, send_at, expires_at,
    urgent_by, on_unknown, answers_until, ask_instead, must_reach, reply_to)
    LEFT JOIN texts.texts x ON x.id = n.reply_to
ON CONFLICT (id) DO UPDATE SET key = excluded.key, patient_id = excluded.patient_id, category = excluded.category,
    kind = excluded.kind, template = excluded.template, things = excluded.things, says = excluded.says,
    places = excluded.places, data = excluded.data, calendar = excluded.calendar, wanted = excluded.wanted,
    send_at = excluded.send_at, expires_at = excluded.expires_at, urgent_by = excluded.urgent_by,
    on_unknown = excluded.on_unknown, answers_until = excluded.answers_until, ask_instead = excluded.ask_instead,
    must_reach = excluded.must_reach, reply_to = excluded.reply_to, address = coalesce(excluded.address, m.address),
    state = 'scheduled', why = 'planned', detail = '', due_at = excluded.send_at
WHERE m.state IN ('scheduled', 'withdrawn')
    AND (m.state = 'withdrawn' OR m.wanted <> excluded.wanted OR m.patient_id <> excluded.patient_id)
""",
)

# As an expression, the state offers no index: without statistics PostgreSQL would read all that is scheduled for it.
CLAIM = takes_rows(
    ClaimRow,
    """
UPDATE schedule.messages m SET state = 'sending', why = 'claimed', detail = '', claimed_at = $1,
    attempt = m.attempt + 1, lease_until = n.lease_until, claim_token = n.claim_token, channel = n.channel,
    address = n.address, words = n.words, segments = n.segments, key_id = n.key_id, sealed = n.sealed,
    asked = string_to_array(n.asked, ' '), asked_words = n.asked_words, unknown_at = NULL,
    past_ids = array_remove(m.past_ids || m.provider_id, NULL), provider_id = NULL
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bytea[], $7::text[], $8::smallint[], $9::text[],
    $10::bytea[], $11::text[], $12::boolean[])
    AS n(id, claim_token, lease_until, channel, address, words, segments, key_id, sealed, asked, asked_words)
WHERE m.id = n.id AND m.state || '' = 'scheduled'
RETURNING m.id, m.planner, m.patient_id, m.state
""",
)

# What is no longer told has no claim. A doubt keeps its token, for a late answer ends it; nothing else does.
CHANGE = takes_rows(
    ChangeRow,
    """
UPDATE schedule.messages m SET state = n.state, why = n.why, detail = n.detail,
    due_at = CASE WHEN n.due_at IS NULL THEN m.due_at ELSE least(n.due_at, m.expires_at) END,
    claimed_at = CASE WHEN n.state IN ('unknown', 'parked') THEN m.claimed_at
        WHEN n.state IN ('sent', 'delivered') THEN coalesce(m.claimed_at, $1) END,
    sent_at = CASE n.transition WHEN 'accepted' THEN $1 WHEN 'found' THEN m.claimed_at WHEN 'given_back' THEN NULL
        ELSE CASE WHEN n.state IN ('sent', 'delivered') THEN coalesce(m.sent_at, $1) ELSE m.sent_at END END,
    unknown_at = CASE n.state WHEN 'unknown' THEN $1 WHEN 'parked' THEN m.unknown_at END,
    provider_id = CASE WHEN n.state <> 'unknown' THEN coalesce(n.provider_id, m.provider_id) END,
    tried = CASE WHEN n.refused THEN m.tried || m.address ELSE m.tried END,
    resends = m.resends + CASE n.transition WHEN 'resent' THEN 1 ELSE 0 END,
    claim_token = CASE WHEN n.state IN ('unknown', 'parked') THEN m.claim_token END, lease_until = NULL
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
    $10::text[], $11::boolean[], $12::uuid[])
    AS n(id, transition, state, before, resent, why, detail, due_at, provider_id, refused, token)
WHERE m.id = n.id AND (n.token IS NULL OR m.claim_token = n.token)
    AND (m.state = ANY(string_to_array(n.before, ' '))
        OR m.resends > 0 AND m.state = ANY(string_to_array(n.resent, ' ')))
RETURNING m.id, m.planner, m.patient_id, m.state
""",
)


async def want(connection: Connection, planner: str, wanted: Iterable[Wanted], now: datetime) -> None:
    """Create these messages, bring up to date those that wait, and those back that were withdrawn."""
    columns = columns_of(Wanted, wanted)
    if columns[0]:
        await connection.execute(WANT, planner, now, *columns)


async def apply(connection: Connection, changes: Iterable[tuple[UUID, Change]], now: datetime) -> list[Any]:
    """Make these changes as one; id, planner, patient and new state of each message that was where its change begins.

    A message that has moved on meanwhile, or whose claim is another by now, stays as it is.
    """
    claims: list[ClaimRow] = []
    rows: list[ChangeRow] = []
    for message_id, change in changes:
        if change.claim is not None:
            claims.append(_claim_row(message_id, change.claim))
        else:
            rows.append(_change_row(message_id, change))
    changed: list[Any] = []
    if claims:
        changed += await connection.fetch(CLAIM, now, *columns_of(ClaimRow, claims))
    if rows:
        changed += await connection.fetch(CHANGE, now, *columns_of(ChangeRow, rows))
    return changed


def _claim_row(message_id: UUID, claim: Claim) -> ClaimRow:
    return ClaimRow(id=message_id, **{one.name: getattr(claim, one.name) for one in fields(claim)})


def _change_row(message_id: UUID, change: Change) -> ChangeRow:
    legal = TABLE[change.transition]
    return ChangeRow(
        id=message_id,
        transition=change.transition.value,
        state=legal.state.value,
        before=" ".join(legal.before),
        resent=" ".join(legal.resent),
        why=change.why.value,
        detail=change.detail,
        due_at=change.due_at,
        provider_id=change.provider_id,
        refused=change.refused,
        token=change.token,
    )


def changed_to(rows: Sequence[Any], states: frozenset[str]) -> list[tuple[str, UUID]]:
    """Planner and patient of each message that `apply` has brought into one of these states."""
    return [(row["planner"], row["patient_id"]) for row in rows if row["state"] in states]
