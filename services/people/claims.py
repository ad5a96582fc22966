"""Decides what follows from a source's claim that its patient bears an NHS number: a merge, a part, or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

from shared.clinic.patient import Details
from shared.patients.agreement import Agreement, agreement
from shared.patients.identity import NHS
from shared.patients.sources import Grant, Sources


class Step(Enum):
    """The change of identities that an NHS number in a source's event causes."""

    NOTHING = auto()
    NAME = auto()
    """The number is new: record it for this patient."""
    MERGE = auto()
    """Another record has the number, and agrees: merge the two, they are one patient."""
    MOVE = auto()
    """The source corrects a wrong number: move only its own record, to the bearer of the number, known or new."""
    LEAVE = auto()
    """The record is none of this patient's: move it to a new patient, who bears no number until the records agree."""
    APART = auto()
    """Another record has the number, and nothing says that it is of the same person: both stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NhsNumberClaim:
    """A source's claim that its patient bears an NHS number, with the present state of both identifiers.

    Attributes:
        patient: the present patient of the source's identifier.
        bearer: the present patient of the NHS number; None: the number is new, or none is claimed any more.
        other_numbers: whether this patient bears another NHS number.
        other_records: whether other identifiers, of any source, belong to this patient as well.
        agrees: whether the source's record agrees with those of the number's bearer, or of its own patient.
        may_unite: whether the sources of both are one organisation's, or each may unite by NHS number.
        is_claimed: whether a number is claimed at all; not: the source takes back what it claimed.

    """

    patient: UUID
    bearer: UUID | None
    other_numbers: bool
    other_records: bool
    agrees: Agreement = Agreement.AGREE
    may_unite: bool = True
    is_claimed: bool = True

    @property
    def is_contested(self) -> bool:
        """Whether a person must find out who bears the number: it would unite two people."""
        return self.bearer is not None and self.may_unite and self.agrees is Agreement.CONTRADICT


def step(claim: NhsNumberClaim) -> Step:
    """The step that follows from a claim. A changed number of a patient known to one source alone replaces the old.

    Where other sources know the patient by the old number, the source had the wrong person: a merge would send one
    patient messages about the other.
    """
    if not claim.is_claimed:
        return Step.LEAVE if claim.other_records else Step.NOTHING
    if claim.bearer == claim.patient:
        return Step.LEAVE if claim.agrees is Agreement.CONTRADICT and claim.other_records else Step.NOTHING
    unites = claim.bearer is None or (claim.may_unite and claim.agrees is Agreement.AGREE)
    if claim.other_numbers and claim.other_records:
        return Step.MOVE if unites else Step.LEAVE
    if not unites:
        return Step.APART
    return Step.NAME if claim.bearer is None else Step.MERGE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedNumber:
    """What a source's newest record of a patient says of their NHS number.

    Attributes:
        reference: the source's own identifier of the patient.
        source: whose record it is.
        record: what it says.
        number: reference of the NHS number; None: the record gives none any more.
        value_index: the index of the number alone.
        thing: what its source calls the record.

    """

    reference: bytes
    source: str
    record: Details
    number: bytes | None
    value_index: bytes = b""
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Bearers:
    """The references of a patient, each with its source, and what is said under each."""

    names: Mapping[bytes, str]
    records: Mapping[bytes, Details]


def claim_of(
    claimed: RecordedNumber,
    whose: tuple[UUID, UUID | None],
    names: Mapping[bytes, str],
    held: Bearers,
    registry: Sources,
) -> NhsNumberClaim:
    """What is known of a claim: of its patient (`names`: references and sources) and of the number's bearer.

    Args:
        claimed: what the record says.
        whose: the patient of the record, and the number's bearer.
        names: the references of that patient, each with its source.
        held: the references of the bearer, each with its source, and what is said under each.
        registry: the registry of sources.

    """
    patient, bearer = whose
    own = _sources(names).values()
    others = {key: source for key, source in _sources(held.names).items() if key != claimed.reference}
    record = claimed.record
    if patient == bearer:  # of one person two clinics may disagree on the death: that parts nobody, see `whose_word`
        record = record.model_copy(update={"deceased": None})
    agreements = _agreements(record, others, held.records)
    return NhsNumberClaim(
        patient=patient,
        bearer=bearer,
        other_numbers=any(source == NHS and key != claimed.number for key, source in names.items()),
        other_records=any(source != NHS and key != claimed.reference for key, source in names.items()),
        agrees=_together(agreements),
        may_unite=_may_unite({*own, *others.values(), claimed.source}, registry),
        is_claimed=claimed.number is not None,
    )


def _sources(names: Mapping[bytes, str]) -> dict[bytes, str]:
    """The references of clinics' sources; the NHS's are numbers."""
    return {key: source for key, source in names.items() if source != NHS}


def _agreements(record: Details, others: Iterable[bytes], records: Mapping[bytes, Details]) -> set[Agreement]:
    """Whether a record agrees with those under other references; one under which nothing is said agrees with none."""
    return {agreement(record, records[key]) if key in records else Agreement.UNKNOWN for key in others}


def _together(agreements: set[Agreement]) -> Agreement:
    """Whether a record agrees with all others. Where there is none, nobody but the NHS knows the number."""
    if Agreement.CONTRADICT in agreements:
        return Agreement.CONTRADICT
    return Agreement.UNKNOWN if Agreement.UNKNOWN in agreements else Agreement.AGREE


def _may_unite(known_to: set[str], registry: Sources) -> bool:
    return len(registry.organisations(known_to)) <= 1 or all(registry.may(one, Grant.UNITE) for one in known_to)
