"""The schedule: what is wanted is held against what stands there, and what was told is read back."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.rules.plan import Plan
from shared.schedule.quarantine import MOVE_HOLD, patient_thing

# Claimed or sent is never touched. Another patient's row that was never told is taken over: the thing changed hands.
WANT = """
INSERT INTO schedule.messages AS m (id, planner, key, patient_id, category, kind, template, things, says, places,
    data, calendar, wanted, send_at, expires_at, urgent_by, on_unknown, answers_until, ask_instead, reply_to, address,
    state, why, due_at, planned_at, changed_at)
SELECT w.id, $1, key, patient_id, category, kind, template, ARRAY(SELECT jsonb_object_keys(says)), says,
    string_to_array(places, E'\\n'), data, calendar, wanted, send_at, expires_at, urgent_by, on_unknown, answers_until,
    ask_instead, reply_to, x.address, 'scheduled', 'planned', send_at, $2, $2
FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::text[],
    $11::jsonb[], $12::jsonb[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::text[],
    $18::timestamptz[], $19::boolean[], $20::text[])
    AS w(id, key, patient_id, category, kind, template, says, places, data, calendar, wanted, send_at, expires_at,
    urgent_by, on_unknown, answers_until, ask_instead, reply_to)
    LEFT JOIN texts.texts x ON x.id = w.reply_to
ON CONFLICT (id) DO UPDATE SET key = excluded.key, patient_id = excluded.patient_id, category = excluded.category,
    kind = excluded.kind, template = excluded.template, things = excluded.things, says = excluded.says,
    places = excluded.places, data = excluded.data, calendar = excluded.calendar, wanted = excluded.wanted,
    send_at = excluded.send_at, expires_at = excluded.expires_at, urgent_by = excluded.urgent_by,
    on_unknown = excluded.on_unknown, answers_until = excluded.answers_until, ask_instead = excluded.ask_instead,
    reply_to = excluded.reply_to, address = coalesce(excluded.address, m.address),
    state = 'scheduled', why = 'planned', detail = '', due_at = excluded.send_at,
    version = m.version + 1, changed_at = excluded.changed_at
WHERE m.state IN ('scheduled', 'withdrawn')
    AND (m.state = 'withdrawn' OR m.wanted <> excluded.wanted OR m.patient_id <> excluded.patient_id)
"""

WITHDRAW = """
UPDATE schedule.messages SET state = 'withdrawn', why = 'no_longer_wanted', detail = '', version = version + 1,
    changed_at = $2
WHERE planner = $1 AND patient_id = ANY($3) AND state = 'scheduled' AND id <> ALL($4)
"""

UNWANT_WAKEUPS = """
DELETE FROM schedule.wakeups w WHERE planner = $1 AND patient_id = ANY($2) AND key <> 'replan'
    AND NOT EXISTS (SELECT FROM unnest($3::uuid[], $4::text[]) AS n(patient_id, key)
                    WHERE n.patient_id = w.patient_id AND n.key = w.key)
"""

WANT_WAKEUPS = """
INSERT INTO schedule.wakeups (planner, patient_id, key, at)
SELECT $1, patient_id, key, at FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS n(patient_id, key, at)
ON CONFLICT (planner, patient_id, key) DO UPDATE SET at = excluded.at
"""


# Only what a change of the patient's details can cure: a pause before another attempt stays.
NUDGE = """
UPDATE schedule.messages SET due_at = send_at
WHERE state = 'scheduled' AND patient_id = ANY($1) AND due_at > send_at AND why IN ('paused', 'no_contact',
    'thing_held', 'death_reported', 'number_doubted')
"""

MOVE = (
    "UPDATE schedule.messages SET patient_id = $2 WHERE patient_id = $1",
    "UPDATE schedule.replies SET patient_id = $2 WHERE patient_id = $1",
    "UPDATE schedule.responses SET patient_id = $2 WHERE patient_id = $1",
)


POLICY_CHANGED = """
INSERT INTO schedule.planners AS p (name, policy) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET policy = excluded.policy WHERE p.policy <> excluded.policy
RETURNING name
"""


async def reconcile(connection: Connection, planner: str, plans: Mapping[UUID, Plan], now: datetime) -> None:
    """Hold the plans of locked patients against the schedule, as sets.

    Wanted and new is inserted; wanted and waiting is brought up to date; waiting and no longer wanted is withdrawn, and
    comes back where it is wanted again; claimed or sent is never touched.
    """
    rows = [
        (
            message.id(planner),
            message.key,
            patient,
            message.category,
            message.kind,
            message.template,
            json.dumps(message.says),
            "\n".join(message.places),
            json.dumps(message.data),
            json.dumps([entry.as_json() for entry in message.calendar]) if message.calendar else None,
            message.digest(),
            message.send_at,
            message.expires_at,
            message.urgent_by,
            message.on_unknown,
            message.answers_until,
            message.ask_instead,
            message.reply_to,
        )
        for patient, plan in plans.items()
        for message in plan.messages
    ]
    patients = list(plans)
    await connection.execute(WITHDRAW, planner, now, patients, [row[0] for row in rows])
    if rows:
        await connection.execute(WANT, planner, now, *columns(rows, 18))
    wakeups = [(patient, wakeup.key, wakeup.at) for patient, plan in plans.items() for wakeup in plan.wakeups]
    ids, keys, ats = columns(wakeups, 3)
    await connection.execute(UNWANT_WAKEUPS, planner, patients, ids, keys)
    if wakeups:
        await connection.execute(WANT_WAKEUPS, planner, ids, keys, ats)


async def recheck(connection: Connection, patients: Iterable[UUID]) -> None:
    """Have delivery look again at what waits for these patients: something about them has changed."""
    await connection.execute(NUDGE, list(patients))


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: what the one was told and said, the other was; so are the holds."""
    for move in MOVE:
        await connection.execute(move, absorbed, survivor)
    await connection.execute(MOVE_HOLD, patient_thing(absorbed), patient_thing(survivor))


async def policy_changed(connection: Connection, planner: str, policy: str) -> bool:
    """Note the policy that a planner plans with; whether it is another than the last time."""
    return await connection.fetchval(POLICY_CHANGED, planner, policy) is not None
