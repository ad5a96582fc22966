"""What a clinic wants otherwise than the house: how it leads up to appointments, its hours, and whom it writes to.

Each field is a column of the registry's file; an empty cell means that the clinic does as the house does.
"""

import re
from datetime import time
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer, field_validator, model_validator

from shared.calendar.sending_window import CALENDARS, EVERY_DAY, Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _numbers(value: Any) -> Any:
    """Numbers as a cell holds them: `3 1`."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _weekdays(value: Any) -> Any:
    """Days as a cell holds them: `Mon-Fri`, `Mon Wed Sat`."""
    if not isinstance(value, str):
        return value
    found: set[int] = set()
    for part in value.replace(",", " ").split():
        first, _, last = part.partition("-")
        names = [name.lower() for name in DAYS]
        ends = [names.index(end[:3].lower()) + 1 for end in (first, last or first) if end[:3].lower() in names]
        if len(ends) != 2 or ends[0] > ends[1]:  # noqa: PLR2004 - a range has two ends
            message = "write days as Mon-Fri or Mon Wed Sat"
            raise ValueError(message)
        found |= set(range(ends[0], ends[1] + 1))
    return frozenset(found)


def _calendar(value: Any) -> Any:
    if isinstance(value, str) and value not in {*CALENDARS, "none"}:
        message = f"write one of {', '.join(CALENDARS)}, or none where the clinic opens on bank holidays"
        raise ValueError(message)
    return value


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, str):
        answer = {"yes": True, "true": True, "no": False, "false": False}.get(value.lower())
        if answer is None:
            message = "write yes or no"
            raise ValueError(message)
        return answer
    return value


def _series(value: Any) -> Any:
    """How often in a series, as a cell holds it: `each`, `first`, or every so many."""
    if not isinstance(value, str) or re.fullmatch(r"each|first|[2-9]|1\d", value):
        return value
    message = "write each, first, or a number from 2 to 19 for every so many"
    raise ValueError(message)


YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]


class ClinicPolicy(BaseModel):
    """What a clinic wants otherwise than the house; None: as the house has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    agenda_days: int | None = Field(
        default=None,
        ge=0,
        le=60,
        description="calendar days before an appointment on which its agenda is asked for; 0: never",
    )
    reminder_days: Annotated[tuple[Annotated[int, Field(ge=1, le=20)], ...] | None, BeforeValidator(_numbers)] = Field(
        default=None,
        min_length=1,
        max_length=2,
        description="working days before an appointment on which it is reminded of: one number, or two (`7 1`)",
    )
    confirms: YesOrNo | None = Field(
        default=None, description="`yes` where a booking is confirmed at once: what, when, where, and whom to call"
    )
    series: Annotated[str | None, BeforeValidator(_series)] = Field(
        default=None,
        description="for which visits of a series the agenda is asked for: `each`, `first`, or every so many (`4`)",
    )
    weekly_most: int | None = Field(
        default=None, ge=1, le=20, description="most messages that lead up to visits, for one patient in seven days"
    )
    opens: time | None = Field(default=None, description="local time from which messages are sent, such as `09:00`")
    closes: time | None = Field(default=None, description="local time until which they are sent, such as `20:00`")
    weekdays: Annotated[frozenset[int] | None, BeforeValidator(_weekdays)] = Field(
        default=None, description="days on which they are sent, such as `Mon-Sat`"
    )
    holidays: Annotated[str | None, BeforeValidator(_calendar)] = Field(
        default=None,
        description="whose bank holidays are kept: `GB-ENG`, `GB-WLS`, `GB-SCT`, `GB-NIR`, `IE`, or `none`",
    )
    adult_from: int | None = Field(
        default=None,
        ge=13,
        le=16,
        description="age from which the words are for the patient, and not for whoever has the child",
    )
    joining: Literal["email", "call"] | None = Field(
        default=None,
        description="how to join a video visit whose event gives no link: `email` (it comes by e-mail), or `call`",
    )
    condition: str | None = Field(
        default=None, max_length=40, description="group of conditions, such as `depression`; never shown to anybody"
    )
    support_below: int | None = Field(
        default=None, ge=0, le=10, description="a confidence below this calls somebody at once; 0: never"
    )

    @field_validator("agenda_days")
    @classmethod
    def _leaves_room(cls, value: int | None) -> int | None:
        if value in {1, 2}:
            message = "write 3 or more, so that it can be answered before the reminder, or 0 for never"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "ClinicPolicy":
        if (self.opens is None) != (self.closes is None):
            message = "opens and closes belong together"
            raise ValueError(message)
        if self.opens is not None and self.closes is not None and self.opens >= self.closes:
            message = "opens lies before closes, on the same day"
            raise ValueError(message)
        if self.weekdays is not None and not (self.weekdays and self.weekdays <= EVERY_DAY):
            message = "weekdays names at least one day"
            raise ValueError(message)
        return self

    @field_serializer("weekdays")
    def _in_order(self, value: frozenset[int] | None) -> list[int] | None:
        return None if value is None else sorted(value)

    def window(self, usual: Window) -> Window:
        """When messages are sent there: its own hours, days and holidays, in place of the usual ones."""
        return usual if self is NO_POLICY else _window(self, usual)

    def cell(self, name: str) -> str:
        """A field as the registry's file holds it; empty where the clinic does as the house does."""
        value = getattr(self, name)
        if value is None:
            return ""
        if name == "reminder_days":
            return " ".join(map(str, value))
        if name == "weekdays":
            return " ".join(DAYS[day - 1] for day in sorted(value))
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:%H:%M}" if isinstance(value, time) else str(value)


NO_POLICY = ClinicPolicy()
"""Of a clinic that does as the house does: most do, so this very one is told by its identity."""

COLUMNS = tuple(ClinicPolicy.model_fields)
"""The columns of the registry's file that hold what a clinic wants otherwise."""


@lru_cache(maxsize=1024)
def _window(own: ClinicPolicy, usual: Window) -> Window:
    return Window(
        opens=own.opens or usual.opens,
        closes=own.closes or usual.closes,
        weekdays=own.weekdays or usual.weekdays,
        holidays=usual.holidays if own.holidays is None else None if own.holidays == "none" else own.holidays,
        zone=usual.zone,
    )
