"""Rehearses events in memory: the same rules and decisions as in production, on a clock that jumps to what is due."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.cli.rehearsal.shared_things import folded, shared_facts_of
from services.cli.rehearsal.timeline import Pending, TimelineEntry, due_message, later_than, nowhere, reconciled
from services.cli.rehearsal.unapproved import placeholder
from services.delivery.claiming.decisions import PEOPLE, decide
from services.delivery.composing.calendars import Organiser
from services.delivery.composing.writing import Writer
from services.delivery.due import ClaimContext, DueMessage, Send, Wait, Withhold
from services.delivery.due import Policy as DeliveryPolicy
from shared.clinic import deaths
from shared.clinic.courses import SharedThing
from shared.clinic.deaths import Notice
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import Details
from shared.clinic.places import Places
from shared.events.cloudevents import Event
from shared.patients.person import Person, Voice, person, present
from shared.planning import fact_store
from shared.planning.decide import without_wakeups_that_came
from shared.planning.fact_store import NO_PATIENT
from shared.planning.planner import Planner
from shared.platform.ids import NAMESPACE
from shared.rules.facts import Arrival, Fact
from shared.rules.plan import Message, SentHistory, SentMessage
from shared.schedule.states import Why
from shared.words.book import Book
from shared.words.files import from_files
from shared.words.wording import WordsError

FOREVER = timedelta(days=366 * 100)


@dataclass(slots=True)
class _Known:
    """One planner's state of a patient: facts, sent history, wake-ups that are set, and wake-ups that have passed."""

    facts: list[Fact] = field(default_factory=list)
    sayings: dict[str, list[SentMessage]] = field(default_factory=dict)
    wakeups: dict[str, datetime] = field(default_factory=dict)
    woken: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Patient:
    id: UUID
    known: dict[str, _Known] = field(default_factory=dict)
    voices: dict[bool, list[Voice]] = field(default_factory=lambda: {True: [], False: []})
    pending: dict[UUID, Pending] = field(default_factory=dict)
    done: set[UUID] = field(default_factory=set)
    claims: list[datetime] = field(default_factory=list)
    conversation_at: datetime | None = None

    @property
    def facts(self) -> list[Fact]:
        """The facts of all planners, each thing once."""
        return list({fact.thing: fact for known in self.known.values() for fact in known.facts}.values())

    def settle(self, message_id: UUID) -> None:
        """Mark a message as sent or withheld: no later plan brings it back."""
        del self.pending[message_id]
        self.done.add(message_id)


class Rehearsal:
    """Takes events in the order of their times, and yields the messages that would be sent between and after them."""

    def __init__(
        self,
        planners: Sequence[Planner[Any]],
        delivery: DeliveryPolicy,
        registry: Places,
        region: str = "GB",
        *,
        answers: bool,
    ) -> None:
        """Prepare a rehearsal. `answers`: whether texts may ask for answers; no answer ever comes in a rehearsal."""
        self._planners = {planner.name: planner for planner in planners}
        self._region = region
        self._delivery = delivery
        self._known = registry
        self._book = Book([wording for planner in planners for wording in from_files(planner.name, planner.words)])
        self._forms = {(planner.name, form.name): form for planner in planners for form in planner.forms}
        self._writer = Writer(answers, Organiser("", ""), nowhere)
        self._patients: dict[bytes, _Patient] = {}
        self._died: dict[str | None, bool] = {}
        self._shared_things: dict[str, list[Fact]] = {planner.name: [] for planner in planners}
        self._heard_at: datetime | None = None

    def run(self, events: Iterable[Event]) -> Iterator[TimelineEntry]:
        """The timeline of these events."""
        ordered = sorted(events, key=lambda event: event.version.text)
        for event in ordered:
            yield from self._until(event.version.time)
            self._heard_at = event.version.time
            self._take(event)
        if ordered:
            yield from self._until(ordered[-1].version.time + FOREVER)

    def facts(self) -> list[Fact]:
        """All facts, of courses and reunions and of patients, after the events taken so far."""
        shared = {fact.thing: fact for facts in self._shared_things.values() for fact in facts}
        return [*shared.values(), *(fact for patient in self._patients.values() for fact in patient.facts)]

    def registry(self) -> Places:
        """The registry, with a placeholder for each place without an approved name."""
        keys = {
            place for patient in self._patients.values() for p in patient.pending.values() for place in p.message.places
        }
        return Places({**{key: placeholder(key) for key in keys}, **self._known.known})

    def _take(self, event: Event) -> None:
        data: Any = event.data
        if data is None:
            return
        if isinstance(data, Notice):
            self._died[deaths.number_of(event.thing)] = data.deceased
            return
        if isinstance(data, SharedThing):
            self._announce(event)
            return
        local_id = data.patient.id if hasattr(data, "patient") else event.thing.rpartition("/")[2]
        reference = f"{event.source}\n{local_id}".encode()
        patient = self._patients.setdefault(reference, _Patient(id=uuid5(NAMESPACE, reference.decode())))
        embedded = hasattr(data, "patient")
        details: Details = data.patient if embedded else data
        patient.voices[embedded] = [Voice(event.version.text, embedded, details)]
        for name in () if embedded else patient.known:  # an age may have become known
            self._plan(patient, self._planners[name])
        for planner in self._planners.values() if embedded else ():
            if event.kind in planner.shapes:
                known = patient.known.setdefault(planner.name, _Known())
                known.facts = folded(known.facts, Arrival(event, patient.id, reference, planner.content_digest(data)))
                self._plan(patient, planner)

    def _announce(self, event: Event) -> None:
        """Take an event of a course or reunion, and plan every patient again."""
        for planner in self._planners.values():
            if event.kind in planner.shared_kinds:
                arrival = Arrival(event, NO_PATIENT, b"", planner.content_digest(event.data))
                self._shared_things[planner.name] = folded(self._shared_things[planner.name], arrival)
                for patient in self._patients.values():
                    if planner.name in patient.known:
                        self._plan(patient, planner)

    def _plan(self, patient: _Patient, planner: Planner[Any]) -> None:
        known = patient.known[planner.name]
        told = SentHistory({thing: tuple(sayings) for thing, sayings in known.sayings.items()})
        shared_things = shared_facts_of(known.facts, self._shared_things[planner.name])
        seen = fact_store.facts_of(patient.id, known.facts, self._known)
        seen = replace(
            seen, woken=dict(known.woken), shared_things=shared_things, birth_date=self._person(patient).birth_date
        )
        plan = without_wakeups_that_came(planner.plan(seen, told, planner.policy), seen)
        known.wakeups = {one.key: one.at for one in plan.wakeups}
        before = patient.pending
        patient.pending = {i: pending for i, pending in before.items() if pending.planner != planner.name}
        for message in plan.messages:
            message_id = message.id(planner.name)
            if message_id not in patient.done:
                patient.pending[message_id] = reconciled(before.get(message_id), message, planner.name)

    def _until(self, end: datetime) -> Iterator[TimelineEntry]:
        while (step := self._next()) is not None:
            at, patient, what = step
            if at >= end:
                return
            if isinstance(what, UUID):
                yield from self._look(patient, what, max(at, self._heard_at or at))
            else:
                planner, key = what
                patient.known[planner].woken[key] = at
                self._plan(patient, self._planners[planner])

    def _next(self) -> tuple[datetime, _Patient, UUID | tuple[str, str]] | None:
        """The next due message, by its id, or wake-up, by its planner and key."""
        due: list[tuple[datetime, _Patient, UUID | tuple[str, str]]] = []
        for patient in self._patients.values():
            due += [(pending.due_at, patient, i) for i, pending in patient.pending.items()]
            due += [(at, patient, (n, key)) for n, known in patient.known.items() for key, at in known.wakeups.items()]
        return min(due, key=lambda one: (one[0], str(one[2])), default=None)

    def _look(self, patient: _Patient, message_id: UUID, now: datetime) -> Iterator[TimelineEntry]:
        pending, registry = patient.pending[message_id], self.registry()
        message = pending.message
        person = self._person(patient)
        situation = ClaimContext(
            now=now,
            later=later_than(now),
            person=person,
            caught_up=frozenset({*self._planners, PEOPLE}),
            replanning=frozenset(),
            on_its_way=frozenset(),
            held=frozenset(),
            places=registry,
            claims=tuple(patient.claims),
            conversation_at=patient.conversation_at,
        )
        due = due_message(message_id, pending.planner, patient.id, pending)
        match decide(due, situation, self._delivery):
            case Send() as send:
                yield from self._send(patient, due, send, situation, message)
            case Wait(until, why, detail):
                pending.due_at, pending.why, pending.detail = max(until, now + timedelta(minutes=1)), why, detail
            case Withhold(why, detail):
                patient.settle(message_id)
                yield TimelineEntry(
                    at=now,
                    kind=message.kind,
                    things=tuple(message.says),
                    places=message.places,
                    words=None,
                    why=why,
                    detail=detail,
                )

    def _person(self, patient: _Patient) -> Person:
        """The patient's details from all sources, and a death that the NHS reported for the NHS number."""
        details = present(voice for voices in patient.voices.values() for voice in voices)
        number = nhs_number(details.nhs_number)
        died = details.deceased or (number is not None and self._died.get(number, False))
        return person(patient.id, details.model_copy(update={"deceased": died}), str.encode, self._region)

    def _send(
        self, patient: _Patient, due: DueMessage, send: Send, situation: ClaimContext, message: Message
    ) -> Iterator[TimelineEntry]:
        now, things = situation.now, tuple(message.says)
        try:
            written = self._writer.letter(
                due, send, situation, self._book, self._forms.get((due.planner, due.template))
            )
        except WordsError as error:  # delivery waits until the wording is corrected; in a rehearsal it never is
            pending = patient.pending[due.id]
            pending.due_at, pending.why, pending.detail = message.expires_at, Why.NO_WORDS, str(error)
            return
        patient.claims.append(now)
        planner = self._planners[patient.pending[due.id].planner]
        sayings = patient.known[planner.name].sayings
        asked = bool(written.asked or written.asked_words)
        patient.conversation_at = now if asked else patient.conversation_at
        for thing, said in message.says.items():
            sayings.setdefault(thing, []).append(SentMessage(due.id, message.kind, now, said, asked))
        patient.settle(due.id)
        self._plan(patient, planner)  # what was told may want to be looked at again
        channel, reader = send.address.channel, send.address.role
        yield TimelineEntry(
            at=now,
            kind=message.kind,
            things=things,
            places=message.places,
            words=written.words,
            channel=channel,
            reader=reader,
        )
