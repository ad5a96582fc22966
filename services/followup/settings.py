"""What a clinic may tune about goal follow-up and missed appointments, from the environment."""

from datetime import time, timedelta

from pydantic import Field, ValidationInfo, field_validator

from services.followup.policy import Policy
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
    followup_spread_from: time = Field(
        default=DEFAULT.spread_from, description="local time from which these messages are spread, by patient"
    )
    followup_spread_until: time = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

    @field_validator("followup_spread_from", "followup_spread_until")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None or value != value.replace(second=0, microsecond=0):
            message = "is not a whole minute of the clinic's own clock, such as 10:00"
            raise ValueError(message)
        return value

    @field_validator("followup_spread_until")
    @classmethod
    def _lies_in_the_window(cls, value: time, info: ValidationInfo) -> time:
        usual, begins = DEFAULT.window(DEFAULT.zone), info.data.get("followup_spread_from", DEFAULT.spread_from)
        if not usual.opens <= begins < value <= usual.closes:
            message = (
                f"is not later than COCREATE_FOLLOWUP_SPREAD_FROM, or one of them is not between {usual.opens:%H:%M} "
                f"and {usual.closes:%H:%M}"
            )
            raise ValueError(message)
        return value

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
