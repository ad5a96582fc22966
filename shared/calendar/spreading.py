"""Settings of times of day: between which of them, by the clinic's own clock, messages are spread over patients."""

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ValidationInfo

from shared.calendar.sending_window import usual

HOURS = usual(ZoneInfo("Europe/London"))
"""The hours of the usual window are the same everywhere."""


def _is_local(value: time) -> time:
    if value.tzinfo is not None or value != value.replace(second=0, microsecond=0):
        message = "is not a whole minute of the clinic's own clock, such as 10:00"
        raise ValueError(message)
    return value


Minute = Annotated[time, AfterValidator(_is_local)]
"""A whole minute of the clinic's own clock."""


def later_than(other: str) -> AfterValidator:
    """Holds that a time lies behind another setting's, and both in the usual window."""

    def check(value: time, info: ValidationInfo) -> time:
        if not HOURS.opens <= info.data.get(other, HOURS.opens) < value <= HOURS.closes:
            message = (
                f"is not later than COCREATE_{other.upper()}, or one of them is not between {HOURS.opens:%H:%M} "
                f"and {HOURS.closes:%H:%M}"
            )
            raise ValueError(message)
        return value

    return AfterValidator(check)
