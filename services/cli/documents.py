"""Reads files of events to publish: CloudEvents and FHIR as JSON or JSON lines, goals and courses as CSV."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.clinic.submissions import TOPICS, Submission, refusal_text, submission
from shared.events.cloudevents import Event, Record
from shared.formats.csv import courses, goals, tables
from shared.formats.fhir import bundle
from shared.patients.unreadable import unreadable

__all__ = ["TOPICS", "Bad", "Good", "documents"]

UNNAMED = "urn:fhir"
"""The default source of FHIR resources. A CSV must name its own: a goal under this source would match no patient."""

NOT_UTF_8 = 'it is not UTF-8: save it as "CSV UTF-8"'


@dataclass(frozen=True, slots=True)
class Good:
    """A valid event of a file, with the Kafka record that is published for it.

    Attributes:
        where: file and line or number of the event.
        notes: remarks for the operator on how a FHIR resource became this event, and what of it cannot be read.

    """

    where: str
    record: Record
    event: Event
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """An invalid document of a file, with its place in the file and the cause."""

    where: str
    cause: str


def documents(
    files: Sequence[Path], source: str, now: datetime | None = None, latest: datetime | None = None
) -> Iterator[Good | Bad]:
    """All documents of these files, in their order, each checked as the services will check it.

    Args:
        files: what is read.
        source: of what names none.
        now: the time of what has none, and the latest that an event may have.
        latest: the latest that an event may have, where that is another.

    """
    now = now or datetime.now(UTC)
    offset = 0
    for file in files:
        for found in _table(file, source, now) if file.suffix.lower() == ".csv" else _documents(file, source):
            offset += 1
            yield found if isinstance(found, Bad) else _checked(found, offset, now, latest)


def _documents(file: Path, source: str) -> "Iterator[Bad | _Found]":
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    for where, document in _parsed(str(file), text):
        yield from _events(where, document, source)


def _table(file: Path, source: str, now: datetime) -> "Iterator[Bad | _Found]":
    """The events of a CSV; its columns decide between goals, courses, enrolments and reunions."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        yield Bad(str(file), NOT_UTF_8)
        return
    read = goals.lines if courses.table_of(tables.header(text)) is None else courses.lines
    lines = read(text, None if source == UNNAMED else source, now)
    if isinstance(lines, tables.FieldFault):
        yield Bad(str(file), f"{lines}; or give --source" if lines.column == "source" else str(lines))
        return
    for line in lines:
        where = f"{file}:{line.number}"
        yield Bad(where, "; ".join(map(str, line.faults))) if line.event is None else _Found(where, line.event)


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
    event: dict[str, Any]
    notes: tuple[str, ...] = ()


def _events(where: str, document: Any, source: str) -> Iterator[Bad | _Found]:
    if bundle.is_fhir(document):
        for mapped in bundle.events(document, source):
            if isinstance(mapped, bundle.Unmappable):
                yield Bad(f"{where} {mapped.resource}/{mapped.id or '?'}", mapped.cause)
            else:
                yield _Found(f"{where} {mapped.event['subject']}", mapped.event, mapped.notes)
        return
    if not isinstance(document, dict):
        yield Bad(where, "not a JSON object; send CloudEvents or FHIR resources, one a line or in a list")
        return
    yield _Found(where, document)


def _checked(found: _Found, offset: int, now: datetime, latest: datetime | None) -> Good | Bad:
    """Check an event as the services will."""
    result = submission(found.event, now, offset, latest)
    if isinstance(result, Submission):
        return Good(found.where, result.record, result.event, (*found.notes, *map(str, unreadable(result.event.data))))
    return Bad(found.where, refusal_text(result))
