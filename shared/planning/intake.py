"""The intake of a planner: events and wake-ups are folded into its facts, under the locks of whom they concern."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events.cloudevents import Event, Rejected
from shared.kafka.batches import Batch
from shared.patients import details, erasures, identity
from shared.patients.identity import Merged, Name
from shared.patients.unreadable import unreadable
from shared.planning import arrivals, fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.planning.planner import Planner
from shared.platform.clock import Connection
from shared.rules import facts
from shared.rules.facts import Arrival, Fact
from shared.schedule import quarantine, reconciliation, told_to_come, unread_details, wakeups
from shared.schedule.unread_details import UnreadDetails
from shared.security.encryption import Encryption


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch, or wake-ups, made of a planner's facts.

    Attributes:
        patients: everybody to be planned; they are locked.
        facts: all that is known of them, as it is now; may hold facts of others.
        now: the moment.
        rejected: the records that could not be taken in.

    """

    patients: frozenset[UUID]
    facts: tuple[Fact, ...]
    now: datetime
    rejected: tuple[Rejected, ...] = ()


class Intake:
    """Folds what one planner hears into its facts."""

    def __init__(self, planner: Planner[Any], encryption: Encryption) -> None:
        self._planner = planner
        self._encryption = encryption
        self._shapes = planner.shapes

    async def fold(self, connection: Connection, batch: Batch) -> Folded:
        """Fold a batch of events; hold what its unreadable records are about.

        Raises:
            Merged: see `shared.kafka.consumer.Handler`.

        """
        name, now = self._planner.name, batch.moment.now
        events = await erasures.since(connection, batch.events, self._reference)
        holds = [hold for rejected in batch.rejected if (hold := arrivals.hold(rejected))]
        await quarantine.hold(connection, name, holds, now)
        if not events:
            return Folded(frozenset(), (), now, tuple(batch.rejected))
        await self._take_turns(connection, events)
        arrived = await self._arrivals(connection, events)
        known = await self._lock_and_load(connection, arrived)
        changed = facts.fold(known, arrived)
        await self._store(connection, changed, now)
        await self._keep_details(connection, events, arrived, now)
        await self._release(connection, batch, changed)
        unknown = [] if self._planner.partial else arrivals.of_nothing(arrived, known, batch.records)
        concerned = frozenset(fact.patient_id for fact in changed) - {NO_PATIENT}
        return Folded(concerned, _after(known, changed), now, (*batch.rejected, *unknown))

    async def fold_wakeups(self, connection: Connection, patients: Iterable[UUID], now: datetime) -> Folded:
        """Fold the wake-ups of these locked patients that are due. Facts of whom they no longer mean go along."""
        name, woken = self._planner.name, frozenset(patients)
        moved_to = await fact_store.rehome(connection, name, woken)
        await wakeups.request_replan(connection, ((name, patient) for patient in moved_to), now)
        due = await wakeups.still_due(connection, name, now, woken)
        await fact_store.store_woken(connection, name, [one for one in due if one.key != wakeups.REPLAN])
        await wakeups.replanned(connection, name, woken)
        return Folded(woken, tuple(await fact_store.load(connection, name, woken, self._shapes)), now)

    async def _take_turns(self, connection: Connection, events: Sequence[Event]) -> None:
        """Nobody who refers to what is nobody's own misses a change of it, whichever comes first."""
        planner = self._planner
        if not planner.shared_kinds:
            return
        alone = planner.before is not None or any(event.kind in planner.shared_kinds for event in events)
        if alone or any(fact_store.refers(event.data, event.source) for event in events):
            await fact_store.take_turns(connection, planner.name, alone=alone)

    def _reference(self, event: Event) -> bytes | None:
        """By which reference an event is about a patient; None where it is about nobody."""
        name = arrivals.name(event, self._planner)
        return None if name is None else identity.reference(self._encryption, name.source, name.id)

    async def _arrivals(self, connection: Connection, events: Sequence[Event]) -> list[Arrival]:
        """Whose each thing is, by the names that its source has for patients."""
        names = [arrivals.name(event, self._planner) for event in events]
        known = await identity.resolve(connection, self._encryption, [name for name in names if name is not None])
        return [self._arrival(event, name, known) for event, name in zip(events, names, strict=True)]

    def _arrival(self, event: Event, name: Name | None, known: Mapping[bytes, UUID]) -> Arrival:
        if name is None:
            return arrivals.arrival(event, self._planner, None)
        reference = identity.reference(self._encryption, name.source, name.id)
        return arrivals.arrival(event, self._planner, (known[reference], reference))

    async def _lock_and_load(self, connection: Connection, arrived: Sequence[Arrival]) -> list[Fact]:
        """Lock everybody whom these things concern, those who had them before as well, and read all their facts."""
        name, things = self._planner.name, {arrival.event.thing for arrival in arrived}
        holders = await fact_store.holders(connection, name, things)
        patients = {arrival.patient_id for arrival in arrived if arrival.patient_id} | holders
        await identity.lock(connection, patients)
        if not await fact_store.holders(connection, name, things) <= patients:
            raise Merged(set())
        return await fact_store.load(connection, name, patients, self._shapes)

    async def _store(self, connection: Connection, changed: Sequence[Fact], now: datetime) -> None:
        """Keep facts, and have everybody planned again whom a change of what is nobody's own concerns."""
        name, shared = self._planner.name, {fact.thing for fact in changed if fact.patient_id == NO_PATIENT}
        if not shared:
            await fact_store.store(connection, name, changed)
            return
        before = await fact_store.concerned(connection, name, shared)  # a reunion may name other courses now
        await fact_store.store(connection, name, changed)
        concerned = before | await fact_store.concerned(connection, name, shared)
        await wakeups.request_replan(connection, ((name, patient) for patient in concerned), now)

    async def _keep_details(
        self, connection: Connection, events: Sequence[Event], arrived: Sequence[Arrival], now: datetime
    ) -> None:
        both = tuple(zip(events, arrived, strict=True))
        spoken = [told for event, arrival in both if (told := arrivals.reported(event, arrival)) is not None]
        heard = await details.speak(connection, self._encryption, spoken, now)
        if heard.patients:
            await reconciliation.recheck(connection, heard.patients)
        if heard.otherwise:  # another planner may have planned by it
            await wakeups.request_replan_everywhere(connection, heard.otherwise, now)
        await told_to_come.ask(connection, self._encryption, heard.died, now)
        unread = [
            UnreadDetails(a.patient_id, a.reference, e.thing, e.version.time, left_out)
            for e, a in both
            if a.patient_id is not None and (left_out := unreadable(e.data))
        ]
        await unread_details.tell(connection, unread)

    async def _release(self, connection: Connection, batch: Batch, changed: Iterable[Fact]) -> None:
        """End the holds of things of which something new could be read."""
        new = {(fact.thing, fact.version) for fact in changed}
        settled = {e.thing: e.version.time for e in batch.settling() if (e.thing, e.version.text) in new}
        if settled:
            await quarantine.release(connection, self._planner.name, settled, batch.moment.now)


def _after(known: Iterable[Fact], changed: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts as they are once the changed ones replace what they were."""
    newest = {(fact.thing, fact.patient_id): fact for fact in known}
    newest.update(((fact.thing, fact.patient_id), fact) for fact in changed)
    return tuple(newest.values())
