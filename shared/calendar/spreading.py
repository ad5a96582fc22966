"""Times of day between which, by the clinic's own clock, messages are spread over patients."""

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ValidationInfo

from shared.calendar.sending_window import usual

HOURS = usual(ZoneInfo("Europe/London"))
"""The hours of the usual window are the same everywhere."""


def _is_in_hours(value: time) -> time:
    if value.tzinfo is not None or value != value.replace(second=0, microsecond=0):
        message = "is not a whole minute of the clinic's own clock, such as 10:00"
        raise ValueError(message)
    if not HOURS.opens <= value <= HOURS.closes:
        message = f"is not between {HOURS.opens:%H:%M} and {HOURS.closes:%H:%M}"
        raise ValueError(message)
    return value


Minute = Annotated[time, AfterValidator(_is_in_hours)]
"""A whole minute of the clinic's own clock, in the hours of the usual window."""


def later_than(other: str) -> AfterValidator:
    """Holds that a time lies behind that of another field of its policy."""

    def check(value: time, info: ValidationInfo) -> time:
        if value <= info.data.get(other, HOURS.opens):
            message = f"is not later than {other.upper()}"
            raise ValueError(message)
        return value

    return AfterValidator(check)
