"""Texts from patients: their words, sealed until they are erased, and what waits until a person has read them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.security.encryption import Encryption, Sealed

TEXT = """
SELECT x.id, x.patients, x.received_at, x.meaning, x.urgent, x.key_id, x.sealed, x.after, m.kind, m.claimed_at,
    coalesce(m.places, '{}') AS places
FROM texts.texts x LEFT JOIN schedule.messages m ON m.id = x.after WHERE x.id = $1
"""

SINCE = """
SELECT x.id FROM texts.texts x JOIN texts.texts f ON f.address = x.address AND x.received_at > f.received_at
WHERE f.id = $1 AND x.urgent <> '{}' ORDER BY x.received_at, x.id LIMIT 20
"""

WHOSE = """
SELECT unnest(x.patients) AS patient_id FROM tasks.tasks t JOIN texts.texts x ON x.id = t.text_id WHERE t.id = $1
"""

HOLDS = "SELECT patient_id, address, kind FROM texts.holds WHERE patient_id = ANY($1)"

# One text may have made others of its kind: what they hold stays held until a person has said of each that it need
# not; `done` of the one means that the clinic's record is being put right, and no duplicate may let go of it.
LIFT = """
DELETE FROM texts.holds h USING tasks.tasks t JOIN texts.texts x ON x.id = t.text_id
WHERE t.id = ANY($1) AND h.kind = t.kind AND (h.address IS NULL OR h.address = x.address)
    AND h.patient_id = ANY(x.patients)
    AND NOT EXISTS (SELECT FROM tasks.tasks o LEFT JOIN texts.texts y ON y.id = o.text_id
                    WHERE o.outcome IS DISTINCT FROM 'not_needed' AND o.kind = h.kind
                        AND (h.patient_id = ANY(y.patients) AND (h.address IS NULL OR h.address = y.address)
                             OR o.text_id IS NULL AND (h.patient_id = o.patient_id OR h.text_id = o.id::text)))
"""

MOVE = """
UPDATE texts.texts SET patients = array_append(array_remove(array_remove(patients, $1), $2), $2)
WHERE patients @> ARRAY[$1::uuid]
"""

MOVE_HOLDS = """
INSERT INTO texts.holds (patient_id, address, kind, text_id, since_at)
SELECT $2, address, kind, text_id, since_at FROM texts.holds WHERE patient_id = $1 ON CONFLICT DO NOTHING
"""

HOLD = """
INSERT INTO texts.holds (patient_id, address, kind, text_id, since_at)
SELECT *, $1 FROM unnest($2::uuid[], $3::bytea[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class TextWords:
    """What somebody texted, from where. Its `repr` shows neither."""

    sender: str = field(repr=False)
    body: str = field(repr=False)
    pictures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """A text as it is kept.

    Attributes:
        patients: everybody who has the phone that it came from.
        meaning: how the rules read it.
        urgent: ids of the urgent phrases in it.
        words: None once they were erased.
        after: kind of the message that the phone was last sent before it, and when that was.
        places: of that message.

    """

    id: str
    patients: tuple[UUID, ...]
    received_at: datetime
    meaning: str
    urgent: tuple[str, ...]
    words: TextWords | None
    after: tuple[str, datetime] | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextHold:
    """What a text holds back: all that goes to a patient, or to one phone of theirs, until a person has read it."""

    patient_id: UUID
    address: bytes | None
    kind: str
    text_id: str


async def hold(connection: Connection, holds: Iterable[TextHold], now: datetime) -> None:
    """Hold back what texts of these patients made doubtful."""
    rows = [(one.patient_id, one.address, one.kind, one.text_id) for one in holds]
    if rows:
        await connection.execute(HOLD, now, *columns(rows, 4))


def seal(encryption: Encryption, text_id: str, words: TextWords) -> Sealed:
    """Words as they are kept."""
    return encryption.seal(json.dumps([words.sender, words.body, words.pictures]), text_id)


def open_words(encryption: Encryption, text_id: str, sealed: Sealed) -> TextWords:
    """Words as they were written.

    Raises:
        VaultError: they were sealed with a key that is not configured.

    """
    return TextWords(*json.loads(encryption.open(sealed, text_id)))


async def load(connection: Connection, encryption: Encryption, text_id: str) -> StoredText | None:
    """A text with its words, for a person who is to read it.

    Raises:
        VaultError: they were sealed with a key that is not configured.

    """
    row = await connection.fetchrow(TEXT, text_id)
    return None if row is None else _text(row, encryption)


async def urgent_since(connection: Connection, encryption: Encryption, text_id: str) -> list[StoredText]:
    """The urgent texts that came from the same phone after this one, the oldest first; twenty at most.

    Raises:
        VaultError: they were sealed with a key that is not configured.

    """
    found = [await load(connection, encryption, row["id"]) for row in await connection.fetch(SINCE, text_id)]
    return [one for one in found if one is not None]


async def holds(connection: Connection, patients: set[UUID]) -> list[tuple[UUID, bytes | None, str]]:
    """What is held for these patients: whom, which phone of theirs (None: whatever goes to them), and why."""
    return [(row["patient_id"], row["address"], row["kind"]) for row in await connection.fetch(HOLDS, list(patients))]


async def whose(connection: Connection, task: UUID) -> set[UUID]:
    """Everybody who has the phone that a task's text came from."""
    return {row["patient_id"] for row in await connection.fetch(WHOSE, task)}


async def lift(connection: Connection, tasks: list[UUID]) -> None:
    """Hold no more what waited for these tasks: a person has closed them, and nothing was wrong."""
    await connection.execute(LIFT, tasks)


async def move(connection: Connection, absorbed: UUID, survivor: UUID) -> None:
    """Two patients turned out to be one: what the one wrote, the other wrote; what held the one, holds both."""
    await connection.execute(MOVE, absorbed, survivor)
    await connection.execute(MOVE_HOLDS, absorbed, survivor)


def _text(row: Any, encryption: Encryption) -> StoredText:
    words = None
    if row["sealed"] is not None:
        words = open_words(encryption, row["id"], Sealed(row["key_id"], row["sealed"]))
    return StoredText(
        id=row["id"],
        patients=tuple(row["patients"]),
        received_at=row["received_at"],
        meaning=row["meaning"],
        urgent=tuple(row["urgent"]),
        words=words,
        after=(row["kind"], row["claimed_at"]) if row["kind"] and row["claimed_at"] else None,
        places=tuple(row["places"]),
    )


# A task without a text holds by its own id: a copy of its hold (`share`) is known by that id as well.
WAITING = """
SELECT h.patient_id FROM texts.holds h JOIN tasks.tasks t ON t.kind = h.kind AND t.text_id IS NULL
WHERE t.id = $1 AND h.address IS NULL AND (h.patient_id = t.patient_id OR h.text_id = t.id::text)
"""

HOLD_FOR = """
INSERT INTO texts.holds (patient_id, address, kind, text_id, since_at)
SELECT patient_id, NULL, kind, id::text, $2 FROM tasks.tasks WHERE id = $1 AND outcome IS DISTINCT FROM 'not_needed'
ON CONFLICT DO NOTHING
"""

# What another task asks about, with a text or without, stays held until that was not needed either, as in `LIFT`.
LIFT_FOR = """
DELETE FROM texts.holds h USING tasks.tasks t
WHERE t.id = $1 AND t.text_id IS NULL AND h.kind = t.kind AND h.address IS NULL
    AND (h.patient_id = t.patient_id OR h.text_id = t.id::text)
    AND NOT EXISTS (SELECT FROM tasks.tasks o LEFT JOIN texts.texts y ON y.id = o.text_id
                    WHERE o.outcome IS DISTINCT FROM 'not_needed' AND o.kind = h.kind AND o.id <> t.id
                        AND (h.patient_id = ANY(y.patients)
                             OR o.text_id IS NULL AND (h.patient_id = o.patient_id OR h.text_id = o.id::text)))
"""

# Only texts that hold: what else the one wrote is not the other's.
SHARE = """
UPDATE texts.texts x SET patients = array_append(array_remove(patients, $2), $2)
WHERE patients @> ARRAY[$1::uuid] AND EXISTS (
    SELECT FROM tasks.tasks t JOIN texts.holds h ON h.kind = t.kind AND (h.address IS NULL OR h.address = x.address)
    WHERE t.text_id = x.id AND h.patient_id = $1)
"""


async def waiting(connection: Connection, task: UUID) -> set[UUID]:
    """Everybody who is held for a task that is about no text."""
    return {row["patient_id"] for row in await connection.fetch(WAITING, task)}


async def hold_for(connection: Connection, task: UUID, now: datetime) -> None:
    """Send nothing to the patient of a task that is about no text, until a person has looked."""
    await connection.execute(HOLD_FOR, task, now)


async def lift_for(connection: Connection, task: UUID) -> None:
    """Hold no more what waited for a task that is about no text; for one that is about a text see `lift`."""
    await connection.execute(LIFT_FOR, task)


async def share(connection: Connection, holder: UUID, other: UUID) -> None:
    """A record of the one is the other's: what holds the one holds both, until the same task lifts it from both."""
    await connection.execute(SHARE, holder, other)
    await connection.execute(MOVE_HOLDS, holder, other)
