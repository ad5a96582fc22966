"""The types of what crosses a wire: strict about time and text, silent about patients in errors."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from shared.calendar.zones import parse_zone

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class EventData(BaseModel):
    """The parent of everything read from a topic: frozen, tolerant of unknown fields, quoting no input in an error."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _text_only(value: Any) -> Any:
    """Numbers are refused: whether 1764547200 means seconds or milliseconds is a guess."""
    if isinstance(value, datetime | str):
        return value
    raise PydanticCustomError("instant_text", "an instant is written as RFC 3339 text, such as 2026-12-01T09:00:00Z")


def _sane(value: datetime) -> datetime:
    """Instants near the edges of the calendar overflow when a zone is applied."""
    if not EARLIEST <= value <= LATEST:
        raise PydanticCustomError("instant_range", "an instant lies between the years 1900 and 2200")
    return value.astimezone(UTC)


def _day_text(value: Any) -> Any:
    """Numbers are refused here as well, and so is an instant: whose day it would be is a guess."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise PydanticCustomError("day_text", "a day is written as text, such as 2026-12-01")
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise PydanticCustomError("day_text", "a day is written as text, such as 2026-12-01")
    return value


def _sane_day(value: date) -> date:
    """A rule adds months to it."""
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


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("unprintable", "contains control characters")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_sane)]
"""An instant with a zone (RFC 3339), kept in UTC."""

Day = Annotated[date, BeforeValidator(_day_text), AfterValidator(_sane_day)]
"""A day of somebody's calendar (ISO 8601)."""

Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
"""An IANA time zone name, such as Europe/London."""

LONGEST_CODE = 200

Code = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CODE), AfterValidator(_printable)
]
"""An identifier that somebody else gave."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
"""Words written by a person."""
