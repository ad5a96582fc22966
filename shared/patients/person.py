"""A patient's details, merged from all sources, and the addresses to which a message may go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from shared.clinic.birth_date import age_on
from shared.clinic.patient import Contact, Details
from shared.patients.mailbox import mailbox
from shared.patients.phone import Mobile, mobile
from shared.patients.traits import is_test

Channel = Literal["sms", "email"]

ALL = "all"
"""The category of an opt-out from everything."""

SENT_AS: Mapping[Channel, str] = MappingProxyType({"sms": "text", "email": "email"})
"""Channel → the need of `shared.clinic.patient.Need` that it meets."""

OF_MEETING = frozenset({"interpreter", "support"})
"""Needs at a meeting, which do not restrict how the patient is written to."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One source's details of a patient: its own record, or details embedded in its other events.

    `reference` identifies the patient at the source: its record and its embedded details share it.
    """

    version: str
    embedded: bool
    details: Details
    reference: bytes = b""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address to which a message can go, and its reader.

    `index` is its blind index; `opted_out` are the categories opted out of there; `is_dead`: whether no
    text to it arrives, see `dead_numbers`; `is_unsafe`: whether somebody else may read it, see
    `unsafe_phones`; `may_answer`: whether a text from
    there may answer for the patient.
    """

    channel: Channel
    value: str = field(repr=False)
    index: bytes
    opted_out: frozenset[str] = frozenset()
    is_dead: bool = False
    is_unsafe: bool = False
    role: Literal["self", "carer"] = "self"
    may_answer: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient as delivery needs them at the claim."""

    patient_id: UUID
    first_name: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    language: str | None = None
    addresses: tuple[Address, ...] = ()
    refusals: tuple[str, ...] = ()
    paused: bool = False
    deceased: bool = False
    death_contested: bool = False
    """Whether one that may say so says that they have died, and whose things these are says that they have not."""
    opted_out: frozenset[str] = frozenset()
    is_test: bool = False
    """Whether the record stands for nobody, and only tries a system out."""
    formats: frozenset[str] = field(default=frozenset(), repr=False)
    """The formats that the patient needs: any one of them will do. Empty: none, or unknown."""
    refused: frozenset[bytes] = frozenset()
    """Addresses, by blind index, to which the message at hand cannot go; see `without`."""

    def without(self, refused: frozenset[bytes]) -> "Person":
        """A copy for a message that these addresses refused permanently: they stay known, but do not fit it."""
        return replace(self, refused=refused)

    def age_on(self, day: date) -> int | None:
        """The age on a day, in completed years, or less where only a year or month of birth is known; None: unknown."""
        return age_on(self.birth_date, day)

    @property
    def unmet(self) -> frozenset[str]:
        """The needs for which no known address fits, so that no message can be sent; empty where one fits.

        Without any address, a need that a channel could meet is not unmet: an address is missing instead.
        """
        if self.fitting or (not self.addresses and not self.formats.isdisjoint(SENT_AS.values())):
            return frozenset()
        return self.formats

    @property
    def fitting(self) -> tuple[Address, ...]:
        """The addresses at which the patient or a carer can read the message, in order, without those that refused it.

        Needs are the patient's own: a carer can read any format. But no message goes to a carer in place of a patient
        who comes first in that order and could not read it. A dead number comes last; but one that opted out stays
        where it is: whoever stops texts has not asked for them elsewhere.
        """
        left = (address for address in self._readable if address.index not in self.refused)
        return tuple(sorted(left, key=lambda address: address.is_dead and not address.opted_out))

    @property
    def _readable(self) -> tuple[Address, ...]:
        if not self.formats or not self.addresses:
            return self.addresses
        own = [a for a in self.addresses if a.role == "self" and SENT_AS[a.channel] in self.formats]
        carers_too = bool(own) or self.addresses[0].role == "carer"
        return tuple(a for a in self.addresses if (carers_too if a.role == "carer" else a in own))


def present(voices: Iterable[Voice]) -> Details:
    """Merge the details that all sources give of a patient.

    A source's own record outranks embedded details, which only fill gaps; the newer outranks the older. Death,
    pauses and opt-outs count from any source.
    """
    best_first = sorted(voices, key=lambda v: (not v.embedded, v.version), reverse=True)
    ranked = [v.details for v in best_first]

    def first(name: str) -> Any:
        return next((value for d in ranked if (value := getattr(d, name)) is not None), None)

    known = Details.model_construct(None, **{name: first(name) for name in Details.model_fields})
    opt_outs = tuple(sorted({category for d in ranked for category in d.opt_outs or ()}))
    deceased = any(d.deceased for d in ranked)
    return known.model_copy(update={"deceased": deceased, "opt_outs": opt_outs, "paused": _paused(best_first)})


def with_care(contacts: Iterable[Contact] | None, voices: Iterable[Voice], region: str) -> tuple[Contact, ...] | None:
    """These contacts, of which one that any source says is not safe is safe in none."""
    if contacts is None:
        return None
    known = safety((contact for voice in voices for contact in voice.details.contacts or ()), region)

    def careful(contact: Contact) -> Contact:
        text, call = known.get(address_of(contact, region) or "", (contact.safe_to_text, contact.safe_to_call))
        return contact.model_copy(update={"safe_to_text": text, "safe_to_call": call})

    return tuple(map(careful, contacts))


def _paused(best_first: Sequence[Voice]) -> bool:
    """Whether any source pauses the patient: one hospital cannot lift another's pause."""
    said: dict[bytes, bool] = {}
    for voice in best_first:
        if voice.details.paused is not None:
            said.setdefault(voice.reference, voice.details.paused)
    return any(said.values())


def person(patient: UUID, details: Details, index: Callable[[str], bytes], region: str) -> Person:
    """A patient's details as delivery needs them, with usable addresses, and the reasons against the others."""
    addresses, refusals = usable(details.contacts or (), index, region)
    return Person(
        patient_id=patient,
        first_name=details.first_name,
        birth_date=details.birth_date,
        language=details.language,
        addresses=addresses,
        refusals=refusals,
        paused=bool(details.paused),
        deceased=bool(details.deceased),
        opted_out=frozenset(details.opt_outs or ()),
        is_test=is_test(details),
        formats=frozenset(details.formats or ()) - OF_MEETING,
    )


def usable(
    contacts: Sequence[Contact], index: Callable[[str], bytes], region: str
) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """The addresses that can receive a message, in the patient's order, and why the others cannot."""
    safe = safety(contacts, region)
    answering = {value for value, may_answer in answers(contacts, region).items() if may_answer}
    addresses: dict[bytes, Address] = {}
    refusals = []
    for contact in contacts:
        if not contact.may_receive:
            refusals.append(f"{contact.channel}: may_receive is false")
            continue
        value = address_of(contact, region)
        if value is None:
            refusals.append(f"{contact.channel}: {refusal_of(contact, region)}")
        elif not safe[value][0]:
            refusals.append(f"{contact.channel}: safe_to_text is false")
        else:
            key = index(value)
            address = Address(
                channel=contact.channel,
                value=value,
                index=key,
                role="self" if contact.role == "self" else "carer",
                may_answer=value in answering,
            )
            addresses.setdefault(key, address)
    return tuple(addresses.values()), tuple(refusals)


def answers(contacts: Iterable[Contact], region: str) -> dict[str, bool]:
    """Every address among these contacts, and whether a text from there may answer for the patient.

    Where several contacts share a phone, the writer is unknown: the phone may answer if any of them may.
    """
    found: dict[str, bool] = {}
    for contact in contacts:
        value = address_of(contact, region)
        if value is not None:
            found[value] = found.get(value, False) or contact.may_answer
    return found


def safety(contacts: Iterable[Contact], region: str) -> dict[str, tuple[bool, bool]]:
    """Every address among these contacts, and whether it is safe to text and to call: where all of them say so."""
    found: dict[str, tuple[bool, bool]] = {}
    for contact in contacts:
        value = address_of(contact, region)
        if value is not None:
            text, call = found.get(value, (True, True))
            found[value] = (text and contact.safe_to_text, call and contact.safe_to_call)
    return found


def address_of(contact: Contact, region: str) -> str | None:
    """A contact's E.164 mobile number, or its mailbox; None where it can receive no message."""
    if contact.channel == "email":
        return mailbox(contact.value)
    number = _mobile(contact.value, region)
    return number.e164 if isinstance(number, Mobile) else None


def refusal_of(contact: Contact, region: str) -> str:
    """Why a contact can receive no message, as a code."""
    if contact.channel == "email":
        return "" if mailbox(contact.value) else "not_an_address"
    number = _mobile(contact.value, region)
    return "" if isinstance(number, Mobile) else number.value


_mobile = lru_cache(maxsize=4096)(mobile)  # what waits is looked at again and again; reading a number takes 0.1 ms
