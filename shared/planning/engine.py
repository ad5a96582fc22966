"""The engine that every planner uses: load, decide, apply. One transaction a batch, under its patients' locks.

It decides nothing about patients: an `if` about them is a rule, and rules live with the planner, or, where they hold
for every planner, in `shared.planning.decide`.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clinic import places
from shared.events.cloudevents import Event, Record, Rejected, read
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients import details, identity
from shared.patients.traits import Traits
from shared.planning import fact_store
from shared.planning.decide import PlanningInput, decide
from shared.planning.intake import Folded, Intake
from shared.planning.planner import Planner
from shared.platform import clock
from shared.platform.clock import Connection
from shared.platform.database import Pool, is_transient
from shared.platform.faults import where_it_broke
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Plan
from shared.schedule import patient_replies, reconciliation, sent_history, tasks, wakeups
from shared.security.encryption import Encryption
from shared.words.forms import misfits
from shared.words.wording import DoesNotFit

log = logging.getLogger("cocreate.planning")

POSTPONED = timedelta(minutes=5)  # a wake-up that our own fault stops is looked at again, not at once


class Engine:
    """Runs one planner on one database."""

    def __init__(self, planner: Planner[Any], pool: Pool, encryption: Encryption) -> None:
        self.planner = planner
        self.take = Consumer(pool, self, merged=self._plan_merged).take
        self._pool = pool
        self._encryption = encryption
        self._intake = Intake(planner, encryption)

    async def start(self) -> None:
        """Plan everybody again where the policy is another than the last time."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await reconciliation.policy_changed(connection, self.planner.name, self.planner.policy_digest()):
                moment = await clock.read(connection)
                everybody = await fact_store.patients(connection, self.planner.name)
                await wakeups.request_replan(
                    connection, ((self.planner.name, patient) for patient in everybody), moment.now
                )

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """What a record of this planner's topics says."""
        return read(record, self.planner.topics[record.topic], now)

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Fold a batch of events into facts, and plan everybody of whom something is new; what was refused."""
        folded = await self._intake.fold(connection, batch)
        known = await load(connection, self._encryption, self.planner, folded)
        plans = decide(self.planner, known)
        await apply(connection, self.planner, plans, folded.now)
        return list(folded.rejected)

    async def wake(self, limit: int = 200) -> int:
        """Plan the patients whose wake-ups have come; how many there were."""
        async with self._pool.acquire() as connection:
            moment = await clock.read(connection)
            due = await wakeups.due_wakeups(connection, self.planner.name, moment.now, limit)
        patients = {woken.patient_id for woken in due}
        if not patients:
            return 0
        try:
            await self._plan_woken(patients)
        except Exception as error:
            if is_transient(error):
                raise
            log.error("waking %d patients broke: %s", len(patients), where_it_broke(error))  # noqa: TRY400
            for patient in sorted(patients):
                await self._wake_alone(patient)
        return len(patients)

    async def _wake_alone(self, patient: UUID) -> None:
        try:
            await self._plan_woken({patient})
        except Exception as error:
            if is_transient(error):
                raise
            broke = where_it_broke(error)
            log.error("patient %s cannot be planned, nothing of theirs is claimed meanwhile: %s", patient, broke)  # noqa: TRY400
            async with self._pool.acquire() as connection:
                moment = await clock.read(connection)
                await wakeups.postpone(connection, self.planner.name, [patient], moment.later(POSTPONED))

    async def _plan_merged(self, patients: set[UUID]) -> None:
        """Give the facts of patients who were merged to whom they mean now: the batch that met them is tried again."""
        await self._plan_woken(patients, due_only=False)

    async def _plan_woken(self, asked: set[UUID], *, due_only: bool = True) -> None:
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
            folded = await self._intake.fold_wakeups(connection, patients, moment.now)
            known = await load(connection, self._encryption, self.planner, folded)
            plans = decide(self.planner, known)
            await apply(connection, self.planner, plans, folded.now)


async def load(connection: Connection, encryption: Encryption, planner: Planner[Any], folded: Folded) -> PlanningInput:
    """All that a planner's rule may see of the locked patients who are to be planned."""
    patients, name = set(folded.patients), planner.name
    if not patients:
        return PlanningInput({}, {})
    registry = await places.load(connection)
    told = await sent_history.told(connection, name, patients)
    answered = await patient_replies.load(connection, encryption, patients)
    done = await tasks.done(connection, name, patients)
    shared_things = await _shared_things(connection, planner, patients)
    traits = await details.known_to_rules(connection, encryption, patients, folded.now)
    facts = {
        patient: replace(
            fact_store.facts_of(patient, things, registry),
            replies=answered.get(patient, ()),
            done=done.get(patient, {}),
            shared_things=shared_things.get(patient, ()),
            **asdict(traits.get(patient, Traits())),
        )
        for patient, things in _by_patient(folded.facts, patients).items()
    }
    return PlanningInput(await _settled(connection, planner, facts, folded.now), told)


async def _shared_things(
    connection: Connection, planner: Planner[Any], patients: set[UUID]
) -> dict[UUID, tuple[Fact, ...]]:
    if not planner.shared_kinds:
        return {}
    return await fact_store.shared_things(connection, planner.name, patients, planner.shapes)


async def _settled(
    connection: Connection, planner: Planner[Any], facts: Mapping[UUID, Facts], now: datetime
) -> Mapping[UUID, Facts]:
    """The same once it is settled who has a place; whoever else stands elsewhere now is planned again soon."""
    if planner.before is None:
        return facts
    stand = await planner.before(connection, facts, now)
    await wakeups.request_replan(connection, ((planner.name, patient) for patient in stand.others), now)
    return {patient: replace(known, seats=stand.seats.get(patient, {})) for patient, known in facts.items()}


async def apply(connection: Connection, planner: Planner[Any], plans: Mapping[UUID, Plan], now: datetime) -> None:
    """Hold the whole plans of locked patients against the schedule, the tasks and what the clinic was told."""
    if not plans:
        return
    _check(planner, plans)
    await reconciliation.reconcile(connection, planner.name, plans, now)
    await tasks.follow(connection, planner.name, plans, now)
    await patient_replies.tell(connection, planner.name, plans)


def _check(planner: Planner[Any], plans: Mapping[UUID, Plan]) -> None:
    """Stop where a rule plans data that its message's words could not be filled with: at the claim it is too late.

    Raises:
        DoesNotFit: a fault of ours; names the message and the fields, and shows nothing that they hold.

    """
    forms = {form.name: form for form in planner.forms}
    for message in (message for plan in plans.values() for message in plan.messages):
        form = forms.get(message.template)
        wrong = misfits(form, message.data) if form else ("it is not among the planner's forms",)
        if wrong:
            misfit = f"{planner.name} plans {message.template}, but {'; '.join(wrong)}"
            log.error("%s", misfit)
            raise DoesNotFit(misfit)


def _by_patient(facts: Iterable[Fact], patients: Iterable[UUID]) -> dict[UUID, list[Fact]]:
    things: dict[UUID, list[Fact]] = {patient: [] for patient in patients}
    for fact in facts:
        if fact.patient_id in things:
            things[fact.patient_id].append(fact)
    return things
