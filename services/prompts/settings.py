"""What a clinic may tune about prompts, from the environment."""

from datetime import time

from pydantic import Field, ValidationInfo, field_validator

from services.prompts.policy import Policy
from shared.settings import Connections

DEFAULT = Policy()


class Settings(Connections):
    """Settings of the prompts service."""

    prompts_agenda_days: int = Field(
        default=DEFAULT.agenda_days,
        ge=3,
        le=60,
        description="calendar days before an appointment that the agenda is asked for",
    )
    prompts_reminder_working_days: int = Field(
        default=DEFAULT.reminder_working_days, ge=1, le=20, description="working days before that a reminder is sent"
    )
    prompts_spread_from: time = Field(
        default=DEFAULT.spread_from, description="local time from which prompts and reminders are spread, by patient"
    )
    prompts_spread_until: time = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

    @field_validator("prompts_spread_from", "prompts_spread_until")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None or value != value.replace(second=0, microsecond=0):
            message = "is not a whole minute of the clinic's own clock, such as 10:00"
            raise ValueError(message)
        return value

    @field_validator("prompts_spread_until")
    @classmethod
    def _lies_in_the_window(cls, value: time, info: ValidationInfo) -> time:
        usual, begins = DEFAULT.window(DEFAULT.zone), info.data.get("prompts_spread_from", DEFAULT.spread_from)
        if not usual.opens <= begins < value <= usual.closes:
            message = (
                f"is not later than COCREATE_PROMPTS_SPREAD_FROM, or one of them is not between {usual.opens:%H:%M} "
                f"and {usual.closes:%H:%M}"
            )
            raise ValueError(message)
        return value

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return Policy(
            agenda_days=self.prompts_agenda_days,
            reminder_working_days=self.prompts_reminder_working_days,
            spread_from=self.prompts_spread_from,
            spread_until=self.prompts_spread_until,
            zone=self.default_zone,
            holidays=self.holidays,
        )
