"""Submissions: which topic carries which event type, and the check of one event before it is published.

Files, mended dead letters and events posted over HTTP are all checked here before they are written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.clinic import courses, deaths
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.goal import GOALS, Goal
from shared.clinic.patient import PATIENTS, Patient
from shared.events.cloudevents import REASONS, Event, EventKind, Record, Rejected, RejectReason

CONTENT_TYPE = "application/cloudevents+json"

TOPICS: Mapping[str, Mapping[str, EventKind[Any]]] = MappingProxyType(
    {
        PATIENTS: MappingProxyType({"cocreate.patient.v1": EventKind("patient", Patient), **deaths.KINDS}),
        APPOINTMENTS: MappingProxyType({"cocreate.appointment.v1": EventKind("appointment", Appointment)}),
        GOALS: MappingProxyType({"cocreate.goal.v1": EventKind("goal", Goal)}),
        courses.COURSES: courses.KINDS,
    }
)
"""Every topic that clinics publish to, with the event types that it carries, as the services read them."""

TOPIC_OF: Mapping[str, str] = MappingProxyType({type_: topic for topic, kinds in TOPICS.items() for type_ in kinds})


@dataclass(frozen=True, slots=True)
class Submission:
    """An event that the services accept, and its Kafka record, ready to be written."""

    record: Record
    event: Event


def submission(document: Any, now: datetime, offset: int = 0, latest: datetime | None = None) -> Submission | Rejected:
    """Read a document as the services do, and key its record by its thing, so that events of one thing stay in order.

    The same document makes the same record, byte for byte.

    Args:
        document: a CloudEvent in JSON, structured, as `json.loads` gives it; or anything else, which is refused.
        now: the timestamp of the record; the event's time must not lie ahead of it.
        offset: the document's position among those that are read with it.
        latest: in a rehearsal of times to come, what the event's time must not lie ahead of instead of `now`.

    """
    headers = (("content-type", CONTENT_TYPE.encode()),)
    topic = _topic(document)
    try:
        # What is no Unicode stays none, for `read` to refuse.
        value = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except RecursionError:
        return Rejected(
            Record(topic=topic or "", partition=0, offset=offset, timestamp=now, key=None, value=b"", headers=headers),
            RejectReason.NOT_JSON,
        )
    record = Record(
        topic=topic or "", partition=0, offset=offset, timestamp=now, key=None, value=value, headers=headers
    )
    result = deaths.read(record, {} if topic is None else TOPICS[topic], latest or now)
    if topic is not None and isinstance(result, Event):
        return Submission(replace(record, key=deaths.key_of(result)), result)
    assert isinstance(result, Rejected)  # noqa: S101 - without kinds nothing is an event
    if result.reason is RejectReason.UNKNOWN_TYPE:
        return replace(result, detail=f"expected one of {', '.join(sorted(TOPIC_OF))}")
    return result


def refusal_text(rejected: Rejected) -> str:
    """Why a document is refused: the cause and the cure, without any of its content."""
    return REASONS[rejected.reason] + (f" ({rejected.detail})" if rejected.detail else "")


def _topic(document: Any) -> str | None:
    type_ = document.get("type") if isinstance(document, dict) else None
    return TOPIC_OF.get(type_.strip()) if isinstance(type_, str) else None
