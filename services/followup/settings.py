"""What a clinic may tune about goal follow-up and missed appointments, from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from services.followup.policy import Policy
from shared.calendar.spreading import Minute, later_than
from shared.settings import Connections

DEFAULT = Policy()


class Settings(Connections):
    """Settings of the follow-up service."""

    followup_review_days: int = Field(
        default=DEFAULT.review_days,
        ge=1,
        le=90,
        description="days after a goal was set on which it is asked about, where no day was agreed",
    )
    followup_unsure_review_days: int = Field(
        default=DEFAULT.unsure_review_days, ge=1, le=90, description="the same where the patient was not sure of it"
    )
    followup_low_confidence: int = Field(
        default=DEFAULT.low_confidence,
        ge=0,
        le=10,
        description="the number from 0 to 10 below which a patient is not sure",
    )
    followup_question_working_days: int = Field(
        default=DEFAULT.question_working_days,
        ge=1,
        le=10,
        description="working days after its own on which a question about a goal may still go",
    )
    followup_silence_days: int = Field(
        default=DEFAULT.silence.days, ge=1, le=30, description="days for which an answer is waited for, each time"
    )
    followup_missed_working_days: int = Field(
        default=DEFAULT.missed_working_days,
        ge=1,
        le=20,
        description="working days after a missed appointment in which the patient is told",
    )
    followup_spread_from: Minute = Field(
        default=DEFAULT.spread_from, description="local time from which these messages are spread, by patient"
    )
    followup_spread_until: Annotated[Minute, later_than("followup_spread_from")] = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return Policy(
            review_days=self.followup_review_days,
            unsure_review_days=self.followup_unsure_review_days,
            low_confidence=self.followup_low_confidence,
            question_working_days=self.followup_question_working_days,
            silence=timedelta(days=self.followup_silence_days),
            missed_working_days=self.followup_missed_working_days,
            spread_from=self.followup_spread_from,
            spread_until=self.followup_spread_until,
            zone=self.default_zone,
            holidays=self.holidays,
        )
