"""Who is who in a rehearsal, and what is said of them: names, NHS numbers and details, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from services.people import merging
from services.people.claims import Bearers, NhsNumberClaim, RecordedNumber, Step, claim_of
from services.people.claims import step as step_of
from services.people.reports import details_of, name_of
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import Details, Patient
from shared.events.cloudevents import Event
from shared.patients import details
from shared.patients.identity import NHS, Name
from shared.patients.person import Person, Voice
from shared.patients.sources import Sources
from shared.patients.traits import Traits
from shared.patients.voices import ReportedDetails, Voices, news
from shared.patients.whose_word import Death, as_record, death_for, traits_for
from shared.platform.ids import NAMESPACE
from shared.schedule.tasks import Task

NewPatient = Callable[[bytes], UUID]
"""Gives a new patient an id, by the reference under which they are first heard of."""


def by_reference(reference: bytes) -> UUID:
    """The id of a new patient: the same in every rehearsal."""
    return uuid5(NAMESPACE, reference.decode())


@dataclass(slots=True, kw_only=True)
class Heard:
    """What an event about a patient changes.

    Attributes:
        news: of whom something new was said.
        touched: whose records were united or parted: what is theirs may be another's now.
        absorbed: who turned out to be another, and whom.
        died: who has died, and was not known to have.
        doubts: tasks to find out whose NHS number one was; nothing goes to their patients meanwhile.

    """

    news: set[UUID]
    touched: set[UUID]
    died: set[UUID]
    doubts: list[Task]
    absorbed: tuple[UUID, UUID] | None = None


class People:
    """Patients by reference, as the people service keeps them, and everything that is said of them."""

    def __init__(self, region: str, new: NewPatient = by_reference, registry: Sources | None = None) -> None:
        self._region = region
        self._registry = registry or Sources()
        self._new = new
        self._means: dict[bytes, UUID] = {}
        self._sources: dict[bytes, str] = {}
        self._theirs: dict[UUID, set[bytes]] = {}
        self._voices: Voices = {}
        self._merged: set[UUID] = set()
        self._doubted: set[UUID] = set()
        self._contested: set[UUID] = set()
        self._claims: dict[bytes, bytes] = {}
        self._parted = 0

    def resolve(self, name: Name) -> tuple[UUID, bytes]:
        """Whom a name means, and the name's reference; see `shared.patients.identity.resolve`."""
        key = reference(name.source, name.id)
        if key not in self._means:
            self._identify(key, name.source, self._new(key))
            number = nhs_number(name.nhs_number)
            if number is not None:
                self._claims[key] = reference(NHS, number)
        return self._means[key], key

    def means(self, key: bytes) -> UUID | None:
        """Whom a reference means now."""
        return self._means.get(key)

    def was_merged(self, patient: UUID) -> bool:
        """Whether a patient turned out to be another."""
        return patient in self._merged

    def is_doubted(self, patient: UUID) -> bool:
        """Whether a person must first find out whether this patient has died."""
        return patient in self._doubted

    def is_contested(self, patient: UUID) -> bool:
        """Whether two people are said to bear this patient's NHS number."""
        return patient in self._contested

    def hear(self, event: Event, now: datetime) -> Heard:
        """Take in an event of a patient, or a notice of a death, as the people service does."""
        heard = Heard(news=set(), touched=set(), died=set(), doubts=[])
        _, key = self.resolve(name_of(event))
        own = self._voices.get((key, False))
        if own is not None and event.version.text <= own.version:
            return heard
        if isinstance(event.data, Patient):
            self._take_record(key, event.data, now, heard)
        patient = self._means[key]
        told = ReportedDetails(
            patient_id=patient,
            reference=key,
            embedded=False,
            version=event.version.text,
            details=details_of(event),
            source=self._sources[key],
        )
        heard.news = self.speak(told)
        heard.died = heard.news if told.details is not None and told.details.deceased else set()
        if self._sources[key] == NHS:
            claimants = {self._means[one] for one, number in self._claims.items() if number == key}
            heard.news, heard.died = heard.news | claimants, heard.died | claimants
        return heard

    def death(self, patient: UUID, source: str) -> Death:
        """What is believed of a patient's death for the things of a source."""
        return death_for(self._of(patient), {source}, self._registry)

    def speak(self, told: ReportedDetails) -> set[UUID]:
        """Keep what was said; the patients of whom it is new."""
        new = news([told], self._voices)
        self._voices.update(new)
        return {one.patient_id for one in new.values()}

    def person(self, patient: UUID, sources: frozenset[str]) -> Person:
        """A patient as delivery knows them for a message about the things of these sources."""
        return details.known_person(patient, self._of(patient), (sources, self._registry), str.encode, self._region)

    def traits(self, patient: UUID, now: datetime) -> Traits:
        """What rules may know of a patient."""
        known_by = {self._sources[key] for key in self._theirs.get(patient, ())}
        return traits_for(self._of(patient), known_by, self._registry, now.date(), self._region)

    def _of(self, patient: UUID) -> list[Voice]:
        theirs = self._theirs.get(patient, set())
        keys = sorted(theirs | {self._claims[key] for key in theirs if key in self._claims})
        told = (self._voices.get((key, embedded)) for key in keys for embedded in (True, False))
        return [one.voice for one in told if one is not None and one.voice is not None]

    def _identify(self, key: bytes, source: str, patient: UUID) -> UUID:
        self._sources.setdefault(key, source)
        means = self._means.setdefault(key, patient)
        self._theirs.setdefault(means, set()).add(key)
        return means

    def _take_record(self, key: bytes, record: Patient, now: datetime, heard: Heard) -> None:
        """Take in what a record says of an NHS number; one that cannot be read says neither that there is none."""
        if any(one.field == "nhs_number" for one in record.unread):
            return
        number = nhs_number(record.nhs_number)
        bearing = None if number is None else reference(NHS, number)
        recorded = RecordedNumber(reference=key, source=self._sources[key], record=record, number=bearing)
        self._take_number(recorded, now, heard)

    def _take_number(self, claimed: RecordedNumber, now: datetime, heard: Heard) -> None:
        """Unite or part patients by an NHS number: what `services.people.merging.apply` does in the database."""
        key, number = claimed.reference, claimed.number
        if number is None and key not in self._claims:
            return
        patient, bearer = self._means[key], None if number is None else self._means.get(number)
        held = Bearers(self._names(bearer), self._records(bearer))
        claim = claim_of(claimed, (patient, bearer), self._names(patient), held, self._registry)
        self._claims.pop(key, None)
        if number is not None:
            self._claims[key] = number
        step = step_of(claim)
        if (claim.other_numbers or not claim.is_claimed) and not claim.other_records:
            doubted = bearer if step is Step.MERGE and bearer is not None else patient
            for dead in self._part_from_other_numbers(patient, number or b""):
                heard.doubts.append(merging.doubt_task(doubted, dead, now))
                self._doubted.add(doubted)
        self._carry_out(step, claim, claimed, heard)
        if step in {Step.APART, Step.LEAVE} and claim.is_contested and bearer is not None:
            self._contested |= {self._means[key], bearer}

    def _carry_out(self, step: Step, claim: NhsNumberClaim, claimed: RecordedNumber, heard: Heard) -> None:
        key, number = claimed.reference, claimed.number
        match step:
            case Step.NAME if number is not None:
                self._identify(number, NHS, claim.patient)
            case Step.MERGE if claim.bearer is not None:
                for one in sorted(self._theirs[claim.patient]):
                    self._give(one, claim.bearer)
                self._merged.add(claim.patient)
                self._share_doubts(claim.patient, claim.bearer)
                heard.absorbed = (claim.patient, claim.bearer)
                heard.touched = {claim.patient, claim.bearer}
            case Step.MOVE if number is not None:
                self._leave(key, claim.patient, claim.bearer or self._identify(number, NHS, self._new(number)), heard)
            case Step.LEAVE:
                self._parted += 1
                self._leave(key, claim.patient, self._new(key + f"\n{self._parted}".encode()), heard)

    def _leave(self, key: bytes, patient: UUID, other: UUID, heard: Heard) -> None:
        """Give one source's record to another patient."""
        self._give(key, other)
        self._share_doubts(patient, other)
        heard.touched = {patient, other}

    def _names(self, patient: UUID | None) -> dict[bytes, str]:
        return {one: self._sources[one] for one in self._theirs[patient]} if patient else {}

    def _records(self, patient: UUID | None) -> dict[bytes, Details]:
        return {one: as_record(those) for one in self._names(patient) if (those := self._under(one))}

    def _under(self, key: bytes) -> list[Voice]:
        told = (self._voices.get((key, embedded)) for embedded in (True, False))
        return [one.voice for one in told if one is not None and one.voice is not None]

    def _share_doubts(self, holder: UUID, other: UUID) -> None:
        """What holds the one holds both, from now on."""
        if holder in self._doubted:
            self._doubted.add(other)

    def _part_from_other_numbers(self, patient: UUID, number: bytes) -> list[bytes]:
        """Give a patient's numbers, all but this one, up to somebody of whom nothing is known; those of the dead."""
        others = [key for key in sorted(self._theirs[patient]) if self._sources[key] == NHS and key != number]
        dead = []
        for other in others:
            voice = self._voices.get((other, False))
            if voice is None:
                del self._means[other], self._sources[other]
                self._theirs[patient].discard(other)
                continue
            self._parted += 1
            self._give(other, self._new(other + f"\n{self._parted}".encode()))
            if voice.details is not None and voice.details.deceased:
                dead.append(other)
        return dead

    def _give(self, key: bytes, patient: UUID) -> None:
        """Have a reference, and what was said under it, mean this patient."""
        self._theirs[self._means[key]].discard(key)
        self._theirs.setdefault(patient, set()).add(key)
        self._means[key] = patient
        for embedded in (True, False):
            voice = self._voices.get((key, embedded))
            if voice is not None:
                self._voices[key, embedded] = replace(voice, patient_id=patient)


def reference(source: str, value: str) -> bytes:
    """A reference as it is in a rehearsal, which keeps nothing: readable."""
    return f"{source}\n{value}".encode()
