"""Opt-outs of numbers and mailboxes. Nothing else writes them, so that none changes without the clinics being told."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from shared.events.topic_names import RESPONSES
from shared.patients import identity, opt_out_events
from shared.patients.opt_out_events import CARRIER, CONCERNS, AddressOptIn, AddressOptOut, Concern, Kept
from shared.patients.person import ALL
from shared.platform import outbox
from shared.platform.clock import Connection
from shared.platform.database import columns

# In one order, so that two replicas that meet the same addresses do not lock each other out.
OPT_OUT = """
INSERT INTO people.opt_outs (address, category, origin, since_at)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[]) AS n(address, category, origin, since_at)
ORDER BY address, category
ON CONFLICT DO NOTHING
RETURNING id, address, category, origin, since_at
"""

OF_ADDRESSES = "SELECT id, address, category, origin, since_at FROM people.opt_outs WHERE address = ANY($1)"

OPT_IN = "DELETE FROM people.opt_outs WHERE id = ANY($1) RETURNING id, address, category, origin, since_at"


async def opt_out(connection: Connection, wanted: Iterable[AddressOptOut], now: datetime) -> list[AddressOptOut]:
    """Keep opt-outs, and tell the clinics of those that are new, in the caller's transaction; the new ones.

    Of two for the same category at one address the first stays, whoever said it.
    """
    first: dict[tuple[bytes, str], AddressOptOut] = {}
    for one in wanted:
        first.setdefault((one.address, one.category), one)
    if not first:
        return []
    rows = [(one.address, one.category, one.origin, one.since_at) for _, one in sorted(first.items())]
    new = [_kept(row) for row in await connection.fetch(OPT_OUT, *columns(rows, 4))]
    await _tell(connection, new, "stopped", now)
    return [kept.opt_out for kept in new]


async def opt_out_by_carrier(connection: Connection, refused: Iterable[tuple[bytes, str]], now: datetime) -> None:
    """Stop everything to addresses of which the carrier says, by a code, that their owners have opted out."""
    wanted = [AddressOptOut(address, ALL, f"{CARRIER} {code}", now) for address, code in refused]
    await opt_out(connection, wanted, now)


async def opt_in(connection: Connection, wanted: Iterable[AddressOptIn], now: datetime) -> None:
    """End the opt-outs that these end, and tell the clinics, in the caller's transaction."""
    asked = list(wanted)
    if not asked:
        return
    there = [_kept(row) for row in await connection.fetch(OF_ADDRESSES, [one.address for one in asked])]
    ended = [kept.number for kept in there if any(one.ends(kept.opt_out) for one in asked)]
    if ended:
        gone = [_kept(row) for row in await connection.fetch(OPT_IN, ended)]
        await _tell(connection, gone, "restarted", now)


async def categories(connection: Connection, addresses: Sequence[bytes]) -> dict[bytes, frozenset[str]]:
    """The categories that are stopped at each of these addresses."""
    found: dict[bytes, set[str]] = {address: set() for address in addresses}
    for row in await connection.fetch(OF_ADDRESSES, addresses):
        found[row["address"]].add(row["category"])
    return {address: frozenset(stopped) for address, stopped in found.items()}


async def _tell(
    connection: Connection, changed: Sequence[Kept], state: Literal["stopped", "restarted"], now: datetime
) -> None:
    if not changed:
        return
    holders = await identity.holders(connection, [kept.opt_out.address for kept in changed])
    patients = sorted({patient for those in holders.values() for patient in those})
    concerns = [Concern(**dict(row)) for row in await connection.fetch(CONCERNS, patients)]
    told = opt_out_events.events(changed, state, holders, concerns, now)
    await outbox.put(connection, RESPONSES, [(one.key, json.dumps(one.event)) for one in told])


def _kept(row: Any) -> Kept:
    return Kept(row["id"], AddressOptOut(row["address"], row["category"], row["origin"], row["since_at"]))
