"""Builds the records that the gateway writes: CloudEvents about messages and texts."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.events.types import EventData

SOURCE = "urn:cocreate:gateway"
CONTENT_TYPE = "application/cloudevents+json"
KIND = "message"


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record for Kafka. Records that must be read in order share a key, and so a partition."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = (("content-type", CONTENT_TYPE.encode()),)


def about(message: UUID, type_: str, id_: str, data: EventData, now: datetime) -> OutgoingRecord:
    """A CloudEvent about a message, keyed by the message: its events are read in order."""
    return OutgoingRecord(str(message).encode(), cloud_event(f"{KIND}/{message}", type_, id_, data, now))


def cloud_event(subject: str, type_: str, id_: str, data: EventData, now: datetime) -> bytes:
    """A structured CloudEvent 1.0 in ASCII. A repeated event must have the same `id_` each time."""
    attributes = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "subject": subject,
        "time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data.model_dump(mode="json"),
    }
    # A typed backslash is written as its code: before "u0000" it would look like the null character, for which
    # readers refuse a record.
    return json.dumps(attributes).replace("\\\\", "\\u005c").encode()
