"""Birth dates as systems know them: a day, a month or a year; and the age that one gives on a day."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_YEAR = 1870
"""Nobody who was born before has grown as old as that: 122 years are the most that are known (Jeanne Calment)."""

GROWN_UP = 18  # years (Children Act 1989, section 105: a child is under the age of eighteen)

# hl7.org/fhir/R4/datatypes.html#date. Systems that keep a day as an instant write its midnight.
_DATE = re.compile(
    r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?)?)?", re.ASCII
)


def birth_date(text: str) -> str | None:
    """A birth date as `2024`, `2024-05` or `2024-05-01`; None where the text is none of these."""
    found = _DATE.fullmatch(text.strip())
    if found is None or int(found[1]) < FIRST_YEAR:
        return None
    read = "-".join(part for part in found.groups() if part)
    if found[3]:
        try:
            date.fromisoformat(read)
        except ValueError:
            return None
    return read


def age_on(born: str | None, day: date) -> int | None:
    """The age on a day, in completed years; None where it is unknown, or the person was not born yet.

    Where only a year or a month of birth is known, its last day counts: better a child for too long.
    """
    found = _DATE.fullmatch(born or "")
    if found is None or born is None or born > day.isoformat()[: len(born)]:
        return None
    year, month, last = int(found[1]), int(found[2] or 12), int(found[3] or 31)
    return max(day.year - year - ((day.month, day.day) < (month, last)), 0)


def is_child(born: str | None, day: date) -> bool:
    """Whether somebody is under 18 on a day; False where the birth date is unknown."""
    age = age_on(born, day)
    return age is not None and age < GROWN_UP


def _read(value: Any) -> str:
    found = birth_date(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("birth_date", "a birth date is written as 2024-05-01, 2024-05 or 2024")
    return found


BirthDate = Annotated[str, BeforeValidator(_read)]
"""A date of birth (FHIR `date`): a day, or a month or year where no more is known."""
