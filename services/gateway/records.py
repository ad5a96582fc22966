"""What the gateway writes: CloudEvents about messages. Pure."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.wire import Wire

SOURCE = "urn:cocreate:gateway"
CONTENT_TYPE = "application/cloudevents+json"
KIND = "message"


@dataclass(frozen=True, slots=True)
class Event:
    """A record for Kafka: all that is said of one message has one key, so it stays in one partition."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = (("content-type", CONTENT_TYPE.encode()),)


def about(message: UUID, type_: str, id_: str, data: Wire, now: datetime) -> Event:
    """A CloudEvent 1.0 (structured) about a message. Give what is said again the `id_` that it had before."""
    attributes = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "subject": f"{KIND}/{message}",
        "time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data.model_dump(mode="json"),
    }
    return Event(str(message).encode(), json.dumps(attributes).encode())
