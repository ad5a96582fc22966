"""Numbers that take no text: nobody's any more, or a landline's. They rank last until a clinic gives them anew.

Known by blind index. The clinics whose patients have such a number hear of it once; nothing tells which number it is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.events.cloudevents import sortable
from shared.events.topic_names import RESPONSES
from shared.patients import identity
from shared.patients.opt_out_events import CONCERNS, ClinicEvent, Concern, newest_things, things_by_source
from shared.platform import outbox
from shared.platform.clock import Connection
from shared.platform.database import columns

# In one order, so that two replicas that meet the same numbers do not lock each other out.
KEEP = """
INSERT INTO people.dead_numbers (address, reason, failed_at)
SELECT address, reason, $3 FROM unnest($1::bytea[], $2::text[]) AS n(address, reason) ORDER BY address
ON CONFLICT DO NOTHING
RETURNING id, address, reason
"""

KNOWN = "SELECT address, failed_at FROM people.dead_numbers WHERE address = ANY($1)"

FORGET = "DELETE FROM people.dead_numbers WHERE address = ANY($1)"


class DeadNumber(StrEnum):
    """Why a number takes no text."""

    NO_SUCH_NUMBER = "no_such_number"
    LANDLINE = "landline"
    NOT_A_MOBILE = "not_a_mobile"


@dataclass(frozen=True, slots=True)
class Failed:
    """A number that has just been found dead, under the number that its record was given."""

    number: int
    address: bytes
    reason: str


async def failed(connection: Connection, found: Iterable[tuple[bytes, DeadNumber]], now: datetime) -> None:
    """Keep that these addresses take no text, and tell the clinics of those that were not known to."""
    first = dict(reversed(list(found)))
    if not first:
        return
    rows = await connection.fetch(KEEP, *columns([(a, r.value) for a, r in sorted(first.items())], 2), now)
    new = [Failed(row["id"], row["address"], row["reason"]) for row in rows]
    if not new:
        return
    holders = await identity.holders(connection, [one.address for one in new])
    patients = sorted({patient for those in holders.values() for patient in those})
    concerns = [Concern(**dict(row)) for row in await connection.fetch(CONCERNS, patients)]
    told = events(new, holders, concerns, now)
    await outbox.put(connection, RESPONSES, [(one.key, json.dumps(one.event)) for one in told])


async def among(connection: Connection, addresses: Iterable[bytes]) -> frozenset[bytes]:
    """Those of these addresses that take no text."""
    return frozenset(row["address"] for row in await connection.fetch(KNOWN, list(addresses)))


async def given_anew(connection: Connection, given: Mapping[bytes, str]) -> None:
    """Forget the failures of addresses that clinics have given since; each with the version of the newest event."""
    rows = await connection.fetch(KNOWN, list(given)) if given else []
    again = [row["address"] for row in rows if given[row["address"]] > sortable(row["failed_at"])]
    if again:
        await connection.execute(FORGET, again)


def events(
    new: Iterable[Failed], holders: Mapping[bytes, Iterable[UUID]], concerns: Iterable[Concern], now: datetime
) -> list[ClinicEvent]:
    """Tell each source that has things of a patient with such a number, by its own things and nobody else's."""
    by_source = things_by_source(concerns)
    return [
        ClinicEvent(str(patient), _event(one, patient, source, newest_things(things), now))
        for one in new
        for patient in sorted(holders.get(one.address, ()))
        for source, things in sorted(by_source.get(patient, {}).items())
    ]


def _event(one: Failed, patient: UUID, source: str, things: list[str], at: datetime) -> Mapping[str, object]:
    name = UUID(hashlib.md5(f"{one.number} {patient} {source}".encode(), usedforsecurity=False).hexdigest())
    return {
        "specversion": "1.0",
        "id": str(name),
        "source": "urn:cocreate:people",
        "type": "cocreate.contact.failed.v1",
        "subject": f"contact-failed/{name}",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"things": things, "channel": "sms", "reason": one.reason, "at": at.isoformat()},
    }
