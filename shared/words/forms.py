"""Forms: the placeholders of each message and the answers to it, as its planner declares them.

A form is checked against every plan's data (`misfits`) and every wording that an operator saves (`lint`), and samples
for both are made from it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from shared.calendar.zones import parse_zone
from shared.clinic.appointment import Mode
from shared.clinic.joining import is_web_address


class Field(StrEnum):
    """The kind of a placeholder, which decides how a wording may use it."""

    TEXT = "text"
    """Text, shown as it is."""
    INSTANT = "instant"
    """`{"at": RFC 3339, "zone": IANA}`: shown by `day`, `on`, `time` and `between`."""
    PLACE = "place"
    """`{"place": key}`: has `name`, `address`, `phone` and `sender`."""
    FLAG = "flag"
    """True or false, for `if`."""
    VISITS = "visits"
    """Several appointments, of `start`, `end`, `mode` and `place`: shown by `lines`, `listed`, `dated` and `phones`."""
    SERIES = "series"
    """Several appointments as in `VISITS`, on different days, which the same filters then name."""
    OTHERS = "others"
    """Appointments as in `VISITS`, of which there may be none: for `if`, and shown by the same filters."""
    LINK = "link"
    """`{"link": address}`: a web address by which to join a video visit; empty where there is none."""
    AGENDAS = "agendas"
    """A clinician's day: appointments at one place, each with `start`, `end`, `mode` and `said`: shown by `agendas`.

    `said` is `{"thing": name}`: the patient's replies about that thing are not in the plan; they are read at the claim.
    """
    ATTENDANCE = "attendance"
    """`{"thing": name of a reunion}`: its attendance is read at the claim too; shown by `coming` and `attendance`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The kind of a placeholder that holds one of a few codes, for `if`: never shown."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of one message.

    Attributes:
        name: the template's name in plans.
        category: the category of which a patient can opt out.
        fields: the placeholders beside the general ones (see `GENERAL_FIELDS`).
        answers: the answer tokens that it may ask for; keys of `shared.replies.answer_tokens.TOKENS`.
        open_question: whether free text is an answer to it.
        needs_contact: whether its wordings must say how to change something, or give a number to call.
        shows: of a list for staff, the planner whose things it shows: what was answered is read at the claim. A message
            to a patient has none.

    """

    name: str
    category: str
    fields: Mapping[str, Field | Choice] = field(default_factory=lambda: MappingProxyType({}))
    answers: frozenset[str] = frozenset()
    open_question: bool = False
    needs_contact: bool = True
    shows: str = ""


GENERAL_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "first_name": Field.TEXT,  # the patient's; "Hello" where none is known
        "greeting": Field.TEXT,  # "Dear Ada", or "Hello"; to a carer always "Hello"
        "can_answer": Field.FLAG,  # whether answers like `1` reach us: the sender can receive, and we read them
        "can_write": Field.FLAG,  # whether somebody reads free text at this place
    }
)
"""Placeholders that every wording may use."""

LONGEST_TEXT = 200  # more than any one value of a text message may take: three segments hold 459 characters
MODES = frozenset(Mode)
INSTANT_PARTS = frozenset({"at", "zone"})
VISIT_PARTS = frozenset({"start", "end", "mode", "place"})
AGENDA_PARTS = frozenset({"start", "end", "mode", "said"})


def misfits(form: Form, data: Mapping[str, Any]) -> tuple[str, ...]:
    """How a plan's data differs from its form: sentences that name fields, and quote none of the data."""
    fields = form.fields
    wrong = _wrong(fields, data)
    if not wrong and data.keys() == fields.keys():
        return ()
    return (
        *(f"{name} is missing" for name in fields if name not in data),
        *(f"{name} is not declared" for name in data if name not in fields),
        *(f"{name} is no {_meant(fields[name])}" for name in wrong),
    )


def _wrong(fields: Mapping[str, Field | Choice], data: Mapping[str, Any]) -> list[str]:
    return [name for name, kind in fields.items() if name in data and not _fits(kind, data[name])]


def _fits(kind: Field | Choice, value: Any) -> bool:
    return value in kind.of if isinstance(kind, Choice) else FITS[kind](value)


def _meant(kind: Field | Choice) -> str:
    return f"one of {', '.join(kind.of)}" if isinstance(kind, Choice) else kind.value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_instant(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != INSTANT_PARTS:
        return False
    try:
        parse_zone(value["zone"])
        return datetime.fromisoformat(value["at"]).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_place(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"place"} and isinstance(value["place"], str)


def _is_link(value: Any) -> bool:
    if not (isinstance(value, dict) and value.keys() == {"link"} and isinstance(value["link"], str)):
        return False
    return not value["link"] or is_web_address(value["link"])


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_timed(value: Any, parts: frozenset[str]) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == parts
        and _is_instant(value["start"])
        and _is_instant(value["end"])
        and isinstance(value["mode"], str)
        and value["mode"] in MODES
    )


def _is_visit(value: Any) -> bool:
    return _is_timed(value, VISIT_PARTS) and _is_place(value["place"])


def _is_agenda(value: Any) -> bool:
    if not _is_timed(value, AGENDA_PARTS):
        return False
    return _is_name(value["said"])


def _is_name(value: Any) -> bool:
    """Whether the value is a thing's name alone: a plan never holds a patient's replies or an attendance list."""
    return isinstance(value, dict) and value.keys() == {"thing"} and isinstance(value["thing"], str)


def _are(one: Callable[[Any], bool], fewest: int = 1) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) >= fewest and all(map(one, value))


FITS: Mapping[Field, Callable[[Any], bool]] = MappingProxyType(
    {
        Field.TEXT: _is_text,
        Field.INSTANT: _is_instant,
        Field.PLACE: _is_place,
        Field.FLAG: _is_flag,
        Field.LINK: _is_link,
        Field.VISITS: _are(_is_visit),
        Field.SERIES: _are(_is_visit),
        Field.OTHERS: _are(_is_visit, fewest=0),
        Field.AGENDAS: _are(_is_agenda),
        Field.ATTENDANCE: _is_name,
    }
)


def as_json(form: Form) -> str:
    """A form as JSON, equal for equal forms; a choice is a list of its codes."""
    told: dict[str, Any] = {
        "name": form.name,
        "category": form.category,
        "fields": {name: _kind_as_json(kind) for name, kind in form.fields.items()},
        "answers": sorted(form.answers),
        "open_question": form.open_question,
        "needs_contact": form.needs_contact,
        **({"shows": form.shows} if form.shows else {}),
    }
    return json.dumps(told, sort_keys=True)


def from_json(text: str) -> Form:
    """The form that `as_json` wrote."""
    told: dict[str, Any] = json.loads(text)
    fields = {
        name: Choice(tuple(kind)) if isinstance(kind, list) else Field(kind) for name, kind in told["fields"].items()
    }
    return Form(**{**told, "fields": MappingProxyType(fields), "answers": frozenset(told["answers"])})


def _kind_as_json(kind: Field | Choice) -> str | list[str]:
    return list(kind.of) if isinstance(kind, Choice) else kind.value
