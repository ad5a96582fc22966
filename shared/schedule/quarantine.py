"""Holds: things of which an event came that could not be read, so that nothing about them is claimed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns

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


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A thing to be held: why, the unreadable event's own time where that could be read, and which record it was."""

    thing: str
    reason: str
    event_at: datetime | None
    record: str


async def hold(connection: Connection, planner: str, holds: Iterable[Quarantine], now: datetime) -> None:
    """Hold things of which an event came that this planner could not take in: nothing of its about them is claimed."""
    by_thing: dict[str, list[Quarantine]] = {}
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


def patient_thing(patient: UUID) -> str:
    """The name under which a patient is held, where an event about the person could not be read."""
    return f"urn:cocreate:patient:{patient}"
