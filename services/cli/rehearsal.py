"""A rehearsal of events without any engine: the same rules and decisions, and a clock that jumps. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.delivery.calendars import Organiser
from services.delivery.decisions import PEOPLE, Due, Send, Situation, Wait, Withhold, decide
from services.delivery.decisions import Policy as DeliveryPolicy
from services.delivery.writing import Writer
from shared import deaths, fact_table, facts
from shared.clinic import Details
from shared.deaths import Notice
from shared.events import Event
from shared.facts import Arrival, Fact
from shared.nhs_number import nhs_number
from shared.person import Person, Voice, person, present
from shared.places import Place, Places
from shared.plan import NAMESPACE, Message, Saying, Told
from shared.planning import Planner
from shared.states import Why
from shared.words.book import Book, Rendered
from shared.words.files import from_files
from shared.words.wording import WordsError

FOREVER = timedelta(days=366 * 100)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the timeline: when, and its words on its channel, or why there are none."""

    at: datetime
    kind: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    words: Rendered | None
    why: Why = Why.ACCEPTED
    detail: str = ""
    channel: str = ""
    reader: str = ""


@dataclass(slots=True)
class _Pending:
    message: Message
    due_at: datetime
    why: str = Why.PLANNED
    detail: str = ""


@dataclass(slots=True)
class _Patient:
    id: UUID
    facts: list[Fact] = field(default_factory=list)
    voices: dict[bool, list[Voice]] = field(default_factory=lambda: {True: [], False: []})
    pending: dict[UUID, _Pending] = field(default_factory=dict)
    done: set[UUID] = field(default_factory=set)
    sayings: dict[str, list[Saying]] = field(default_factory=dict)
    claims: list[datetime] = field(default_factory=list)

    def settle(self, message_id: UUID) -> None:
        """Sent or withheld: no plan brings it back."""
        del self.pending[message_id]
        self.done.add(message_id)


class Rehearsal:
    """Takes events in the order of their times, and says what would be sent in between and after."""

    def __init__(
        self, planner: Planner[Any], delivery: DeliveryPolicy, registry: Places, region: str = "GB", *, answers: bool
    ) -> None:
        """`answers`: whether texts may ask for them."""
        self._planner = planner
        self._region = region
        self._delivery = delivery
        self._known = registry
        self._book = Book(from_files(planner.name, planner.words))
        self._writer = Writer(answers, Organiser("", ""), _nowhere)
        self._patients: dict[bytes, _Patient] = {}
        self._died: dict[str | None, bool] = {}

    def run(self, events: Iterable[Event]) -> Iterator[Line]:
        """The timeline of these events."""
        ordered = sorted(events, key=lambda event: event.version.text)
        for event in ordered:
            yield from self._until(event.version.time)
            self._take(event)
        if ordered:
            yield from self._until(ordered[-1].version.time + FOREVER)

    def facts(self) -> list[Fact]:
        """What is known once all events are taken."""
        return [fact for patient in self._patients.values() for fact in patient.facts]

    def registry(self) -> Places:
        """The places, those without an approved name standing for themselves."""
        keys = {
            place for patient in self._patients.values() for p in patient.pending.values() for place in p.message.places
        }
        return Places({**{key: _placeholder(key) for key in keys}, **self._known.known})

    def _take(self, event: Event) -> None:
        data: Any = event.data
        if data is None:
            return
        if isinstance(data, Notice):
            self._died[deaths.number_of(event.thing)] = data.deceased
            return
        local_id = data.patient.id if hasattr(data, "patient") else event.thing.rpartition("/")[2]
        reference = f"{event.source}\n{local_id}".encode()
        patient = self._patients.setdefault(reference, _Patient(uuid5(NAMESPACE, reference.decode())))
        embedded = hasattr(data, "patient")
        details: Details = data.patient if embedded else data
        patient.voices[embedded] = [Voice(event.version.text, embedded, details)]
        if embedded:
            arrival = Arrival(event, patient.id, reference, self._planner.says(data))
            changed = {fact.thing: fact for fact in facts.fold(patient.facts, [arrival])}
            patient.facts = [*(fact for fact in patient.facts if fact.thing not in changed), *changed.values()]
            self._plan(patient)

    def _plan(self, patient: _Patient) -> None:
        told = Told({thing: tuple(sayings) for thing, sayings in patient.sayings.items()})
        seen = fact_table.facts_of(patient.id, patient.facts, self._known)
        plan = self._planner.plan(seen, told, self._planner.policy)
        wanted = {message.id(self._planner.name): message for message in plan.messages}
        before, patient.pending = patient.pending, {}
        for message_id, message in wanted.items():
            if message_id in patient.done:
                continue
            old = before.get(message_id)
            same = old is not None and old.message.digest() == message.digest()
            patient.pending[message_id] = old if old is not None and same else _Pending(message, message.send_at)

    def _until(self, end: datetime) -> Iterator[Line]:
        due = [(p.due_at, patient, i) for patient in self._patients.values() for i, p in patient.pending.items()]
        while due:
            at, patient, message_id = min(due, key=lambda one: (one[0], str(one[2])))
            if at >= end:
                return
            yield from self._look(patient, message_id, max(at, *(fact.first_at for fact in patient.facts)))
            due = [(p.due_at, one, i) for one in self._patients.values() for i, p in one.pending.items()]

    def _look(self, patient: _Patient, message_id: UUID, now: datetime) -> Iterator[Line]:
        pending, registry = patient.pending[message_id], self.registry()
        message = pending.message
        person = self._person(patient)
        situation = Situation(
            now=now,
            later=_later(now),
            person=person,
            caught_up=frozenset({self._planner.name, PEOPLE}),
            replanning=frozenset(),
            on_its_way=frozenset(),
            held=frozenset(),
            places=registry,
            claims=tuple(patient.claims),
        )
        due = _due(message_id, self._planner.name, patient.id, pending)
        match decide(due, situation, self._delivery):
            case Send() as send:
                yield from self._send(patient, due, send, situation, message)
            case Wait(until, why, detail):
                pending.due_at, pending.why, pending.detail = max(until, now + timedelta(minutes=1)), why, detail
            case Withhold(why, detail):
                patient.settle(message_id)
                yield Line(now, message.kind, tuple(message.says), message.places, None, why, detail)

    def _person(self, patient: _Patient) -> Person:
        """Whoever speaks of them, the NHS by their number as well."""
        details = present(voice for voices in patient.voices.values() for voice in voices)
        number = nhs_number(details.nhs_number)
        died = details.deceased or (number is not None and self._died.get(number, False))
        return person(patient.id, details.model_copy(update={"deceased": died}), str.encode, self._region)

    def _send(self, patient: _Patient, due: Due, send: Send, situation: Situation, message: Message) -> Iterator[Line]:
        now, things = situation.now, tuple(message.says)
        try:
            written = self._writer.letter(due, send, situation, self._book)
        except WordsError as error:  # delivery waits for somebody to mend them, and here nobody will
            pending = patient.pending[due.id]
            pending.due_at, pending.why, pending.detail = message.expires_at, Why.NO_WORDS, str(error)
            return
        patient.claims.append(now)
        for thing, said in message.says.items():
            patient.sayings.setdefault(thing, []).append(Saying(due.id, message.kind, now, said))
        patient.settle(due.id)
        channel, reader = send.address.channel, send.address.role
        yield Line(now, message.kind, things, message.places, written.words, channel=channel, reader=reader)


def _nowhere(_: UUID, __: str) -> str:
    """Nothing is sent, so there is nothing to unsubscribe from."""
    return ""


def _later(now: datetime) -> Callable[[timedelta], datetime]:
    return lambda span: now + span


def _due(message_id: UUID, planner: str, patient: UUID, pending: _Pending) -> Due:
    message = pending.message
    return Due(
        message_id,
        planner,
        patient,
        message.category,
        message.template,
        tuple(message.says),
        message.places,
        message.data,
        message.send_at,
        message.expires_at,
        message.urgent_by,
        pending.why,
        pending.detail,
        0,
        frozenset(),
        message.calendar,
    )


def _placeholder(key: str) -> Place:
    source, _, clinic = key.partition("#")
    return Place(source, clinic, f"[clinic {clinic or '(none named)'}]", "[telephone]", "[sender]")


def unmapped(registry: Mapping[str, Place], lines: Iterable[Line]) -> list[str]:
    """Places of the timeline that nobody has approved a name for."""
    return sorted({place for line in lines for place in line.places if place not in registry})
