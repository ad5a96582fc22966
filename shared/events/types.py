"""Types of the fields of events: strict about times and text, and their errors quote no input."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from shared.calendar.zones import parse_zone
from shared.events.visible import visible

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class EventData(BaseModel):
    """The parent of all event data: frozen, ignores unknown fields, and quotes no input in errors."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _text_only(value: Any) -> Any:
    """Refuse numbers: whether 1764547200 means seconds or milliseconds is a guess."""
    if isinstance(value, datetime | str):
        return value
    raise PydanticCustomError("instant_text", "an instant is written as RFC 3339 text, such as 2026-12-01T09:00:00Z")


def _sane(value: datetime) -> datetime:
    """Refuse instants near the edges of the calendar: they overflow when a zone is applied."""
    if not EARLIEST <= value <= LATEST:
        raise PydanticCustomError("instant_range", "an instant lies between the years 1900 and 2200")
    return value.astimezone(UTC)


def _day_text(value: Any) -> Any:
    """Refuse numbers, and instants: in which time zone an instant's day is meant is a guess."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise PydanticCustomError("day_text", "a day is written as text, such as 2026-12-01")
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise PydanticCustomError("day_text", "a day is written as text, such as 2026-12-01")
    return value


def _sane_day(value: date) -> date:
    """Refuse days near the edges of the calendar: a rule adds months to them."""
    if not EARLIEST.date() <= value < LATEST.date():
        raise PydanticCustomError("day_range", "a day lies between the years 1900 and 2200")
    return value


def _zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return parse_zone(value if isinstance(value, str) else "")
    except ValueError:  # its words quote the input, and who knows what stands there
        raise PydanticCustomError("unknown_zone", "no zone of the IANA time zone database") from None


def _seen(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("unprintable", "contains control characters")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_sane)]
"""An instant with a zone (RFC 3339), kept in UTC."""

Day = Annotated[date, BeforeValidator(_day_text), AfterValidator(_sane_day)]
"""A local calendar day (ISO 8601)."""

Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
"""An IANA time zone name, such as Europe/London."""

LONGEST_CODE = 200

Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CODE),
    BeforeValidator(_seen),
    AfterValidator(_printable),
]
"""An identifier or address that another system gave, without what is invisible in it; see `visible`."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
"""Text written by a person."""
