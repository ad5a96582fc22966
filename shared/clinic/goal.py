"""Goals as clinics publish them: each event the whole present state of one goal."""

from enum import StrEnum
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from shared.clinic.patient import OfPatient
from shared.events.types import Code, Day, Zone

GOALS = "clinic.goals"


class GoalStatus(StrEnum):
    """The status of a goal. FHIR's lifecycle and achievement (R4 `Goal`) are read as these."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    ACHIEVED = "achieved"
    ABANDONED = "abandoned"
    REPLACED = "replaced"
    ENTERED_IN_ERROR = "entered-in-error"


class Goal(OfPatient):
    """`clinic.goals`: one goal that a patient has set. What the goal is stays with the clinic: no message names it."""

    status: GoalStatus = GoalStatus.ACTIVE
    set_on: Day = Field(description="the day on which it was set, by the clinic's calendar")
    review_on: Day | None = Field(default=None, description="the day agreed for asking how it went")
    confidence: int | None = Field(
        default=None, ge=0, le=10, description="how sure the patient was on that day: 0 not sure, 10 very sure"
    )
    clinic: Code | None = Field(
        default=None, description="the clinic's code, looked up in the registry of public names"
    )
    zone: Zone | None = Field(default=None, description="the clinic's time zone; else the registry's")

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _is_reviewed_later(self) -> Self:
        if self.review_on is not None and self.review_on < self.set_on:
            message = "the review lies before the day on which the goal was set"
            raise ValueError(message)
        return self
