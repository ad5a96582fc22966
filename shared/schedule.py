"""The schedule: what is wanted is held against what stands there, and what was told is read back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.rules.plan import Plan, Saying, Told

REPLAN = "replan"
"""The key of a wake-up that no rule asked for: something that it sees has changed. Nothing is claimed until it ran."""


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

DUE_WAKEUPS = "SELECT patient_id, key, at FROM schedule.wakeups WHERE planner = $1 AND at <= $2 ORDER BY at LIMIT $3"

STILL_DUE = "SELECT patient_id, key, at FROM schedule.wakeups WHERE planner = $1 AND at <= $2 AND patient_id = ANY($3)"

REPLANNED = "DELETE FROM schedule.wakeups WHERE planner = $1 AND patient_id = ANY($2) AND key = 'replan'"

POSTPONE = "UPDATE schedule.wakeups SET at = $3 WHERE planner = $1 AND patient_id = ANY($2) AND at < $3"

TOLD = """
SELECT id, patient_id, kind, says, told_at, asked FROM schedule.told WHERE planner = $1 AND patient_id = ANY($2)
ORDER BY told_at, id
"""

WAKE = """
INSERT INTO schedule.wakeups (planner, patient_id, key, at)
SELECT planner, patient_id, 'replan', $3 FROM unnest($1::text[], $2::uuid[]) AS n(planner, patient_id)
ON CONFLICT (planner, patient_id, key) DO UPDATE SET at = least(wakeups.at, excluded.at)
"""

WAKE_EVERYWHERE = """
INSERT INTO schedule.wakeups (planner, patient_id, key, at)
SELECT name, patient_id, 'replan', $2 FROM schedule.planners, unnest($1::uuid[]) AS n(patient_id)
ON CONFLICT (planner, patient_id, key) DO UPDATE SET at = least(wakeups.at, excluded.at)
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

MOVE_HOLD = """
INSERT INTO schedule.holds AS h (thing, planner, reason, event_at, records, held_at)
SELECT $2, planner, reason, event_at, records, held_at FROM schedule.holds WHERE thing = $1 AND released_at IS NULL
ON CONFLICT (thing, planner) DO UPDATE SET reason = excluded.reason, event_at = greatest(h.event_at, excluded.event_at),
    records = h.records || excluded.records, held_at = excluded.held_at, released_at = NULL
"""

# A record that was held for once is never held for again: a replay must not undo what a person or a clinic has mended.
HOLD = """
INSERT INTO schedule.holds AS h (thing, planner, reason, event_at, records, held_at)
SELECT thing, $6, reason, event_at, string_to_array(records, E'\\n'), $5
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS n(thing, reason, event_at, records)
ON CONFLICT (thing, planner) DO UPDATE SET reason = excluded.reason, event_at = greatest(h.event_at, excluded.event_at),
    records = h.records || excluded.records, held_at = excluded.held_at, released_at = NULL
WHERE NOT h.records @> excluded.records
"""

# The next readable event about a thing tells its whole state, so it ends the hold, unless it is older than the
# unreadable one.
RELEASE = """
UPDATE schedule.holds h SET released_at = $3 FROM unnest($1::text[], $2::timestamptz[]) AS n(thing, event_at)
WHERE h.thing = n.thing AND h.planner = $4 AND h.released_at IS NULL
    AND (h.event_at IS NULL OR h.event_at <= n.event_at)
RETURNING h.thing
"""

NUDGE_THINGS = "UPDATE schedule.messages SET due_at = send_at WHERE state = 'scheduled' AND things && $1::text[]"

POLICY_CHANGED = """
INSERT INTO schedule.planners AS p (name, policy) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET policy = excluded.policy WHERE p.policy <> excluded.policy
RETURNING name
"""


@dataclass(frozen=True, slots=True)
class Woken:
    """A wake-up whose moment has come."""

    patient_id: UUID
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A thing to be held: why, the unreadable event's own time where that could be read, and which record it was."""

    thing: str
    reason: str
    event_at: datetime | None
    record: str


async def told(connection: Connection, planner: str, patients: Iterable[UUID]) -> dict[UUID, Told]:
    """What a planner has told these patients."""
    sayings: dict[UUID, dict[str, list[Saying]]] = {patient: {} for patient in patients}
    for row in await connection.fetch(TOLD, planner, list(sayings)):
        for thing, said in json.loads(row["says"]).items():
            saying = Saying(row["id"], row["kind"], row["told_at"], said, row["asked"])
            sayings[row["patient_id"]].setdefault(thing, []).append(saying)
    return {p: Told({thing: tuple(said) for thing, said in things.items()}) for p, things in sayings.items()}


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


async def due_wakeups(connection: Connection, planner: str, now: datetime, limit: int) -> list[Woken]:
    """Wake-ups whose moment has come, the oldest first."""
    return [Woken(*row) for row in await connection.fetch(DUE_WAKEUPS, planner, now, limit)]


async def still_due(connection: Connection, planner: str, now: datetime, patients: Iterable[UUID]) -> list[Woken]:
    """The wake-ups of patients who are locked by now: another replica may have been quicker."""
    return [Woken(*row) for row in await connection.fetch(STILL_DUE, planner, now, list(patients))]


async def replanned(connection: Connection, planner: str, patients: Iterable[UUID]) -> None:
    """These locked patients are being planned again now."""
    await connection.execute(REPLANNED, planner, list(patients))


async def postpone(connection: Connection, planner: str, patients: Iterable[UUID], until: datetime) -> None:
    """Look at these patients' wake-ups later."""
    await connection.execute(POSTPONE, planner, list(patients), until)


async def wake(connection: Connection, pairs: Iterable[tuple[str, UUID]], now: datetime) -> None:
    """Have (planner, patient) planned again before anything of theirs is claimed."""
    rows = sorted(set(pairs))
    await connection.execute(WAKE, [planner for planner, _ in rows], [patient for _, patient in rows], now)


async def wake_everywhere(connection: Connection, patients: Iterable[UUID], now: datetime) -> None:
    """Have these patients planned again by every planner."""
    await connection.execute(WAKE_EVERYWHERE, sorted(set(patients)), now)


async def nudge(connection: Connection, patients: Iterable[UUID]) -> None:
    """Have delivery look again at what waits for these patients: something about them has changed."""
    await connection.execute(NUDGE, list(patients))


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: what the one was told and said, the other was; so are the holds."""
    for move in MOVE:
        await connection.execute(move, absorbed, survivor)
    await connection.execute(MOVE_HOLD, patient_thing(absorbed), patient_thing(survivor))


async def hold(connection: Connection, planner: str, holds: Iterable[Hold], now: datetime) -> None:
    """Hold things of which an event came that this planner could not take in: nothing of its about them is claimed."""
    by_thing: dict[str, list[Hold]] = {}
    for one in holds:
        by_thing.setdefault(one.thing, []).append(one)
    rows = [
        (thing, those[-1].reason, those[-1].event_at, "\n".join(one.record for one in those))
        for thing, those in by_thing.items()
    ]
    if rows:
        await connection.execute(HOLD, *columns(rows, 4), now, planner)


async def release(connection: Connection, planner: str, things: Mapping[str, datetime], now: datetime) -> None:
    """End this planner's holds of things of which it took in an event, given with its time."""
    released = await connection.fetch(RELEASE, list(things), list(things.values()), now, planner)
    if released:
        await connection.execute(NUDGE_THINGS, [row["thing"] for row in released])


async def policy_changed(connection: Connection, planner: str, policy: str) -> bool:
    """Note the policy that a planner plans with; whether it is another than the last time."""
    return await connection.fetchval(POLICY_CHANGED, planner, policy) is not None


def patient_thing(patient: UUID) -> str:
    """The name under which a patient is held, where an event about the person could not be read."""
    return f"urn:cocreate:patient:{patient}"
