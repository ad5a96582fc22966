"""The input of a decision about a due message, and the decisions that are possible: frozen values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, Field

from shared.clinic.places import Places
from shared.events.things import sources_of
from shared.patients.person import Address, Person
from shared.rules.plan import CalendarEntry
from shared.rules.policy import ClinicDefaults, instant_with_zone, source
from shared.schedule.states import Why
from shared.schedule.tasks import Task
from shared.words.coming import Coming
from shared.words.filling import PatientRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """A message that is due.

    Attributes:
        answers: for an answer to a text, the blind index of the only phone it may go to.
        must_reach: whether a person tells the patient where it cannot go.
        planned_at: when a plan first wanted it; None: by the time it is due.

    """

    id: UUID
    planner: str
    patient_id: UUID
    category: str
    template: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    data: Mapping[str, Any]
    send_at: datetime
    expires_at: datetime
    urgent_by: datetime | None
    why: str
    detail: str
    attempt: int
    tried: frozenset[bytes]
    calendar: tuple[CalendarEntry, ...] = ()
    resends: int = 0
    answers: bytes | None = None
    answers_until: datetime | None = None
    ask_instead: bool = False
    must_reach: bool = False
    planned_at: datetime | None = None

    @property
    def sources(self) -> frozenset[str]:
        """The sources whose things it is about; of an answer that is about none, those of its places."""
        return sources_of(self.things, self.places)


def _are_countries(text: str) -> str:
    wrong = sorted(one for one in map(str.strip, text.split(",")) if one not in SUPPORTED_REGIONS)
    if wrong:
        message = f"{wrong[0]!r} is no country; write such as GB,IE"
        raise ValueError(message)
    return text


class Policy(ClinicDefaults):
    """What stands between a due message and its patient."""

    live_from: Annotated[datetime | None, AfterValidator(instant_with_zone)] = Field(
        default=None,
        description="what fell due before this instant is withheld, such as 2026-12-01T00:00:00+00:00",
        json_schema_extra=source("switching on with years of history floods nobody"),
    )
    daily_cap: int = Field(
        default=5,
        ge=1,
        le=50,
        description="most messages to one patient on one day",
        json_schema_extra=source("our choice: the last defence against our own faults"),
    )
    destinations: Annotated[str, AfterValidator(_are_countries)] = Field(
        default="GB,IE,GG,IM,JE",
        description="countries (ISO 3166) to whose phones texts go, several by commas; a person reaches whoever has "
        "another",
        json_schema_extra=source("our choice: far countries cost most, and a stolen token would text there"),
    )
    source_daily_texts: int = Field(
        default=5_000,
        ge=1,
        le=1_000_000,
        description="most texts for one source on one day (UTC); what is more waits for the next, and a person reaches "
        "whoever it must reach",
        json_schema_extra=source("our choice: twice the busiest day of a large clinic"),
    )
    behind_seconds: float = Field(
        default=2.0,
        gt=0,
        le=60,
        description="seconds between looks at messages whose planner has unread events",
        json_schema_extra=source("our choice: it may catch up any second"),
    )

    @property
    def countries(self) -> frozenset[str]:
        """The countries to whose phones texts go."""
        return frozenset(one.strip() for one in self.destinations.split(","))

    @property
    def behind_in(self) -> timedelta:
        """How soon to look again, in a machine's time, where a planner is behind."""
        return timedelta(seconds=self.behind_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimContext:
    """The state of the patient, the planners and the providers at the claim, read under the patient's lock.

    Attributes:
        later: the clock's time after a span of machine time from now.
        caught_up: planners that have read all their topics.
        replanning: planners with an open request to plan this patient again.
        on_its_way: things with an earlier message that is being sent or has an unknown outcome; no notice overtakes it.
        held: things with an unreadable event.
        claims: times of recent claims of messages to this patient.
        blocked: channels whose sender the provider refuses.
        death_reported: whether a text reported a death and staff have not yet released the patient's messages.
        doubted: blind indexes of phones that a text reported as wrong numbers.
        records_disagree: whether two people are said to bear the patient's NHS number.
        conversation_at: time of the last question to the patient or the last text from the patient.
        heard: answers of patients about the things on a clinician's list.
        texts_of_source: texts that went out today for the source of this message.
        shows: of a list for staff, the planner whose things it shows; empty for a message to a patient.

    """

    now: datetime
    later: Callable[[timedelta], datetime]
    person: Person
    caught_up: frozenset[str]
    replanning: frozenset[str]
    on_its_way: frozenset[str]
    held: frozenset[str]
    places: Places
    claims: tuple[datetime, ...]
    blocked: frozenset[str] = frozenset()
    death_reported: bool = False
    doubted: frozenset[bytes] = frozenset()
    records_disagree: bool = False
    conversation_at: datetime | None = None
    heard: Mapping[str, PatientRequest | Coming] = field(default_factory=dict, repr=False)
    texts_of_source: int = 0
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the message to this address now."""

    address: Address
    others: bool
    """Whether the patient has another address that it could go to."""
    until: datetime | None = None
    """Latest time of arrival: the message's expiry, or the window's close. The provider's queue runs all night."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Decide again at `until`; `task` asks staff to reach the patient in another way meanwhile."""

    until: datetime
    why: Why
    detail: str = ""
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Withhold:
    """Never send the message; `task` asks staff to reach the patient in another way."""

    why: Why
    detail: str = ""
    task: Task | None = None


Decision = Send | Wait | Withhold
