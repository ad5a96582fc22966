"""Patients as clinics publish them: who they are, how they are reached, and what they need to read or hear."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from shared.clinic.birth_date import BirthDate
from shared.clinic.language import OTHER, Tag
from shared.clinic.nhs_number import nhs_number
from shared.clinic.unread import Unread, UnreadReason, lenient
from shared.events.types import Code, EventData, Text
from shared.events.visible import visible

PATIENTS = "clinic.patients"

_SPELT: Mapping[str, str] = MappingProxyType({"e-mail": "email"})


def _plain(value: Any) -> Any:
    """A code in the spelling that we use: systems write `SMS`, `E-mail` and `Self`."""
    if not isinstance(value, str):
        return value
    code = visible(value).strip().casefold()
    return _SPELT.get(code, code)


def _listed(value: Any) -> Any:
    """A single one as a list of one; blanks in a list stand for nothing."""
    items = [value] if isinstance(value, str | dict) else value
    if not isinstance(items, list):
        return items
    return [item for item in items if item is not None and not (isinstance(item, str) and not item.strip())]


def _nhs_number(value: str) -> str:
    if nhs_number(value) is None:
        raise PydanticCustomError("check_digit", "an NHS number has ten digits, of which the last is a check digit")
    return value


class Contact(EventData):
    """One way to reach a patient; the order in a list is the patient's order of preference."""

    channel: Annotated[Literal["sms", "email"], BeforeValidator(_plain)]
    value: Code = Field(repr=False, description="a phone number as people write it, or an e-mail address")
    role: Annotated[Literal["self", "carer", "parent", "proxy"], BeforeValidator(_plain)] = "self"
    may_receive: bool = True
    may_answer: bool = True
    safe_to_text: bool = Field(
        default=True, description="false: somebody else may read it; nothing goes there, for whoever has it"
    )
    safe_to_call: bool = Field(default=True, description="false: tasks say that nobody may call there")
    best_times: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, repr=False, description="when to call, in the clinic's words, for staff: `weekdays after 15:00`"
    )


Need = Literal[
    # how to be contacted
    "text",
    "email",
    "telephone",
    "text-relay",
    "letter",
    # in which format to be written to
    "large-print",
    "braille",
    "moon",
    "audio",
    "easy-read",
    "bsl",
    "makaton",
    # who or what is there when they meet
    "interpreter",
    "support",
    # one that we have no code for
    "other",
]
"""What a patient needs to be able to read or hear, by the categories of the NHS Accessible Information Standard.

It has four: a specific contact method, a specific information format, a communication professional, and communication
support (DCB1605, Specification, https://www.england.nhs.uk/accessibleinfo). Our codes are few: `bsl` and `makaton` are
messages as a signed video; a person who signs or speaks in the room is an `interpreter`; any support there, such as a
hearing loop or an advocate, is `support`, and neither of these two says how to write to the patient. A need that we
have no code for is `other`: no message meets it, so that nobody is written to as if it had not been there.
"""


_SQUEEZED: Mapping[str, str] = MappingProxyType({need.replace("-", ""): need for need in get_args(Need)})


def _need(value: Any) -> Any:
    """A need by its code, however it is spelt: `Large Print`, `easyRead`."""
    code = re.sub(r"[\W_]+", "", visible(value)).casefold() if isinstance(value, str) else ""
    return _SQUEEZED.get(code, value)


def _known(value: Any) -> Any:
    """Yes, no, or None where the word says that nobody knows; a date of death is a death."""
    word = value.strip().casefold() if isinstance(value, str) else ""
    if (value is not None and word in {"unknown", "not known", "n/a", "null", "none"}) or value == "":
        return None
    return True if re.match(r"(?:19|20)\d\d-\d\d", word) else value


Known = Annotated[bool | None, BeforeValidator(_known)]
"""Yes or no, where somebody knows."""

NumberStatus = Literal[
    "number-present-and-verified",
    "number-present-but-not-traced",
    "trace-required",
    "trace-attempted-no-match-or-multiple-match-found",
    "trace-needs-to-be-resolved",
    "trace-in-progress",
    "number-not-present-and-trace-not-required",
    "trace-postponed",
]
"""Whether an NHS number was traced: the codes of FHIR UK Core's NHSNumberVerificationStatus, in the order of the NHS
Data Dictionary's NHS NUMBER STATUS INDICATOR CODE, 01 to 08, which are read as well."""

_INDICATOR: Mapping[str, str] = MappingProxyType(
    {f"{number:02}": code for number, code in enumerate(get_args(NumberStatus), 1)}
)


def _status(value: Any) -> Any:
    code = _plain(value)
    return _INDICATOR.get(code, code) if isinstance(code, str) else value


Category = Literal["all", "appointments", "goals", "groups"]

SAFETY = frozenset({"paused", "deceased"})
"""What, where it cannot be read, pauses the patient: a person looks before anything goes to the dead or the unsafe."""


class Details(EventData):
    """Details of a person. A field that is absent is unknown; an empty list is known to be empty.

    What cannot be read costs that detail alone; `unread` names it.
    """

    nhs_number: Annotated[Code, AfterValidator(_nhs_number)] | None = Field(default=None, repr=False)
    nhs_number_status: Annotated[NumberStatus, BeforeValidator(_status)] | None = Field(
        default=None, description="whether the number was traced; only a verified one unites records by itself"
    )
    first_name: Text | None = Field(default=None, repr=False)
    birth_date: BirthDate | None = Field(
        default=None, repr=False, description="FHIR `date`: a day, or a month or a year where no more is known"
    )
    language: Tag = None
    formats: Annotated[tuple[Annotated[Need, BeforeValidator(_need)], ...], BeforeValidator(_listed)] | None = Field(
        default=None,
        max_length=20,
        repr=False,
        description="needs, of which any one met will do; an empty list: no such need",
    )
    contacts: Annotated[tuple[Contact, ...], BeforeValidator(_listed)] | None = Field(default=None, max_length=20)
    paused: Known = Field(default=None, description="an inpatient, bereaved, an unsafe phone: send nothing for now")
    deceased: Known = None
    opt_outs: Annotated[tuple[Annotated[Category, BeforeValidator(_plain)], ...], BeforeValidator(_listed)] | None = (
        None
    )
    test_patient: bool | None = Field(
        default=None, description="a record that stands for nobody, to try a system out: nothing is sent"
    )

    _unread: tuple[Unread, ...] = PrivateAttr(default=())

    @property
    def number_is_verified(self) -> bool:
        """Whether the NHS number was traced, and found to be this patient's."""
        return self.nhs_number_status == "number-present-and-verified"

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The details that came along and could not be read."""
        return self._unread

    @model_validator(mode="wrap")
    @classmethod
    def _leniently(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return value
        made, left_out = lenient(value, handler, Details.model_fields)
        if left_out:
            made = made.model_copy(update=_in_doubt(made, left_out))
        if made.language == OTHER:
            left_out = (*left_out, Unread("language", UnreadReason.NOT_WRITTEN))
        made._unread = left_out  # noqa: SLF001 - its own
        return made


def _in_doubt(made: Details, left_out: Iterable[Unread]) -> dict[str, Any]:
    """What stands for details that could not be read, where going on without them might do harm."""
    fields = {unread.field for unread in left_out if unread.reason is not UnreadReason.TOO_MANY}
    doubts: dict[str, Any] = {} if SAFETY.isdisjoint(fields) else {"paused": True}
    if "formats" in fields:
        doubts["formats"] = tuple(dict.fromkeys((*(made.formats or ()), "other")))
    return doubts


class Patient(Details):
    """`clinic.patients`: who a patient is, in the clinic's own words. Outranks details embedded elsewhere."""


class PatientReference(Details):
    """The patient of an appointment or a goal. Embedded details only fill gaps that `clinic.patients` leaves."""

    id: Code = Field(description="the patient's identifier at this source")


class OfPatient(EventData):
    """The state of a thing that belongs to a patient."""

    patient: PatientReference

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The patient's details that came along and could not be read, by their names in this event."""
        return tuple(Unread(f"patient.{one.field}", one.reason) for one in self.patient.unread)

    def refers(self, source: str) -> tuple[str, ...]:
        """The names of the shared things (courses) to which this one refers."""
        del source
        return ()

    def bare(self, reference: str) -> Self:
        """A copy in which a blind index stands for the patient's details: facts are stored so."""
        return self.model_copy(update={"patient": PatientReference(id=reference)})
