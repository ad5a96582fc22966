"""The engine that every planner uses: load, decide, apply. One transaction a batch, under its patients' locks.

It decides nothing about patients: an `if` about them is a rule, and rules live with the planner.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clinic import places
from shared.events.cloudevents import Event, Record, Rejected, RejectReason, read
from shared.events.types import EventData
from shared.kafka import batches
from shared.patients import details, identity
from shared.patients.details import ReportedDetails
from shared.patients.identity import Merged, Name
from shared.planning import arrivals, fact_store
from shared.planning.fact_store import NOBODY
from shared.planning.planner import Planner
from shared.platform import clock, faults
from shared.platform.clock import Connection
from shared.platform.database import Pool, is_transient
from shared.rules import facts
from shared.rules.facts import Arrival, Fact
from shared.rules.plan import Facts, Message, Plan
from shared.schedule import patient_replies, quarantine, reconciliation, sent_history, tasks, wakeups
from shared.security.encryption import Encryption
from shared.words.forms import misfits
from shared.words.wording import DoesNotFit

log = logging.getLogger("cocreate.planning")

POSTPONED = timedelta(minutes=5)  # a wake-up that our own fault stops is looked at again, not at once


class Engine:
    """Runs one planner on one database."""

    def __init__(self, planner: Planner[Any], pool: Pool, encryption: Encryption) -> None:
        self.planner = planner
        self._pool = pool
        self._vault = encryption
        self._forms = {form.name: form for form in planner.forms}

    async def start(self) -> None:
        """Plan everybody again where the policy is another than the last time."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await reconciliation.policy_changed(connection, self.planner.name, self.planner.policy_digest()):
                moment = await clock.read(connection)
                everybody = await fact_store.patients(connection, self.planner.name)
                await wakeups.request_replan(
                    connection, ((self.planner.name, patient) for patient in everybody), moment.now
                )

    async def take(self, records: Sequence[Record]) -> list[Rejected]:
        """Take a batch in, and return the records that are no events, each held where its thing could be read.

        Raises:
            OSError, asyncpg.PostgresError: the database is away, try again.

        """
        return await batches.take(records, self._take, self._refuse)

    async def _take(self, records: Sequence[Record]) -> list[Rejected]:
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    return await self._fold(connection, records)
            except Merged as merged:
                await self._wake(merged.patients, due_only=False)

    async def _fold(self, connection: Connection, records: Sequence[Record]) -> list[Rejected]:
        moment = await clock.read(connection)
        results = [read(record, self.planner.topics[record.topic], moment.now) for record in records]
        events = [result for result in results if isinstance(result, Event)]
        rejected = [result for result in results if isinstance(result, Rejected)]
        await quarantine.hold(
            connection, self.planner.name, [hold for r in rejected if (hold := arrivals.hold(r))], moment.now
        )
        if not events:
            return rejected
        await self._take_turns(connection, events)
        arrived = await self._arrivals(connection, events)
        known = await self._lock_and_load(connection, arrived)
        rejected += [] if self.planner.partial else arrivals.of_nothing(arrived, known, records)
        changed = facts.fold(known, arrived)
        shared = {fact.thing for fact in changed if fact.patient_id == NOBODY}
        concerned = await self._concerned(connection, shared)  # before as well: a reunion may name other courses now
        await fact_store.store(connection, self.planner.name, changed)
        concerned |= await self._concerned(connection, shared)
        await wakeups.request_replan(connection, ((self.planner.name, patient) for patient in concerned), moment.now)
        await self._keep_details(connection, events, arrived)
        new = {(fact.thing, fact.version) for fact in changed}
        settled = {e.thing: e.version.time for e in batches.settling(results) if (e.thing, e.version.text) in new}
        await quarantine.release(connection, self.planner.name, settled, moment.now)
        await self._plan(
            connection, _after(known, changed), {fact.patient_id for fact in changed} - {NOBODY}, moment.now
        )
        return rejected

    async def _take_turns(self, connection: Connection, events: Sequence[Event]) -> None:
        """Nobody who refers to what is nobody's own misses a change of it, whichever comes first."""
        if not self.planner.occasions:
            return
        alone = self.planner.before is not None or any(event.kind in self.planner.occasions for event in events)
        if alone or any(fact_store.refers(event.data, event.source) for event in events):
            await fact_store.take_turns(connection, self.planner.name, alone=alone)

    async def _concerned(self, connection: Connection, shared: set[str]) -> set[UUID]:
        return await fact_store.concerned(connection, self.planner.name, shared) if shared else set()

    async def _arrivals(self, connection: Connection, events: Sequence[Event]) -> list[Arrival]:
        own = [event.kind not in self.planner.occasions for event in events]
        names = [arrivals.name(event) if owned else None for event, owned in zip(events, own, strict=True)]
        resolved = await identity.resolve(connection, self._vault, [name for name in names if name is not None])

        def arrival(event: Event, name: Name | None) -> Arrival:
            if event.data is not None and event.kind in self.planner.occasions:
                return Arrival(event, NOBODY, b"", self.planner.says(event.data))
            if name is None:
                return Arrival(event, None, b"", facts.GONE)
            reference = identity.reference(self._vault, name.source, name.id)
            bare = arrivals.without_details(event, reference)
            return Arrival(bare, resolved[reference], reference, self.planner.says(event.data))

        return [arrival(event, name) for event, name in zip(events, names, strict=True)]

    async def _lock_and_load(self, connection: Connection, arrived: Sequence[Arrival]) -> list[Fact]:
        """Lock everybody whom these things concern, those who had them before as well, and read all their facts."""
        things = {arrival.event.thing for arrival in arrived}
        holders = await fact_store.holders(connection, self.planner.name, things)
        patients = {arrival.patient_id for arrival in arrived if arrival.patient_id} | holders
        await identity.lock(connection, patients)
        if not await fact_store.holders(connection, self.planner.name, things) <= patients:
            raise Merged(set())
        return await fact_store.load(connection, self.planner.name, patients, self._shapes)

    async def _keep_details(self, connection: Connection, events: Iterable[Event], arrived: Iterable[Arrival]) -> None:
        spoken = [
            ReportedDetails(a.patient_id, a.reference, embedded=True, version=e.version.text, details=arrivals.owner(e))
            for e, a in zip(events, arrived, strict=True)
            if a.patient_id not in {None, NOBODY}
        ]
        await reconciliation.recheck(connection, await details.speak(connection, self._vault, spoken))

    async def _plan(self, connection: Connection, known: Iterable[Fact], patients: set[UUID], now: datetime) -> None:
        """The whole plan of each of these locked patients, held against the schedule."""
        if not patients:
            return
        registry = await places.load(connection)
        told = await sent_history.told(connection, self.planner.name, patients)
        answered = await patient_replies.load(connection, self._vault, patients)
        done = await tasks.done(connection, self.planner.name, patients)
        occasions = await self._occasions(connection, patients)
        things: dict[UUID, list[Fact]] = {patient: [] for patient in patients}
        for fact in known:
            if fact.patient_id in things:
                things[fact.patient_id].append(fact)
        seen = {
            patient: replace(
                fact_store.facts_of(patient, those, registry),
                replies=answered.get(patient, ()),
                done=done.get(patient, {}),
                occasions=occasions.get(patient, ()),
            )
            for patient, those in things.items()
        }
        if self.planner.before is not None:
            dead = await details.dead(connection, self._vault, patients)
            seen |= {patient: replace(seen[patient], has_died=True) for patient in dead}
            stand = await self.planner.before(connection, seen, now)
            seen = {patient: replace(known, seats=stand.seats.get(patient, {})) for patient, known in seen.items()}
            await wakeups.request_replan(connection, ((self.planner.name, patient) for patient in stand.others), now)
        plans = {
            patient: _asleep(self.planner.plan(seen[patient], told[patient], self.planner.policy), seen[patient])
            for patient in patients
        }
        # nobody calls the family of somebody who has died to ask about a goal
        dead = await details.dead(connection, self._vault, {who for who, plan in plans.items() if plan.errands})
        plans |= {patient: replace(plans[patient], errands=()) for patient in dead}
        self._check(message for plan in plans.values() for message in plan.messages)
        await reconciliation.reconcile(connection, self.planner.name, plans, now)
        await tasks.follow(connection, self.planner.name, plans, now)
        await patient_replies.tell(connection, self.planner.name, plans)

    async def _occasions(self, connection: Connection, patients: set[UUID]) -> dict[UUID, tuple[Fact, ...]]:
        if not self.planner.occasions:
            return {}
        return await fact_store.occasions(connection, self.planner.name, patients, self._shapes)

    def _check(self, messages: Iterable[Message]) -> None:
        """Stop where a rule plans data that its message's words could not be filled with: at the claim it is too late.

        Raises:
            DoesNotFit: a fault of ours; names the message and the fields, and shows nothing that they hold.

        """
        for message in messages:
            form = self._forms.get(message.template)
            wrong = misfits(form, message.data) if form else ("it is not among the planner's forms",)
            if wrong:
                misfit = f"{self.planner.name} plans {message.template}, but {'; '.join(wrong)}"
                log.error("%s", misfit)
                raise DoesNotFit(misfit)

    async def wake(self, limit: int = 200) -> int:
        """Plan the patients whose wake-ups have come; how many there were."""
        async with self._pool.acquire() as connection:
            moment = await clock.read(connection)
            due = await wakeups.due_wakeups(connection, self.planner.name, moment.now, limit)
        patients = {woken.patient_id for woken in due}
        if not patients:
            return 0
        try:
            await self._wake(patients)
        except Exception as error:
            if is_transient(error):
                raise
            log.error("waking %d patients broke: %s", len(patients), faults.where_it_broke(error))  # noqa: TRY400
            for patient in sorted(patients):
                await self._wake_alone(patient)
        return len(patients)

    async def _wake_alone(self, patient: UUID) -> None:
        try:
            await self._wake({patient})
        except Exception as error:
            if is_transient(error):
                raise
            broke = faults.where_it_broke(error)
            log.error("patient %s cannot be planned, nothing of theirs is claimed meanwhile: %s", patient, broke)  # noqa: TRY400
            async with self._pool.acquire() as connection:
                moment = await clock.read(connection)
                await wakeups.postpone(connection, self.planner.name, [patient], moment.later(POSTPONED))

    async def _wake(self, asked: set[UUID], *, due_only: bool = True) -> None:
        """Plan these patients; where `due_only`, without those whose wake-ups another replica has met meanwhile."""
        async with self._pool.acquire() as connection, connection.transaction():
            if self.planner.before is not None:  # who has a place is settled for one batch at a time
                await fact_store.take_turns(connection, self.planner.name, alone=True)
            await identity.lock(connection, asked, merged_too=True)
            moment = await clock.read(connection)
            due = await wakeups.still_due(connection, self.planner.name, moment.now, asked)
            patients = {woken.patient_id for woken in due} if due_only else asked
            if not patients:
                return
            moved_to = await fact_store.rehome(connection, self.planner.name, patients)
            await wakeups.request_replan(connection, ((self.planner.name, patient) for patient in moved_to), moment.now)
            due = await wakeups.still_due(connection, self.planner.name, moment.now, patients)
            await fact_store.store_woken(connection, self.planner.name, [w for w in due if w.key != wakeups.REPLAN])
            await wakeups.replanned(connection, self.planner.name, patients)
            known = await fact_store.load(connection, self.planner.name, patients, self._shapes)
            await self._plan(connection, known, patients, moment.now)

    async def _refuse(self, record: Record, detail: str) -> Rejected:
        """Hold the thing of a record that breaks us."""
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            event = read(record, self.planner.topics[record.topic], moment.now)
            if isinstance(event, Rejected):
                return event
            rejected = Rejected(record, RejectReason.NOT_HANDLED, detail, event.thing, event.version.time)
            await quarantine.hold(
                connection, self.planner.name, [hold for r in (rejected,) if (hold := arrivals.hold(r))], moment.now
            )
            return rejected

    @property
    def _shapes(self) -> dict[str, type[EventData]]:
        return {kind.name: kind.data for kinds in self.planner.topics.values() for kind in kinds.values()}


def _asleep(plan: Plan, seen: Facts) -> Plan:
    """The plan without wake-ups that came already: a rule that still wants them would be woken for ever."""
    return replace(plan, wakeups=tuple(w for w in plan.wakeups if seen.woken.get(w.key) != w.at))


def _after(known: Iterable[Fact], changed: Iterable[Fact]) -> list[Fact]:
    """The facts as they are once the changed ones replace what they were."""
    newest = {(fact.thing, fact.patient_id): fact for fact in known}
    newest.update(((fact.thing, fact.patient_id), fact) for fact in changed)
    return list(newest.values())
