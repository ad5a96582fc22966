"""Files of events: CloudEvents and FHIR, as JSON or JSON lines, made into what is published."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.people.app import KINDS as PATIENT_KINDS
from services.prompts.app import planner
from services.prompts.policy import Policy
from shared import fhir
from shared.clinic import PATIENTS
from shared.events import REASONS, Event, Kind, Record, Rejected, read

TOPICS: Mapping[str, Mapping[str, Kind[Any]]] = {PATIENTS: PATIENT_KINDS, **planner(Policy()).topics}
"""Every topic that clinics publish to, with the event types it carries."""


@dataclass(frozen=True, slots=True)
class Good:
    """An event, the topic it belongs to and its record, as the services will read it."""

    where: str
    record: Record
    event: Event
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """Something in a file that is no event, and why."""

    where: str
    cause: str


def documents(files: Sequence[Path], source: str, now: datetime | None = None) -> Iterator[Good | Bad]:
    """All events of these files, in their order, checked as the services will check them."""
    now = now or datetime.now(UTC)
    offset = 0
    for file in files:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        for where, document in _parsed(str(file), text):
            for found in _events(where, document, source):
                offset += 1
                yield found if isinstance(found, Bad) else _checked(found, offset, now)


def _parsed(name: str, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(text)
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield f"{name}:{number}", _line(line)
        return
    listed = whole if isinstance(whole, list) else [whole]
    for number, document in enumerate(listed, 1):
        yield (f"{name}[{number}]" if isinstance(whole, list) else name), document


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Found:
    where: str
    topic: str
    event: dict[str, Any]
    notes: tuple[str, ...] = ()


def _events(where: str, document: Any, source: str) -> Iterator[Bad | _Found]:
    if fhir.is_fhir(document):
        for mapped in fhir.events(document, source):
            if isinstance(mapped, fhir.Unmappable):
                yield Bad(f"{where} {mapped.resource}/{mapped.id or '?'}", mapped.cause)
            else:
                yield _Found(f"{where} {mapped.event['subject']}", mapped.topic, mapped.event, mapped.notes)
        return
    if not isinstance(document, dict):
        yield Bad(where, "not a JSON object; send CloudEvents or FHIR resources, one a line or in a list")
        return
    topic = next((topic for topic, kinds in TOPICS.items() if document.get("type") in kinds), None)
    if topic is None:
        known = ", ".join(sorted(kind for kinds in TOPICS.values() for kind in kinds))
        yield Bad(where, f"no topic carries events of type {document.get('type')!r}; there are {known}")
        return
    yield _Found(where, topic, document)


def _checked(found: _Found, offset: int, now: datetime) -> Good | Bad:
    """Read it as the services will, and key it by its thing, so that all events of one thing stay in order."""
    value = json.dumps(found.event, ensure_ascii=False).encode()
    record = Record(found.topic, 0, offset, now, None, value, (("content-type", b"application/cloudevents+json"),))
    result = read(record, TOPICS[found.topic], now)
    if isinstance(result, Rejected):
        return Bad(found.where, REASONS[result.reason] + (f" ({result.detail})" if result.detail else ""))
    return Good(found.where, replace(record, key=result.thing.encode()), result, found.notes)
