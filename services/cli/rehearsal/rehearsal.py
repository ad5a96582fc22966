"""Rehearses events in memory: the same rules and decisions as in production, on a clock that jumps to what is due.

What is done here in memory and by the services in the database is one code where it decides anything: how events are
folded, what is said of patients, who is who, what a planner wants, what becomes of a due message, and its words.
`tests/cli/rehearsal/test_both_paths.py` holds the two against each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from services.cli.rehearsal.known_facts import KnownFacts
from services.cli.rehearsal.people import Heard, NewPatient, People, by_reference
from services.cli.rehearsal.schedule import Row, Schedule
from services.cli.rehearsal.timeline import Entry, MessageEntry
from services.cli.rehearsal.unapproved import placeholder
from services.delivery.claiming.decisions import LATER, PEOPLE, decide
from services.delivery.composing.calendars import Organiser
from services.delivery.composing.writing import Writer
from services.delivery.due import ClaimContext, Send, Wait, Withhold
from services.delivery.due import Policy as DeliveryPolicy
from services.people.reports import KINDS
from shared.clinic.places import Places
from shared.events.cloudevents import Event
from shared.events.things import source_of
from shared.patients.sources import Sources
from shared.planning import arrivals, fact_store
from shared.planning.decide import PlanningInput
from shared.planning.decide import decide as plans_of
from shared.planning.planner import Planner
from shared.rules.facts import Fact
from shared.schedule import told_to_come
from shared.schedule.states import Why
from shared.words.book import Book
from shared.words.wording import WordsError

OF_PATIENTS = frozenset(kind.name for kind in KINDS.values())
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a rehearsal goes by.

    Attributes:
        planners: whose rules it follows.
        delivery: the rules of delivery.
        registry: the places with an approved name; all others get a placeholder.
        book: the words.
        region: country of numbers without a country code.
        answers: whether texts may ask for answers; no answer ever comes in a rehearsal.
        new: gives new patients their ids.

    """

    planners: Sequence[Planner[Any]]
    delivery: DeliveryPolicy
    registry: Places
    book: Book
    region: str = "GB"
    answers: bool = True
    new: NewPatient = by_reference
    sources: Sources = field(default_factory=Sources)


class Rehearsal:
    """Takes events in the order of their times, and yields what would happen between and after them."""

    def __init__(self, setup: Setup) -> None:
        planners = setup.planners
        self._planners = {planner.name: planner for planner in planners}
        self._facts = {planner.name: KnownFacts(planner) for planner in planners}
        self._forms = {(planner.name, form.name): form for planner in planners for form in planner.forms}
        self._delivery = setup.delivery
        self._book = setup.book
        self._writer = Writer(setup.answers, Organiser("", ""), _nowhere)
        self._registry = self._with_placeholders = setup.registry
        self._people = People(setup.region, setup.new, setup.sources)
        self.schedule = Schedule()
        self._now = BEGINNING

    def run(self, events: Iterable[Event]) -> Iterator[Entry]:
        """The timeline of these events."""
        ordered = sorted(events, key=lambda event: event.version.text)
        for at, those in groupby(ordered, key=lambda event: event.version.time):
            yield from self._until(at)
            self._now = at
            for event in those:
                yield from self._hear(event)
        yield from self._until(None)

    def facts(self) -> list[Fact]:
        """The facts of all things, each once: as whoever has it now knows it."""
        every = (fact for known in self._facts.values() for fact in known.all())
        ranked = sorted(every, key=lambda fact: (fact.version, fact.data is not None))
        return [fact for _, fact in sorted({fact.thing: fact for fact in ranked}.items())]

    def registry(self) -> Places:
        """The registry, with a placeholder for each place without an approved name."""
        return self._with_placeholders

    def _hear(self, event: Event) -> Iterator[Entry]:
        if event.kind in OF_PATIENTS:
            yield from self._hear_of_patient(self._people.hear(event, self._now))
        for planner in self._planners.values():
            if event.kind in planner.shapes:
                yield from self._fold(event, planner)

    def _fold(self, event: Event, planner: Planner[Any]) -> Iterator[Entry]:
        """Fold an event into a planner's facts, and plan whom it concerns."""
        name = arrivals.name(event, planner)
        arrival = arrivals.arrival(event, planner, None if name is None else self._people.resolve(name))
        concerned = self._facts[planner.name].take(arrival)
        told = arrivals.reported(event, arrival)
        if told is not None:
            spoken = self._people.speak(told)
            self.schedule.nudge(spoken)
            if told.details is not None and told.details.deceased:
                yield from self._ask_of_told(spoken)
        for patient in sorted(concerned):
            yield from self._plan(planner, patient)

    def _hear_of_patient(self, heard: Heard) -> Iterator[Entry]:
        """Have everybody planned again of whom it is known otherwise who they are, or that they live."""
        for task in heard.doubts:
            yield from self.schedule.raise_task(task, PEOPLE, self._now, ())
        if heard.absorbed is not None:
            self.schedule.move(*heard.absorbed)
        self.schedule.nudge(heard.news)
        yield from self._ask_of_told(heard.died)
        for planner in self._planners.values():
            known = self._facts[planner.name]
            moved_to = known.rehome(heard.touched, self._people.means, self._people.was_merged)
            for patient in sorted(heard.touched | moved_to | heard.died | set(heard.news)):
                yield from self._plan(planner, patient)

    def _ask_of_told(self, patients: Iterable[UUID]) -> Iterator[Entry]:
        """Have a person look for whoever was told to come and is said to have died."""
        for patient in sorted(patients):
            for thing, start in told_to_come.expected(self.schedule.said(patient), self._now).items():
                why = told_to_come.WHY.get(self._people.death(patient, source_of(thing)))
                if why is not None:
                    task = told_to_come.task(patient, thing, start, why, self._now)
                    yield from self.schedule.raise_task(task, PEOPLE, self._now, ())

    def _plan(self, planner: Planner[Any], patient: UUID) -> Iterator[Entry]:
        known = self._facts[planner.name]
        facts = replace(
            fact_store.facts_of(patient, known.of(patient), self._registry),
            shared_things=known.shared_things(patient),
            **asdict(self._people.traits(patient, self._now)),
        )
        told = self.schedule.told(planner.name, patient)
        plan = plans_of(planner, PlanningInput({patient: facts}, {patient: told}))[patient]
        self._note_places(place for message in plan.messages for place in message.places)
        yield from self.schedule.follow(planner.name, patient, plan, self._now)

    def _note_places(self, places: Iterable[str]) -> None:
        known = self._with_placeholders.known
        unknown = {place: placeholder(place) for place in places if place not in known}
        if unknown:
            self._with_placeholders = Places({**known, **unknown})

    def _until(self, end: datetime | None) -> Iterator[Entry]:
        while (at := self.schedule.next_at()) is not None and (end is None or at < end):
            self._now = max(at, self._now)
            yield from self._wake()
            for row in self.schedule.due(self._now):
                yield from self._look(row)

    def _wake(self) -> Iterator[Entry]:
        while woken := list(self.schedule.woken(self._now)):
            for name, patient, due in woken:
                self._facts[name].wake(due)
                yield from self._plan(self._planners[name], patient)

    def _look(self, row: Row) -> Iterator[Entry]:
        """Decide a due message as delivery does at the claim."""
        situation = self._situation(row)
        match decide(row.as_due(), situation, self._delivery):
            case Send() as send:
                yield from self._send(row, send, situation)
            case Wait(until, why, detail, task):
                self.schedule.wait(row, until, why, detail, self._now)
                if task is not None:
                    yield from self.schedule.raise_task(task, row.planner, self._now, row.message.places)
            case Withhold(why, detail, task):
                self.schedule.withhold(row, why, detail)
                yield MessageEntry(
                    at=self._now,
                    kind=row.message.kind,
                    things=tuple(row.message.says),
                    places=row.message.places,
                    words=None,
                    why=why,
                    detail=detail,
                )
                if task is not None:
                    yield from self.schedule.raise_task(task, row.planner, self._now, row.message.places)

    def _situation(self, row: Row) -> ClaimContext:
        """What is the case for a message now: no planner is behind, no record unreadable, no provider away."""
        now, patient = self._now, row.patient
        return ClaimContext(
            now=now,
            later=lambda span: now + span,
            person=self._people.person(patient, row.as_due().sources),
            caught_up=frozenset({*self._planners, PEOPLE}),
            replanning=frozenset(),
            on_its_way=self.schedule.on_its_way(patient, now),
            held=frozenset(),
            places=self.registry(),
            claims=self.schedule.claims(patient),
            death_reported=self._people.is_doubted(patient),
            records_disagree=self._people.is_contested(patient),
            conversation_at=self.schedule.asked_at(patient),
        )

    def _send(self, row: Row, send: Send, situation: ClaimContext) -> Iterator[Entry]:
        due = row.as_due()
        form = self._forms.get((due.planner, due.template))
        try:
            written = self._writer.letter(due, send, situation, self._book, form)
        except WordsError as error:
            self.schedule.wait(row, self._now + LATER, Why.NO_WORDS, str(error), self._now)
            return
        yield from self.schedule.send(row, self._now, asked=bool(written.asked or written.asked_words))
        yield MessageEntry(
            at=self._now,
            kind=row.message.kind,
            things=tuple(row.message.says),
            places=row.message.places,
            words=written.words,
            channel=send.address.channel,
            reader=send.address.role,
        )


def _nowhere(_: UUID, __: str) -> str:
    """An empty unsubscribe link: a rehearsal sends nothing."""
    return ""
