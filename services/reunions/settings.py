"""What a clinic may tune about reunions, from the environment."""

from fractions import Fraction
from typing import Annotated

from pydantic import Field, field_validator

from services.reunions.policy import Policy
from shared.calendar.spreading import Minute, later_than
from shared.settings import Connections

DEFAULT = Policy()


class Settings(Connections):
    """Settings of the reunions service."""

    reunions_invite_weeks: int = Field(
        default=DEFAULT.invite_weeks, ge=1, le=26, description="weeks before a reunion in which people are invited"
    )
    reunions_again_days: int = Field(
        default=DEFAULT.again_days,
        ge=3,
        le=60,
        description="days of silence after which an invitation is repeated, once",
    )
    reunions_confirm_days: int = Field(
        default=DEFAULT.confirm_days,
        ge=3,
        le=30,
        description="days before on which whoever has a place hears of it again",
    )
    reunions_graduate_share: str = Field(
        default=str(DEFAULT.graduate_share),
        description="share of a course's sessions, from how many on somebody is a graduate, such as 5/7",
    )
    reunions_offer_hours: int = Field(
        default=DEFAULT.offer_hours,
        ge=4,
        le=168,
        description="hours for which a free place is held for the first of those who wait",
    )
    reunions_graduates_enough: int = Field(
        default=DEFAULT.graduates_enough, ge=1, le=1000, description="graduates of a site that are worth a reunion"
    )
    reunions_due_months: str = Field(
        default=",".join(map(str, DEFAULT.due_months)),
        description="months after a course's last session when a reunion is due, with commas between them",
    )
    reunions_spread_from: Minute = Field(
        default=DEFAULT.spread_from, description="local time from which these messages are spread, by patient"
    )
    reunions_spread_until: Annotated[Minute, later_than("reunions_spread_from")] = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

    @field_validator("reunions_graduate_share")
    @classmethod
    def _is_a_share(cls, value: str) -> str:
        try:
            share = Fraction(value)
        except (ValueError, ZeroDivisionError):
            share = Fraction(0)
        if not 0 < share <= 1:
            message = "is not a share above 0 and up to 1, such as 5/7 or 0.7"
            raise ValueError(message)
        return value

    @field_validator("reunions_due_months")
    @classmethod
    def _are_months(cls, value: str) -> str:
        months = [month.strip() for month in value.split(",")]
        numbers = [int(month) for month in months if month.isdecimal() and len(month) <= len("120")]
        if len(numbers) != len(months) or numbers != sorted(set(numbers)) or not all(numbers):
            message = "is not a row of months from 1 on that rise, such as 3,6,12"
            raise ValueError(message)
        return value

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return Policy(
            invite_weeks=self.reunions_invite_weeks,
            again_days=self.reunions_again_days,
            confirm_days=self.reunions_confirm_days,
            graduate_share=Fraction(self.reunions_graduate_share),
            offer_hours=self.reunions_offer_hours,
            graduates_enough=self.reunions_graduates_enough,
            due_months=tuple(int(month) for month in self.reunions_due_months.split(",")),
            spread_from=self.reunions_spread_from,
            spread_until=self.reunions_spread_until,
            zone=self.default_zone,
            holidays=self.holidays,
        )
