"""Checks posted events: whether each is valid, and whether the token may publish for its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.gateway.tokens import Token
from shared.clinic import deaths
from shared.clinic.submissions import Submission, refusal_text, submission
from shared.events.cloudevents import Event, Record, RejectReason
from shared.events.types import Code
from shared.patients.unreadable import unreadable

NHS_SYSTEMS = "https://fhir.nhs.uk/Id/nhsSpineASID/"
"""Prefix of the sources of the NHS's own events: the accredited systems through which a record was changed."""


class Turned(StrEnum):
    """Why an event that the services would take is not taken here."""

    FORBIDDEN_SOURCE = "forbidden_source"
    KAFKA_AWAY = "kafka_away"


TURNED: Mapping[Turned, str] = MappingProxyType(
    {
        Turned.FORBIDDEN_SOURCE: "this token does not speak for this source; ask whoever runs the gateway to add it",
        Turned.KAFKA_AWAY: "not acknowledged in time; post it again: it is taken once, however often it comes",
    }
)


NOT_ITS_TOPIC = "this source may not write such events; ask whoever runs the gateway to add the topic to its own"


class EventResult(BaseModel):
    """What became of one event."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str | None = Field(description="the event's id, where it has one")
    source: str | None = Field(description="the event's source, where it has one")
    status: Literal["accepted", "refused"]
    reason: RejectReason | Turned | None = Field(default=None, description="why it is refused, for programs")
    detail: str | None = Field(
        default=None,
        description="for people: why it is refused and what to do, or which details cannot be read and are not used; "
        "quotes nothing of the event",
    )


class Results(BaseModel):
    """What became of the events of a request."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    accepted: int = Field(ge=0, description="how many are written and will be read")
    refused: int = Field(ge=0, description="how many are not; mend these alone and post them again")
    results: tuple[EventResult, ...] = Field(description="one for each event, in their order")


@dataclass(frozen=True, slots=True)
class Judged:
    """A checked event: its Kafka record, or the reason why it is refused; `detail` also of what is not used of it."""

    id: str | None
    source: str | None
    record: Record | None = None
    reason: RejectReason | Turned | None = None
    detail: str | None = None


def judge(documents: Sequence[Any], token: Token, now: datetime) -> list[Judged]:
    """Check each document as the reading service will, and whether this token may publish for its source."""
    return [_one(document, token, now, offset) for offset, document in enumerate(documents)]


def sources_of(judged: Sequence[Judged]) -> list[str]:
    """The source of each event that will be written."""
    return [one.source for one in judged if one.record is not None and one.source is not None]


def results(judged: Sequence[Judged], kept: Sequence[bool]) -> Results:
    """The results of checked events; `kept` holds, for each with a record and in their order, whether Kafka took it."""
    acknowledged = iter(kept)
    every = tuple(
        _refused(one, one.reason, one.detail)
        if one.record is None
        else EventResult(id=one.id, source=one.source, status="accepted", detail=one.detail)
        if next(acknowledged)
        else _refused(one, Turned.KAFKA_AWAY, TURNED[Turned.KAFKA_AWAY])
        for one in judged
    )
    accepted = sum(one.status == "accepted" for one in every)
    return Results(accepted=accepted, refused=len(every) - accepted, results=every)


def _refused(one: Judged, reason: RejectReason | Turned | None, detail: str | None) -> EventResult:
    return EventResult(id=one.id, source=one.source, status="refused", reason=reason, detail=detail)


def _one(document: Any, token: Token, now: datetime, offset: int) -> Judged:
    id_, source = _named(document, "id"), _named(document, "source")
    found = submission(document, now, offset)
    if not isinstance(found, Submission):
        return Judged(id_, source, reason=found.reason, detail=refusal_text(found))
    if not may_publish(token, found.event):
        return Judged(id_, source, reason=Turned.FORBIDDEN_SOURCE, detail=TURNED[Turned.FORBIDDEN_SOURCE])
    if not token.may_write(found.event.source, found.record.topic):
        return Judged(id_, source, reason=RejectReason.FORBIDDEN_TOPIC, detail=NOT_ITS_TOPIC)
    unread = "; ".join(map(str, unreadable(found.event.data)))
    return Judged(id_, source, found.record, detail=unread or None)


def may_publish(token: Token, event: Event) -> bool:
    """Whether a token may publish events about this event's thing.

    A subject can itself hold `/patient/`: code that splits the thing's name would then see another source, so this
    source must belong to the token as well. A notice of death counts as the NHS's, for patients of every source, so
    only the NHS's own systems may publish one.
    """
    if event.kind == deaths.KIND and not event.source.startswith(NHS_SYSTEMS):
        return False
    return {event.source, event.thing.rpartition(f"/{event.kind}/")[0]} <= token.sources


_CODE: TypeAdapter[str] = TypeAdapter(Code)


def _named(document: Any, name: str) -> str | None:
    """An identifier of a document for the result, so that the sender finds the event; None where it is malformed."""
    try:
        return _CODE.validate_python(document.get(name)) if isinstance(document, dict) else None
    except ValidationError:
        return None
