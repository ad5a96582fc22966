"""The engine that every planner uses: load, decide, apply. One transaction a batch, under its patients' locks.

It decides nothing about patients: an `if` about them is a rule, and rules live with the planner.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared import arrivals, batches, clock, conversation, details, fact_table, facts, people, places, schedule, tasks
from shared.clock import Connection
from shared.database import Pool, passes
from shared.details import Spoken
from shared.events import Event, Kind, Record, Rejected, RejectReason, read
from shared.facts import Arrival, Fact
from shared.people import Merged, Name
from shared.plan import Facts, Message, Plan, Told
from shared.vault import Vault
from shared.wire import Wire
from shared.words.forms import Form, misfits
from shared.words.wording import DoesNotFit

log = logging.getLogger("cocreate.planning")

P = TypeVar("P")
POSTPONED = timedelta(minutes=5)  # a wake-up that our own fault stops is looked at again, not at once


@dataclass(frozen=True)
class Planner(Generic[P]):
    """Everything that makes a planner: what it reads, its rule, and its words.

    Attributes:
        name: its PostgreSQL schema and consumer group.
        topics: topic → CloudEvent type → kind of thing; every kind's data is `shared.arrivals.Owned`.
        plan: the rule.
        says: what a patient would be told of a thing in this state: where it differs, the thing has changed for them.
        policy: the rule's numbers.
        words: folder of its templates.
        forms: what each of its messages may say: a plan's data is held against them.
        partial: whether it takes only some of the things that its topics tell of: that another is gone is no fault.
        revision: of the rule itself; raise it when the rule or the data that it plans changes.

    """

    name: str
    topics: Mapping[str, Mapping[str, Kind[Any]]]
    plan: Callable[[Facts, Told, P], Plan]
    says: Callable[[Any], str]
    policy: P
    words: Path
    forms: tuple[Form, ...]
    partial: bool = False
    revision: int = 1

    def policy_digest(self) -> str:
        """The policy and the rule's revision as text: another one means that everybody is planned again."""
        return f"{self.revision} {self.policy!r}"


class Engine:
    """Runs one planner on one database."""

    def __init__(self, planner: Planner[Any], pool: Pool, vault: Vault) -> None:
        self.planner = planner
        self._pool = pool
        self._vault = vault
        self._forms = {form.name: form for form in planner.forms}

    async def start(self) -> None:
        """Plan everybody again where the policy is another than the last time."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await schedule.policy_changed(connection, self.planner.name, self.planner.policy_digest()):
                moment = await clock.read(connection)
                everybody = await fact_table.patients(connection, self.planner.name)
                await schedule.wake(connection, ((self.planner.name, patient) for patient in everybody), moment.now)

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
                await self._wake(merged.patients)

    async def _fold(self, connection: Connection, records: Sequence[Record]) -> list[Rejected]:
        moment = await clock.read(connection)
        results = [read(record, self.planner.topics[record.topic], moment.now) for record in records]
        events = [result for result in results if isinstance(result, Event)]
        rejected = [result for result in results if isinstance(result, Rejected)]
        await schedule.hold(
            connection, self.planner.name, [hold for r in rejected if (hold := arrivals.hold(r))], moment.now
        )
        if not events:
            return rejected
        arrived = await self._arrivals(connection, events)
        known = await self._lock_and_load(connection, arrived)
        rejected += [] if self.planner.partial else arrivals.of_nothing(arrived, known, records)
        changed = facts.fold(known, arrived)
        await fact_table.store(connection, self.planner.name, changed)
        await self._keep_details(connection, events, arrived)
        new = {(fact.thing, fact.version) for fact in changed}
        settled = {e.thing: e.version.time for e in batches.settling(results) if (e.thing, e.version.text) in new}
        await schedule.release(connection, self.planner.name, settled, moment.now)
        await self._plan(connection, _after(known, changed), {fact.patient_id for fact in changed}, moment.now)
        return rejected

    async def _arrivals(self, connection: Connection, events: Sequence[Event]) -> list[Arrival]:
        names = [arrivals.name(event) for event in events]
        resolved = await people.resolve(connection, self._vault, [name for name in names if name is not None])

        def arrival(event: Event, name: Name | None) -> Arrival:
            if name is None:
                return Arrival(event, None, b"", facts.GONE)
            reference = people.reference(self._vault, name.source, name.id)
            bare = arrivals.without_details(event, reference)
            return Arrival(bare, resolved[reference], reference, self.planner.says(event.data))

        return [arrival(event, name) for event, name in zip(events, names, strict=True)]

    async def _lock_and_load(self, connection: Connection, arrived: Sequence[Arrival]) -> list[Fact]:
        """Lock everybody whom these things concern, those who had them before as well, and read all their facts."""
        things = {arrival.event.thing for arrival in arrived}
        holders = await fact_table.holders(connection, self.planner.name, things)
        patients = {arrival.patient_id for arrival in arrived if arrival.patient_id} | holders
        await people.lock(connection, patients)
        if not await fact_table.holders(connection, self.planner.name, things) <= patients:
            raise Merged(set())
        return await fact_table.load(connection, self.planner.name, patients, self._shapes)

    async def _keep_details(self, connection: Connection, events: Iterable[Event], arrived: Iterable[Arrival]) -> None:
        spoken = [
            Spoken(a.patient_id, a.reference, embedded=True, version=e.version.text, details=arrivals.owner(e))
            for e, a in zip(events, arrived, strict=True)
            if a.patient_id is not None
        ]
        await schedule.nudge(connection, await details.speak(connection, self._vault, spoken))

    async def _plan(self, connection: Connection, known: Iterable[Fact], patients: set[UUID], now: datetime) -> None:
        """The whole plan of each of these locked patients, held against the schedule."""
        if not patients:
            return
        registry = await places.load(connection)
        told = await schedule.told(connection, self.planner.name, patients)
        answered = await conversation.load(connection, self._vault, patients)
        done = await tasks.done(connection, self.planner.name, patients)
        things: dict[UUID, list[Fact]] = {patient: [] for patient in patients}
        for fact in known:
            if fact.patient_id in things:
                things[fact.patient_id].append(fact)
        seen = {
            patient: replace(
                fact_table.facts_of(patient, those, registry),
                replies=answered.get(patient, ()),
                done=done.get(patient, {}),
            )
            for patient, those in things.items()
        }
        plans = {
            patient: _asleep(self.planner.plan(seen[patient], told[patient], self.planner.policy), seen[patient])
            for patient in patients
        }
        # nobody calls the family of somebody who has died to ask about a goal
        dead = await details.dead(connection, self._vault, {who for who, plan in plans.items() if plan.errands})
        plans |= {patient: replace(plans[patient], errands=()) for patient in dead}
        self._check(message for plan in plans.values() for message in plan.messages)
        await schedule.reconcile(connection, self.planner.name, plans, now)
        await tasks.follow(connection, self.planner.name, plans, now)
        await conversation.tell(connection, self.planner.name, plans)

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
            due = await schedule.due_wakeups(connection, self.planner.name, moment.now, limit)
        patients = {woken.patient_id for woken in due}
        if not patients:
            return 0
        try:
            await self._wake(patients)
        except Exception as error:
            if passes(error):
                raise
            log.error("waking %d patients broke: %s", len(patients), batches.where_it_broke(error))  # noqa: TRY400
            for patient in sorted(patients):
                await self._wake_alone(patient)
        return len(patients)

    async def _wake_alone(self, patient: UUID) -> None:
        try:
            await self._wake({patient})
        except Exception as error:
            if passes(error):
                raise
            broke = batches.where_it_broke(error)
            log.error("patient %s cannot be planned, nothing of theirs is claimed meanwhile: %s", patient, broke)  # noqa: TRY400
            async with self._pool.acquire() as connection:
                moment = await clock.read(connection)
                await schedule.postpone(connection, self.planner.name, [patient], moment.later(POSTPONED))

    async def _wake(self, patients: set[UUID]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await people.lock(connection, patients, merged_too=True)
            moment = await clock.read(connection)
            moved_to = await fact_table.rehome(connection, self.planner.name, patients)
            await schedule.wake(connection, ((self.planner.name, patient) for patient in moved_to), moment.now)
            due = await schedule.still_due(connection, self.planner.name, moment.now, patients)
            await fact_table.store_woken(connection, self.planner.name, [w for w in due if w.key != schedule.REPLAN])
            await schedule.replanned(connection, self.planner.name, patients)
            known = await fact_table.load(connection, self.planner.name, patients, self._shapes)
            await self._plan(connection, known, patients, moment.now)

    async def _refuse(self, record: Record, detail: str) -> Rejected:
        """Hold the thing of a record that breaks us."""
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            event = read(record, self.planner.topics[record.topic], moment.now)
            if isinstance(event, Rejected):
                return event
            rejected = Rejected(record, RejectReason.NOT_HANDLED, detail, event.thing, event.version.time)
            await schedule.hold(
                connection, self.planner.name, [hold for r in (rejected,) if (hold := arrivals.hold(r))], moment.now
            )
            return rejected

    @property
    def _shapes(self) -> dict[str, type[Wire]]:
        return {kind.name: kind.data for kinds in self.planner.topics.values() for kind in kinds.values()}


def _asleep(plan: Plan, seen: Facts) -> Plan:
    """The plan without wake-ups that came already: a rule that still wants them would be woken for ever."""
    return replace(plan, wakeups=tuple(w for w in plan.wakeups if seen.woken.get(w.key) != w.at))


def _after(known: Iterable[Fact], changed: Iterable[Fact]) -> list[Fact]:
    """The facts as they are once the changed ones replace what they were."""
    newest = {(fact.thing, fact.patient_id): fact for fact in known}
    newest.update(((fact.thing, fact.patient_id), fact) for fact in changed)
    return list(newest.values())
