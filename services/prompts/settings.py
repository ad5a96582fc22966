"""What a clinic may tune about prompts, from the environment."""

from typing import Annotated

from pydantic import Field

from services.prompts.policy import Policy
from shared.calendar.spreading import Minute, later_than
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
    prompts_spread_from: Minute = Field(
        default=DEFAULT.spread_from, description="local time from which prompts and reminders are spread, by patient"
    )
    prompts_spread_until: Annotated[Minute, later_than("prompts_spread_from")] = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

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
