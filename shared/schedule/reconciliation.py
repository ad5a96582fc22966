"""The schedule: what is wanted is held against what stands there, and what was told is read back."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.platform.release import release
from shared.rules.plan import Message, Plan
from shared.schedule import changes, transitions
from shared.schedule.changes import Wanted
from shared.schedule.quarantine import MOVE_HOLD, patient_thing

NOT_WANTED = """
SELECT id FROM schedule.messages WHERE planner = $1 AND patient_id = ANY($2) AND state = 'scheduled' AND id <> ALL($3)
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
WHERE state = 'scheduled' AND patient_id = ANY($1) AND due_at > send_at AND why IN ('paused', 'test_patient',
    'no_contact', 'thing_held', 'death_reported', 'number_doubted', 'records_disagree',
    'death_contested', 'phone_unsafe')
"""

MOVE = (
    "UPDATE schedule.messages SET patient_id = $2 WHERE patient_id = $1",
    "UPDATE schedule.replies SET patient_id = $2 WHERE patient_id = $1",
    "UPDATE schedule.responses SET patient_id = $2 WHERE patient_id = $1",
)


HELD = "SELECT planner, thing FROM schedule.holds WHERE released_at IS NULL AND thing = ANY($1)"

REPLANNING = "SELECT planner, patient_id FROM schedule.wakeups WHERE key = 'replan' AND patient_id = ANY($1)"


POLICY_CHANGED = """
INSERT INTO schedule.planners AS p (name, policy, release) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET policy = excluded.policy, release = excluded.release
WHERE p.policy <> excluded.policy AND p.release <= excluded.release
RETURNING name
"""


async def reconcile(connection: Connection, planner: str, plans: Mapping[UUID, Plan], now: datetime) -> None:
    """Hold the plans of locked patients against the schedule, as sets.

    Wanted and new is inserted; wanted and waiting is brought up to date; waiting and no longer wanted is withdrawn, and
    comes back where it is wanted again; claimed or sent is never touched.
    """
    rows = [wanted(planner, patient, message) for patient, plan in plans.items() for message in plan.messages]
    patients = list(plans)
    gone = await connection.fetch(NOT_WANTED, planner, patients, [row.id for row in rows])
    await changes.apply(connection, [(row["id"], transitions.withdrawn()) for row in gone], now)
    await changes.want(connection, planner, rows, now)
    wakeups = [(patient, wakeup.key, wakeup.at) for patient, plan in plans.items() for wakeup in plan.wakeups]
    ids, keys, ats = columns(wakeups, 3)
    await connection.execute(UNWANT_WAKEUPS, planner, patients, ids, keys)
    if wakeups:
        await connection.execute(WANT_WAKEUPS, planner, ids, keys, ats)


def wanted(planner: str, patient: UUID, message: Message) -> Wanted:
    """A message of this planner to this patient, as the schedule takes it."""
    return Wanted(
        id=message.id(planner),
        key=message.key,
        patient_id=patient,
        category=message.category,
        kind=message.kind,
        template=message.template,
        says=json.dumps(message.says),
        places="\n".join(message.places),
        data=json.dumps(message.data),
        calendar=json.dumps([entry.as_json() for entry in message.calendar]) if message.calendar else None,
        wanted=message.digest(),
        send_at=message.send_at,
        expires_at=message.expires_at,
        urgent_by=message.urgent_by,
        on_unknown=message.on_unknown,
        answers_until=message.answers_until,
        ask_instead=message.ask_instead,
        must_reach=message.must_reach,
        reply_to=message.reply_to,
    )


async def replanning(connection: Connection, patients: Iterable[UUID]) -> dict[UUID, set[str]]:
    """By which planners patients are to be planned again before anything of theirs is claimed."""
    found: dict[UUID, set[str]] = {}
    for row in await connection.fetch(REPLANNING, list(patients)):
        found.setdefault(row["patient_id"], set()).add(row["planner"])
    return found


async def recheck(connection: Connection, patients: Iterable[UUID]) -> None:
    """Have delivery look again at what waits for these patients: something about them has changed."""
    await connection.execute(NUDGE, list(patients))


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: what the one was told and said, the other was; so are the holds."""
    for move in MOVE:
        await connection.execute(move, absorbed, survivor)
    await connection.execute(MOVE_HOLD, patient_thing(absorbed), patient_thing(survivor))


async def held(connection: Connection, things: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Which planners hold which of these things, as (planner, thing)."""
    return frozenset((row["planner"], row["thing"]) for row in await connection.fetch(HELD, list(things)))


async def policy_changed(connection: Connection, planner: str, policy: str) -> bool:
    """Note the policy that a planner plans with; whether it is another than the last time.

    The policy of an older release than the one on record is not noted: everybody would be planned anew by it, and once
    more by the newer one.
    """
    return await connection.fetchval(POLICY_CHANGED, planner, policy, list(release())) is not None
