"""The numbers behind the rules of goals and missed appointments, each with its meaning, unit, limits and source."""

from datetime import timedelta

from pydantic import Field

from shared.rules.policy import PlannerPolicy, fixed, source


class Policy(PlannerPolicy):
    """When goals are asked about, how long answers are waited for, and who hears that we missed them."""

    review_days: int = Field(
        default=14,
        ge=1,
        le=90,
        description="days after a goal was set on which it is asked about, where no day was agreed",
        json_schema_extra=source("Co-creating Health: 14 days is the ideal first follow-up"),
    )
    unsure_review_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="the same where the patient was not sure of the goal",
        json_schema_extra=source("our choice: half of it, before the goal is given up"),
    )
    low_confidence: int = Field(
        default=7,
        ge=0,
        le=10,
        description="the number from 0 to 10 below which a patient is not sure, of a goal or in an answer",
        json_schema_extra=source(
            "Lorig, self-management programmes: at 7 or more a plan is likely to be kept, a lower one is worth another "
            "look"
        ),
    )
    low_mood_support_below: int = Field(
        default=5,
        ge=0,
        le=10,
        description=(
            'one answer of "not yet", or a number below this, calls somebody at once where a clinic\'s group of '
            "conditions is depression; 0: none does; another clinic says so itself (`support_below`)"
        ),
        json_schema_extra=fixed("our choice: below the middle, in a group where giving up is part of the condition"),
    )
    question_working_days: int = Field(
        default=3,
        ge=1,
        le=10,
        description="working days after its own day until which a question about a goal may still go",
        json_schema_extra=source("our choice: later, it is another week's"),
    )
    silence_days: int = Field(
        default=5,
        ge=1,
        le=30,
        description="days for which an answer is waited for, each time",
        json_schema_extra=source("our choice: a weekend and most of a week"),
    )
    apart: timedelta = Field(
        default=timedelta(days=7),
        description="two rounds about one goal are at least so far apart",
        json_schema_extra=fixed("our choice"),
    )
    later_rounds: tuple[timedelta, ...] = Field(
        default=(timedelta(weeks=6), timedelta(weeks=13)),
        description="so long after it was set a goal is asked about again, where the place has `later_rounds`",
        json_schema_extra=fixed("our choice: six weeks, and three months; off unless a site wants it"),
    )
    support_lives: timedelta = Field(
        default=timedelta(days=28),
        description="a task to call, to find a new time or to look is of use for so long",
        json_schema_extra=fixed("our choice: four weeks"),
    )
    missed_working_days: int = Field(
        default=5,
        ge=1,
        le=20,
        description="working days after a missed appointment until which the patient is told, from the next one on",
        json_schema_extra=source("our choice: later, it is blame"),
    )
    missed_answers: timedelta = Field(
        default=timedelta(days=14),
        description="an answer to that acts for so long",
        json_schema_extra=fixed("our choice"),
    )
    ack_lives: timedelta = Field(
        default=timedelta(hours=2),
        description="an acknowledgement is due at once, and of no use after this",
        json_schema_extra=fixed("our choice: later, nobody knows what it answers"),
    )
    same_again: timedelta = Field(
        default=timedelta(hours=24),
        description="the same answer within this is not acknowledged again",
        json_schema_extra=fixed("our choice: nobody needs two thanks, and each is paid for"),
    )

    @property
    def silence(self) -> timedelta:
        """How long an answer is waited for, each time."""
        return timedelta(days=self.silence_days)
