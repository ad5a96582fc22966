"""The numbers behind the rules of reunions, each with its meaning, unit, limits and source."""

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.rules.policy import PlannerPolicy, fixed, source


def _share(value: Any) -> Fraction:
    try:
        share = Fraction(value)
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share <= 1:
        message = "is not a share above 0 and up to 1, such as 5/7 or 0.7"
        raise ValueError(message)
    return share


def _months(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    months = [month.strip() for month in value.split(",")]
    numbers = tuple(int(month) for month in months if month.isdecimal() and len(month) <= len("120"))
    if len(numbers) != len(months) or list(numbers) != sorted(set(numbers)) or not all(numbers):
        message = "is not a row of months from 1 on that rise, such as 3,6,12"
        raise ValueError(message)
    return numbers


class Policy(PlannerPolicy):
    """When people are invited, asked again, told of their place and reminded; and who is a graduate."""

    invite_weeks: int = Field(
        default=6,
        ge=1,
        le=26,
        description="weeks before a reunion in which people are invited, on that day or the last working day before "
        "it; late graduates at their next time",
        json_schema_extra=source("our choice: time to plan a day, not enough to forget it"),
    )
    invite_until: timedelta = Field(
        default=timedelta(days=2),
        description="later than this before the list closes nobody is invited",
        json_schema_extra=fixed("our choice: nobody would have time to answer"),
    )
    again_days: int = Field(
        default=14,
        ge=3,
        le=60,
        description="days of silence after which an invitation is repeated, once",
        json_schema_extra=source("our choice"),
    )
    again_until: timedelta = Field(
        default=timedelta(days=3),
        description="later than this before the list closes it is not repeated",
        json_schema_extra=fixed("our choice: the first one named that day"),
    )
    confirm_days: int = Field(
        default=7,
        ge=3,
        le=30,
        description="calendar days before a reunion on which whoever has a place is told so once more, or the last "
        "working day before that",
        json_schema_extra=source("our choice: a place can be passed on"),
    )
    reminder_working_days: int = Field(
        default=1,
        description="working days before a reunion on which they are reminded",
        json_schema_extra=fixed("as for appointments: the nearer of two reminders"),
    )
    graduate_share: Annotated[Fraction, BeforeValidator(_share)] = Field(
        default=Fraction(5, 7),
        description="share of a course's sessions that were not cancelled, from how many on, rounded up, somebody is a "
        "graduate, such as 5/7",
        json_schema_extra=source("the published model (Lorig): 5 of 7"),
    )
    offer_hours: int = Field(
        default=48,
        ge=4,
        le=168,
        description="hours for which a free place is held for the first of those who wait, from when the text may "
        "leave to the next opening of the window",
        json_schema_extra=source("our choice: time to see a text, and to ask at home"),
    )
    graduates_enough: int = Field(
        default=6,
        ge=1,
        le=1000,
        description="graduates of a site that are worth a reunion",
        json_schema_extra=source("local policy: a group that is worth a room"),
    )
    due_months: Annotated[tuple[int, ...], BeforeValidator(_months)] = Field(
        default=(3, 6, 12),
        description="months after a course's last session when a reunion is due, with commas between them",
        json_schema_extra=source("local policy"),
    )
    apart: timedelta = Field(
        default=timedelta(hours=24),
        description="a confirmation or a reminder comes at least so long after the patient last heard of the reunion",
        json_schema_extra=fixed("our choice"),
    )
    urgent_ahead: timedelta = Field(
        default=timedelta(hours=24),
        description="a notice is urgent (07:00 to 21:00, daily) where the usual window opens less than this before the "
        "reunion",
        json_schema_extra=fixed("our choice: somebody may set out for nothing"),
    )
    ack_lives: timedelta = Field(
        default=timedelta(hours=2),
        description="an acknowledgement is due at once; after this, what it would have told is a message of its own",
        json_schema_extra=fixed("our choice: later, nobody knows what it answers"),
    )
    same_again: timedelta = Field(
        default=timedelta(hours=24),
        description="the same answer within this is not acknowledged again",
        json_schema_extra=fixed("our choice: nobody needs two thanks, and each is paid for"),
    )
