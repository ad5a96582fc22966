"""Texts as they come in: each is kept once, counts as talk for a while, and loses its words in the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.security.encryption import Sealed

KEEP = """
INSERT INTO texts.texts (id, address, patients, received_at, meaning, urgent, after, key_id, sealed, carrier, word)
SELECT id, address, string_to_array(patients, ' ')::uuid[], received_at, meaning, string_to_array(urgent, ' '), after,
    key_id, sealed, carrier, word
FROM unnest($1::text[], $2::bytea[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[], $8::text[],
    $9::bytea[], $10::text[], $11::text[])
    AS n(id, address, patients, received_at, meaning, urgent, after, key_id, sealed, carrier, word)
ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id
"""

# Texts are found by time, in the index of those whose words are kept, as all these are: 3 ms among 100,000, where by a
# hundred patients it took up to 135.
LAST_RECEIVED = """
SELECT patient_id, max(received_at) AS at FROM (
    SELECT unnest(patients) AS patient_id, received_at FROM texts.texts
    WHERE patients && $1::uuid[] AND received_at > $2 AND sealed IS NOT NULL) received
WHERE patient_id = ANY($1) GROUP BY patient_id
"""

# That a text came, from where (a blind index) and what it meant stays: a replay finds that it has been answered.
ERASE = """
UPDATE texts.texts SET sealed = NULL, key_id = NULL
WHERE id IN (SELECT id FROM texts.texts WHERE sealed IS NOT NULL AND received_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
"""


KNOWN = "SELECT id FROM texts.texts WHERE id = ANY($1)"

# One row, which the first look makes: what came before is of no concern to us.
FIRST_LOOK = "INSERT INTO texts.provider_looks (compared_to, next_at) VALUES ($1, $1) ON CONFLICT DO NOTHING"

CLAIM_LOOK = "UPDATE texts.provider_looks SET next_at = $2 WHERE next_at <= $1 RETURNING compared_to"

LOOKED = "UPDATE texts.provider_looks SET compared_to = greatest(compared_to, $1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A text that has come in.

    Attributes:
        address: the blind index of the phone that it came from.
        patients: everybody who has that phone.
        meaning: how the rules read it.
        urgent: ids of the urgent phrases in it.
        after: the message that the phone was last sent before it.
        carrier: what the carrier says that it did about it.
        word: which of the carrier's words it is by our own list.

    """

    id: str
    address: bytes
    patients: tuple[UUID, ...]
    received_at: datetime
    meaning: str
    urgent: tuple[str, ...]
    after: UUID | None
    sealed: Sealed
    carrier: str | None
    word: str | None


async def keep(connection: Connection, texts: Iterable[NewText]) -> set[str]:
    """Keep texts; the ids of those that are new."""
    rows = [
        (
            text.id,
            text.address,
            " ".join(map(str, text.patients)),
            text.received_at,
            text.meaning,
            " ".join(text.urgent),
            text.after,
            text.sealed.key_id,
            text.sealed.ciphertext,
            text.carrier,
            text.word,
        )
        for text in texts
    ]
    return {row["id"] for row in await connection.fetch(KEEP, *columns(rows, 11))}


async def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these texts were kept already, whether or not their words still are."""
    return {row["id"] for row in await connection.fetch(KNOWN, ids)}


async def claim_look(connection: Connection, now: datetime, every: timedelta) -> datetime | None:
    """Up to when the provider's list was compared, where a look is due; None: another replica looks, or it is early."""
    await connection.execute(FIRST_LOOK, now)
    compared_to: datetime | None = await connection.fetchval(CLAIM_LOOK, now, now + every)
    return compared_to


async def looked(connection: Connection, until: datetime) -> None:
    """Keep that the provider's list was compared up to then."""
    await connection.execute(LOOKED, until)


async def last_received(connection: Connection, patients: Iterable[UUID], since: datetime) -> dict[UUID, datetime]:
    """When the last text came from each of these patients, where one came since then."""
    return {row["patient_id"]: row["at"] for row in await connection.fetch(LAST_RECEIVED, list(patients), since)}


async def erase(connection: Connection, before: datetime, limit: int) -> int:
    """Erase the words of texts from before; how many there were, `limit` at most."""
    status: str = await connection.execute(ERASE, before, limit)
    return int(status.rpartition(" ")[2])
