"""What clinics are told when a number or a mailbox opts out, or opts in again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.things import source_of
from shared.patients.person import ALL
from shared.platform.clock import Connection

CONCERNS = "SELECT patient_id, planner, thing, last_at FROM schedule.concerns WHERE patient_id = ANY($1)"

OF_TEXTS = "delivery"
"""Whose messages answer texts, and speak of nothing that a clinic has told of."""

MOST_THINGS = 20
"""So many things of its own are enough for a clinic to know who it is."""

# The table keeps origins as text: 'reply', 'unsubscribe', 'carrier' or 'carrier' with the carrier's code.
REPLY = "reply"
UNSUBSCRIBE = "unsubscribe"
CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class AddressOptOut:
    """No more of a category to an address. Where it is `all`, no more of anything.

    Attributes:
        address: its blind index.
        origin: `REPLY`, `UNSUBSCRIBE`, or `CARRIER`, with the carrier's code where it told one.

    """

    address: bytes
    category: str
    origin: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class AddressOptIn:
    """Messages may go to an address again.

    Attributes:
        address: its blind index.
        by_carrier: whether the carrier lets them through again, and so ends what it had stopped.
        by_name: whether every category is meant, and not only what stopped everything.

    """

    address: bytes
    by_carrier: bool
    by_name: bool

    def ends(self, opt_out: AddressOptOut) -> bool:
        """Whether it ends an opt-out: one from that phone or its carrier, never one by a link in a mail."""
        is_theirs = opt_out.origin == REPLY or (self.by_carrier and opt_out.origin.startswith(CARRIER))
        is_meant = self.by_name or opt_out.category == ALL
        return opt_out.address == self.address and is_theirs and is_meant


@dataclass(frozen=True, slots=True)
class Kept:
    """An opt-out on record, under the number that it was given."""

    number: int
    opt_out: AddressOptOut


@dataclass(frozen=True, slots=True)
class Concern:
    """A thing of which something stands in the schedule for a patient, and when the last of it went or is to go."""

    patient_id: UUID
    planner: str
    thing: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ClinicEvent:
    """A CloudEvent for clinics, with its key."""

    key: str
    event: Mapping[str, object]


async def concerns(connection: Connection, patients: Iterable[UUID]) -> list[Concern]:
    """Of which things anything stands in the schedule for these patients."""
    return [Concern(**dict(row)) for row in await connection.fetch(CONCERNS, list(patients))]


def events(
    changed: Iterable[Kept],
    state: Literal["stopped", "restarted"],
    holders: Mapping[bytes, Iterable[UUID]],
    concerns: Iterable[Concern],
    now: datetime,
) -> list[ClinicEvent]:
    """Tell each source that has things of a concerned patient in the schedule, by its own things and nobody else's.

    Where nothing stands in the schedule, no message of a clinic's was stopped, and no clinic is told: what is planned
    later is withheld, and told as that. Each opt-out has a name of its own for each patient and source, and ends under
    that name, whatever other opt-outs there are.

    Args:
        changed: the opt-outs that were added or ended.
        state: which of the two.
        holders: address → everybody who has it now.
        concerns: what stands in the schedule for them.
        now: when this happens, by our clock.

    """
    by_source = things_by_source(concerns)
    told = []
    for kept in changed:
        at = kept.opt_out.since_at if state == "stopped" else max(now, kept.opt_out.since_at)
        for patient in holders.get(kept.opt_out.address, ()):
            for source, things in by_source.get(patient, {}).items():
                name = _name(kept.number, patient, source)
                event = _event(name, kept, state, newest_things(things), at)
                told.append((kept.number, name, ClinicEvent(str(patient), event)))
    return [event for _, _, event in sorted(told, key=lambda one: one[:2])]


def things_by_source(concerns: Iterable[Concern]) -> dict[UUID, dict[str, dict[str, datetime]]]:
    """Patient → source → thing → when the last of it went or is to go."""
    found: dict[UUID, dict[str, dict[str, datetime]]] = {}
    for one in concerns:
        if one.planner != OF_TEXTS:
            things = found.setdefault(one.patient_id, {}).setdefault(source_of(one.thing), {})
            things[one.thing] = max(one.last_at, things.get(one.thing, one.last_at))
    return found


def newest_things(things: Mapping[str, datetime]) -> list[str]:
    """The things of which something stood in the schedule last, as many as a clinic needs to know who it is."""
    return sorted(things, key=lambda thing: (-things[thing].timestamp(), thing))[:MOST_THINGS]


def _name(number: int, patient: UUID, source: str) -> str:
    digest = hashlib.md5(f"{number} {patient} {source}".encode(), usedforsecurity=False)  # a name, as it always was
    return str(UUID(digest.hexdigest()))


def _event(name: str, kept: Kept, state: str, things: list[str], at: datetime) -> Mapping[str, object]:
    return {
        "specversion": "1.0",
        "id": f"{name}/{state}",
        "source": "urn:cocreate:people",
        "type": "cocreate.opt_out.v1",
        "subject": f"opt-out/{name}",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "things": things,
            "category": kept.opt_out.category,
            "state": state,
            "origin": kept.opt_out.origin,
            "at": at.isoformat(),
        },
    }
