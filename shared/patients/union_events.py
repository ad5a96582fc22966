"""What clinics are told when records become one patient, or part again: each by its own things, and of nobody else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.events.topic_names import RESPONSES
from shared.patients.opt_out_events import concerns, newest_things, things_by_source
from shared.platform import outbox
from shared.platform.clock import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionChange:
    """Records became one patient, or parted.

    Attributes:
        state: which of the two.
        patients: whose they were.
        why: whether a source's record said so, or an operator.
        record: source and thing of the record that said so, where one did: its source is told even of whom nothing is
            planned.

    """

    state: Literal["merged", "parted"]
    patients: Iterable[UUID]
    why: Literal["record", "operator"]
    record: tuple[str, str] | None = None


async def tell(connection: Connection, change: UnionChange, now: datetime) -> None:
    """Tell each source that has things of these patients in the schedule, in the caller's transaction.

    Say it before anything moves: what stands in the schedule is then of whom it was.
    """
    patients = sorted(set(change.patients))
    theirs: dict[str, dict[str, datetime]] = {}
    for known in things_by_source(await concerns(connection, patients)).values():
        for source, things in known.items():
            theirs[source] = theirs.get(source, {}) | things
    if change.record is not None:
        source, thing = change.record
        theirs[source] = theirs.get(source, {}) | {thing: now}
    told = [
        (str(patients[0]), _event(change, patients, newest_things(theirs[one]), one, now)) for one in sorted(theirs)
    ]
    await outbox.put(connection, RESPONSES, told)


def _event(change: UnionChange, patients: list[UUID], things: list[str], source: str, now: datetime) -> str:
    """One source's event; it names neither the patients nor another source."""
    occasion = " ".join(map(str, (change.state, *patients, source, now.isoformat())))
    name = uuid5(NAMESPACE_URL, f"urn:cocreate:{occasion}")
    return json.dumps(
        {
            "specversion": "1.0",
            "id": str(name),
            "source": "urn:cocreate:people",
            "type": f"cocreate.{change.state}.v1",
            "subject": f"{change.state}/{name}",
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "data": {"things": things, "why": change.why, "at": now.isoformat()},
        }
    )
