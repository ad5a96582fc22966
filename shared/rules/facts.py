"""Facts: the newest state of each thing. An older event, or a repeated one, does not replace a newer state."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.events.cloudevents import Event
from shared.events.types import EventData

GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The newest state of one thing of one patient.

    Attributes:
        reference: blind index of the patient at the source.
        version: sorts in the order of versions; see `shared.events.cloudevents.Version`.
        seen: ids of the events with this version's time.
        first_at: time of the earliest event.
        since_at: time of the event since which the digest has been as it is.
        digest: digest of the content that a patient would be sent.
        holders_before: the number of patients who had this thing before this one.
        data: the state; None where it is gone from this patient.

    """

    thing: str
    patient_id: UUID
    reference: bytes
    source: str
    kind: str
    version: str
    seen: tuple[str, ...]
    first_at: datetime
    since_at: datetime
    digest: str
    holders_before: int
    data: EventData | None

    @property
    def was_changed(self) -> bool:
        """Whether the content that a patient would be sent has ever changed."""
        return self.since_at > self.first_at


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, its patient (None where the thing is gone), and the digest of what that patient would be sent."""

    event: Event
    patient_id: UUID | None
    reference: bytes
    digest: str


def fold(known: Iterable[Fact], arrivals: Iterable[Arrival]) -> tuple[Fact, ...]:
    """The facts that these arrivals change, as they are afterwards.

    In any order of arrival the newest state results, with the time of the earliest event; `since_at` is exact only
    where events arrive in order, which a topic keeps for each key.
    """
    before: dict[tuple[str, UUID], Fact] = {(fact.thing, fact.patient_id): fact for fact in known}
    by_thing: dict[str, dict[UUID, Fact]] = {}
    for fact in before.values():
        by_thing.setdefault(fact.thing, {})[fact.patient_id] = fact
    for arrival in arrivals:
        rows = by_thing.setdefault(arrival.event.thing, {})
        rows.update((fact.patient_id, fact) for fact in _folded(rows, arrival))
    after = (fact for rows in by_thing.values() for fact in rows.values())
    return tuple(fact for fact in after if before.get((fact.thing, fact.patient_id)) != fact)


def _folded(rows: dict[UUID, Fact], arrival: Arrival) -> list[Fact]:
    event = arrival.event
    newest = max(rows.values(), key=lambda fact: fact.version, default=None)
    own = rows.get(arrival.patient_id) if arrival.patient_id else None
    if newest is not None and not _is_newer(event, newest):
        return [] if own is None else _came_late(own, arrival)
    left = [_gone(fact, event) for fact in rows.values() if fact is not own]
    if arrival.patient_id is None or event.data is None:
        return left
    seen = _seen(event, newest)
    if own is not None:
        return [*left, _renewed(own, arrival, seen)]
    return [*left, _first_known(arrival, arrival.patient_id, seen, _next_holder(rows.values()))]


def _next_holder(rows: Iterable[Fact]) -> int:
    return max((fact.holders_before for fact in rows), default=-1) + 1


def _first_known(arrival: Arrival, patient_id: UUID, seen: tuple[str, ...], holders_before: int) -> Fact:
    """A thing that this patient did not have before; `holder`: how many others did."""
    event = arrival.event
    return Fact(
        thing=event.thing,
        patient_id=patient_id,
        reference=arrival.reference,
        source=event.source,
        kind=event.kind,
        version=event.version.text,
        seen=seen,
        first_at=event.version.time,
        since_at=event.version.time,
        digest=arrival.digest,
        holders_before=holders_before,
        data=event.data,
    )


def _renewed(own: Fact, arrival: Arrival, seen: tuple[str, ...]) -> Fact:
    """The newest state of a thing that this patient had; what they would be told may be the same."""
    event = arrival.event
    return replace(
        own,
        reference=arrival.reference,
        source=event.source,
        kind=event.kind,
        version=event.version.text,
        seen=seen,
        since_at=own.since_at if own.digest == arrival.digest else event.version.time,
        digest=arrival.digest,
        data=event.data,
    )


def _came_late(own: Fact, arrival: Arrival) -> list[Fact]:
    """Fold an older event, which changes only since when the thing, and its present content, has been known."""
    time = arrival.event.version.time
    if time >= own.first_at:
        return []
    never_changed = not own.was_changed and own.digest == arrival.digest
    return [replace(own, first_at=time, since_at=time if never_changed else own.since_at)]


def _is_newer(event: Event, newest: Fact) -> bool:
    again = event.id in newest.seen and _time(event.version.text) == _time(newest.version)
    return event.version.text > newest.version and not again


def _gone(fact: Fact, event: Event) -> Fact:
    since = fact.since_at if fact.data is None else event.version.time
    seen = _seen(event, fact)
    return replace(fact, data=None, digest=GONE, since_at=since, version=event.version.text, seen=seen)


def _seen(event: Event, newest: Fact | None) -> tuple[str, ...]:
    same_time = newest is not None and _time(newest.version) == _time(event.version.text)
    return (*newest.seen, event.id) if newest is not None and same_time else (event.id,)


def _time(version: str) -> str:
    return version.partition("|")[0]
