"""Policies: the numbers behind rules, each with its meaning, unit, limits and source in one place.

A number is a field of a policy. Its `description` is its meaning with the unit; `source` says where it comes from.
Settings are made of policies, so a field is also a variable of the environment, unless it is `fixed`. `.env.example`
and the tables of the services' pages are made of the same fields.
"""

import json
from datetime import datetime, time
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, JsonValue
from pydantic.fields import FieldInfo

from shared.calendar.sending_window import CALENDARS, Window, usual
from shared.calendar.spreading import Minute, later_than
from shared.calendar.zones import parse_zone

SPREAD = "our choice: a thousand texts at 10:00 jam the telephone of whoever is to be called"


def _zone(value: Any) -> ZoneInfo:
    return value if isinstance(value, ZoneInfo) else parse_zone(str(value))


def _calendar(code: str) -> str:
    if code not in CALENDARS:
        message = f"is none of {', '.join(CALENDARS)}"
        raise ValueError(message)
    return code


def instant_with_zone(value: datetime | None) -> datetime | None:
    """An instant that is to be compared with the clock has a zone."""
    if value is not None and value.tzinfo is None:
        message = "has no zone; write 2026-12-01T00:00:00+00:00"
        raise ValueError(message)
    return value


def source(text: str) -> dict[str, JsonValue]:
    """Where a number that operators may set comes from: a study, or our choice with its reason."""
    return {"source": text}


def fixed(text: str) -> dict[str, JsonValue]:
    """Where a number comes from that is no setting: the rules were only ever tried with this one."""
    return {"source": text, "fixed": True}


def source_of(field: FieldInfo) -> str:
    """Where this number comes from; empty where nobody says."""
    return str(_extra(field).get("source", ""))


def is_fixed(field: FieldInfo) -> bool:
    """Whether the environment has no say in this number."""
    return "fixed" in _extra(field)


def _extra(field: FieldInfo) -> dict[str, JsonValue]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


class Policy(BaseModel, frozen=True, hide_input_in_errors=True):
    """Numbers that a rule takes. They never change while a service runs."""

    @classmethod
    def among(cls, settings: BaseModel) -> Self:
        """These numbers alone, of settings that hold them among others: a rule gets no secret."""
        return cls(**{name: getattr(settings, name) for name in cls.model_fields})

    def digest(self) -> str:
        """Every number by name, as JSON: the same numbers are the same text, in whatever order they are declared."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


class ClinicDefaults(Policy):
    """What holds of clinics that do not say."""

    default_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default=ZoneInfo("Europe/London"),
        description="time zone of clinics that are not in the registry and whose events do not say",
    )
    holidays: Annotated[str, AfterValidator(_calendar)] = Field(
        default="GB-ENG",
        description="whose bank holidays are kept: GB-ENG, GB-WLS, GB-SCT, GB-NIR or IE",
        json_schema_extra=source("gov.uk/bank-holidays for England"),
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of clinics that are not in the registry and whose events do not say."""
        return self.default_zone

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""
        return usual(zone, self.holidays)


class PlannerPolicy(ClinicDefaults):
    """Numbers that every planner's rules take."""

    spread_from: Minute = Field(
        default=time(10),
        description="local time from which messages are spread over the day, by patient",
        json_schema_extra=source(SPREAD),
    )
    spread_until: Annotated[Minute, later_than("spread_from")] = Field(
        default=time(16),
        validate_default=True,
        description="local time until which they are spread",
        json_schema_extra=source(SPREAD),
    )

    def among_clinics(self, defaults: ClinicDefaults) -> Self:
        """The same numbers, for clinics of which this holds where they do not say."""
        return self.model_copy(update={name: getattr(defaults, name) for name in ClinicDefaults.model_fields})
