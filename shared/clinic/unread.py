"""Reads data leniently: a detail that cannot be read is left out and noted, and the rest is taken.

A number that somebody pasted must not cost an appointment's cancellation. What says whose a thing is, and what state it
is in, is never left out: without it the event is refused.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class UnreadReason(StrEnum):
    """Why a detail could not be read."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    UNPRINTABLE = "unprintable"
    WRONG_TYPE = "wrong_type"
    NOT_KNOWN = "not_known"
    CHECK_DIGIT = "check_digit"
    NO_DATE = "no_date"
    NOT_WRITTEN = "not_written"
    BEFORE_START = "before_start"
    NO_ADDRESS = "no_address"
    NO_NUMBER = "no_number"
    UNREADABLE = "unreadable"


REASONS: Mapping[UnreadReason, str] = {
    UnreadReason.EMPTY: "nothing stands there",
    UnreadReason.TOO_LONG: "it is too long",
    UnreadReason.TOO_MANY: "there are too many: the first are used",
    UnreadReason.UNPRINTABLE: "it holds control characters",
    UnreadReason.WRONG_TYPE: "it is of another type than it should be",
    UnreadReason.NOT_KNOWN: "it is none of the values that are known",
    UnreadReason.CHECK_DIGIT: "it is no NHS number: its check digit is wrong",
    UnreadReason.NO_DATE: "it is no date",
    UnreadReason.NOT_WRITTEN: "no message is written in this language: the site's is used",
    UnreadReason.BEFORE_START: "it lies before the start",
    UnreadReason.NO_ADDRESS: "it is no e-mail address",
    UnreadReason.NO_NUMBER: "it is no telephone number",
    UnreadReason.UNREADABLE: "it cannot be read",
}
"""The reasons as sentences; they never hold the value."""

_REASON_OF: Mapping[str, UnreadReason] = {
    "missing": UnreadReason.EMPTY,
    "string_too_short": UnreadReason.EMPTY,
    "string_too_long": UnreadReason.TOO_LONG,
    "too_long": UnreadReason.TOO_MANY,
    "unprintable": UnreadReason.UNPRINTABLE,
    "literal_error": UnreadReason.NOT_KNOWN,
    "check_digit": UnreadReason.CHECK_DIGIT,
    "birth_date": UnreadReason.NO_DATE,
    "timezone_aware": UnreadReason.NO_DATE,
    "instant_text": UnreadReason.NO_DATE,
    "instant_range": UnreadReason.NO_DATE,
    "wrong_type": UnreadReason.WRONG_TYPE,
    "extra_forbidden": UnreadReason.UNREADABLE,
}


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """A detail that was left out, by the name of its field (`contacts.value`), and why. Never its value."""

    field: str
    reason: UnreadReason

    def __str__(self) -> str:
        """The detail and the cause as a remark for people."""
        return f"{self.field} is not used: {REASONS[self.reason]}"


def lenient(value: Any, handler: Callable[[Any], M], optional: Iterable[str]) -> tuple[M, tuple[Unread, ...]]:
    """Validate an object; of its optional fields leave out what cannot be read. What was left out, and why.

    Args:
        value: the object as it came.
        handler: validates it.
        optional: the fields that may be left out. Of a list, the item alone that cannot be read.

    Raises:
        ValidationError: another field cannot be read.

    """
    left_out: dict[Unread, None] = {}
    while True:
        try:
            return handler(value), tuple(left_out)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=True)
            if not isinstance(value, dict) or any(not e["loc"] or str(e["loc"][0]) not in optional for e in found):
                raise
            left_out |= {_unread(e["loc"], e["type"]): None for e in found}
            value = _without(value, [(e["loc"], e.get("ctx", {}).get("max_length")) for e in found])


def _unread(loc: tuple[int | str, ...], type_: str) -> Unread:
    reason = _REASON_OF.get(type_, UnreadReason.UNREADABLE)
    if type_.startswith("datetime_"):
        reason = UnreadReason.NO_DATE
    elif type_.endswith(("_type", "_parsing")):
        reason = UnreadReason.WRONG_TYPE
    return Unread(".".join(part for part in loc if isinstance(part, str)), reason)


def _without(value: dict[str, Any], faults: list[tuple[tuple[int | str, ...], int | None]]) -> dict[str, Any]:
    """The object without the fields, or the items of its lists, that these faults are of."""
    kept = dict(value)
    for name in {loc[0] for loc, _ in faults}:
        items = kept.get(str(name))
        wrong = {loc[1] for loc, _ in faults if loc[0] == name and len(loc) > 1 and isinstance(loc[1], int)}
        most = next((most for loc, most in faults if loc == (name,)), None)
        if isinstance(items, list | tuple) and (wrong or most):
            left = [item for place, item in enumerate(items) if place not in wrong][:most]
            kept[str(name)] = left or None  # nothing that could be read was said: not that there is none
        else:
            kept.pop(str(name), None)
    return kept
