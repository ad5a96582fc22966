"""What a message of one name may say, and which answers it understands: declared by its planner.

A form is held against every plan's data (`misfits`), every wording that an operator saves (`lint`), and it makes the
samples that both are tried with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Field(StrEnum):
    """What a placeholder holds, and so what a wording may do with it."""

    TEXT = "text"
    """Words, shown as they are."""
    INSTANT = "instant"
    """`{"at": RFC 3339, "zone": IANA}`: shown by `day`, `on`, `time` and `between`."""
    PLACE = "place"
    """`{"place": key}`: has `name`, `address`, `phone` and `sender`."""
    FLAG = "flag"
    """True or false, for `if`."""
    VISITS = "visits"
    """Several appointments, each with `start`, `end`, `mode` and `place`: shown by `lines`, `listed` and `phones`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A placeholder that holds one of a few codes, for `if`: never shown."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What a message of one name may say.

    Attributes:
        name: what plans call it.
        category: what a patient can opt out of.
        fields: the placeholders beside everybody's own (see `EVERYBODYS`).
        answers: the tokens that an answer to it may consist of; keys of `shared.answers.TOKENS`.
        open_question: whether own words in answer to it are read as such.
        needs_contact: whether it must say how to change something or call.

    """

    name: str
    category: str
    fields: Mapping[str, Field | Choice] = field(default_factory=lambda: MappingProxyType({}))
    answers: frozenset[str] = frozenset()
    open_question: bool = False
    needs_contact: bool = True


EVERYBODYS: Mapping[str, Field] = MappingProxyType(
    {
        "first_name": Field.TEXT,  # the patient's; "Hello" where none is known
        "greeting": Field.TEXT,  # "Dear Ada", or "Hello"; to a carer always "Hello"
        "can_answer": Field.FLAG,  # whether answers like `1` reach us: the sender can receive, and we read them
        "can_write": Field.FLAG,  # whether somebody reads free text at this place
    }
)
"""Placeholders that every wording may use."""
