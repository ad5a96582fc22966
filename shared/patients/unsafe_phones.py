"""Phones that somebody else may read: nothing goes there, for whoever has them, until an operator lifts that.

Known by blind index. Closing a task lifts nothing, nor does a text from that phone, whoever writes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.patients import identity
from shared.platform.clock import Connection
from shared.platform.database import columns

# In one order, so that two replicas that meet the same phones do not lock each other out.
HOLD = """
INSERT INTO people.unsafe_phones (address, reported_by, since_at)
SELECT address, reported_by, $3 FROM unnest($1::bytea[], $2::text[]) AS n(address, reported_by) ORDER BY address
ON CONFLICT (address) WHERE lifted_at IS NULL DO NOTHING
"""

# What a clinic says of one patient's phone holds for everybody who has it.
KNOWN = """
SELECT address FROM people.unsafe_phones WHERE address = ANY($1) AND lifted_at IS NULL
UNION SELECT address FROM people.addresses WHERE address = ANY($1) AND NOT safe_to_text
"""

LIST = """
SELECT u.id, u.reported_by, u.since_at, u.lifted_at, u.lifted_by, u.lifted_because,
    array_remove(array_agg(a.patient_id ORDER BY a.patient_id), NULL) AS patients
FROM people.unsafe_phones u LEFT JOIN people.addresses a ON a.address = u.address
WHERE u.lifted_at IS NULL OR $1 GROUP BY u.id ORDER BY u.since_at, u.id
"""

ADDRESS = "SELECT address FROM people.unsafe_phones WHERE id = $1 AND lifted_at IS NULL"

LIFT = """
UPDATE people.unsafe_phones SET lifted_at = $4, lifted_by = $2, lifted_because = $3
WHERE address = $1 AND lifted_at IS NULL RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsafeRecord:
    """A phone that was said to be unsafe, and who lifted that and why, where somebody has.

    Attributes:
        id: its number in the list; the phone itself is not kept.
        reported_by: the id of the text that said so, or an operator and their reason.
        patients: everybody who has the phone now.

    """

    id: int
    reported_by: str
    since_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_because: str | None
    patients: tuple[UUID, ...]


async def hold(connection: Connection, reported: Mapping[bytes, str], now: datetime) -> None:
    """Send nothing to these phones from now on; each with the text or the operator that says why."""
    if reported:
        await connection.execute(HOLD, *columns(sorted(reported.items()), 2), now)


async def among(connection: Connection, addresses: Iterable[bytes]) -> frozenset[bytes]:
    """Those of these phones that somebody else may read, as a text, an operator or a clinic says."""
    return frozenset(row["address"] for row in await connection.fetch(KNOWN, list(addresses)))


async def known(connection: Connection, *, lifted_too: bool = False) -> list[UnsafeRecord]:
    """Every unsafe phone, the oldest report first; on request those that were lifted as well."""
    rows = await connection.fetch(LIST, lifted_too)
    return [UnsafeRecord(**{**row, "patients": tuple(row["patients"])}) for row in rows]


async def numbered(connection: Connection, number: int) -> bytes | None:
    """The blind index of the unsafe phone with this number in the list."""
    address: bytes | None = await connection.fetchval(ADDRESS, number)
    return address


async def lift(connection: Connection, address: bytes, by: str, because: str, now: datetime) -> bool:
    """Let messages go to this phone again, in the caller's transaction; False where nothing held it."""
    return bool(await connection.fetch(LIFT, address, by, because, now))


async def lock_holders(connection: Connection, addresses: Sequence[bytes]) -> set[UUID]:
    """Lock everybody who has these phones; who they are."""
    holders = {patient for those in (await identity.holders(connection, addresses)).values() for patient in those}
    await identity.lock(connection, holders, merged_too=True)
    return holders
