"""CloudEvents 1.0 in Kafka records, structured and binary mode: a record is read as an event, or rejected.

No record is lost: an unreadable one becomes a `Rejected`, which the engine writes to the dead-letter topic.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.events.types import Code, EventData, Instant

MAX_BYTES = 256 * 1024  # an appointment is about 1 kB; a FHIR bundle belongs to `cocreate publish`
MAX_AHEAD = timedelta(minutes=5)  # clocks differ; beyond this an event would silence every later cancellation

T = TypeVar("T", bound=EventData)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """An event's position in the order of its source: (`time`, `sequence`, record timestamp, offset)."""

    time: datetime
    text: str

    @classmethod
    def of(cls, time: datetime, sequence: str | None, record: Record) -> "Version":
        """The version as text, which sorts in the order of versions."""
        rank = "" if sequence is None else f"{int(sequence):020d}" if sequence.isdecimal() else sequence
        # Spaces sort before whatever a sequence may hold: without one ranks first.
        return cls(time, f"{sortable(time)}|{rank} {sortable(record.timestamp)} {record.offset:020d}")


def sortable(at: datetime) -> str:
    """An instant as the text of a version begins with: versions of later events sort after it."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


class RejectReason(StrEnum):
    """Why a record went to the dead-letter topic."""

    TOO_LARGE = "too_large"
    UNREADABLE_HEADER = "unreadable_header"
    NOT_JSON = "not_json"
    NOT_A_CLOUDEVENT = "not_a_cloudevent"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_DATA = "invalid_data"
    NAIVE_TIME = "naive_time"
    UNKNOWN_ZONE = "unknown_zone"
    FUTURE_TIME = "future_time"
    UNKNOWN_KEY = "unknown_key"
    FORBIDDEN_TOPIC = "forbidden_topic"
    NOT_HANDLED = "not_handled"


REASONS: Mapping[RejectReason, str] = {
    RejectReason.TOO_LARGE: f"larger than {MAX_BYTES // 1024} kB; publish one thing an event",
    RejectReason.UNREADABLE_HEADER: "a header is null or not UTF-8; send text or leave it out",
    RejectReason.NOT_JSON: "the value is not JSON; send CloudEvents as JSON",
    RejectReason.NOT_A_CLOUDEVENT: "not a CloudEvent 1.0; see docs/events.md for an example",
    RejectReason.UNKNOWN_TYPE: "this topic carries no such event type; see docs/events.md",
    RejectReason.INVALID_DATA: "the data does not fit the event type",
    RejectReason.NAIVE_TIME: "an instant has no zone; write 2026-12-01T09:00:00Z or +00:00",
    RejectReason.UNKNOWN_ZONE: "no such time zone; use an IANA name such as Europe/London",
    RejectReason.FUTURE_TIME: "the event's time lies more than 5 minutes ahead; check the publisher's clock",
    RejectReason.UNKNOWN_KEY: "a record without a value means that its key is gone, but no such thing is known",
    RejectReason.FORBIDDEN_TOPIC: "its source may not write to this topic; see `cocreate sources list`",
    RejectReason.NOT_HANDLED: "could be read but not taken in; a fault of ours, to be mended and published again",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected record. Where its thing can be read, messages about it are blocked: it may be a cancellation."""

    record: Record
    reason: RejectReason
    detail: str = ""
    thing: str | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventKind(Generic[T]):
    """A kind of thing that a topic carries: its name, and the model of its state."""

    name: str
    data: type[T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: the whole state of one thing at one time; without data, the thing is gone."""

    id: str
    source: str
    kind: str
    thing: str
    version: Version
    data: EventData | None


class _Envelope(EventData):
    specversion: str = Field(pattern=r"^1\.0$")
    id: Code
    source: Code
    type: Code
    subject: Code | None = None
    time: Instant | None = None
    sequence: Code | None = None


def read(  # noqa: C901, PLR0911 - one return for each reason
    record: Record, kinds: Mapping[str, EventKind[Any]], now: datetime
) -> Event | Rejected:
    """Read a record as an event, or reject it.

    Args:
        record: the record as it was consumed.
        kinds: CloudEvent `type` → the kind of thing and the model of its state.
        now: an event whose time is later than this by more than `MAX_AHEAD` is rejected.

    """
    if record.value is None:
        return _gone(record, kinds, now)
    if len(record.value) > MAX_BYTES:
        return Rejected(record, RejectReason.TOO_LARGE, f"{len(record.value)} bytes", _keyed(record, kinds))
    headers = _headers(record)
    if headers is None:
        return Rejected(record, RejectReason.UNREADABLE_HEADER, thing=_keyed(record, kinds))
    raw = _json(record.value)
    if raw is _NOT_JSON:
        return Rejected(record, RejectReason.NOT_JSON, thing=_keyed(record, kinds))
    attributes, data = _unwrap(headers, raw)
    if attributes is None:
        return Rejected(record, RejectReason.NOT_A_CLOUDEVENT, "no CloudEvent attributes", _keyed(record, kinds))
    thing = _named(attributes, kinds) or _keyed(record, kinds)
    try:
        envelope = _Envelope.model_validate(attributes)
    except ValidationError as error:
        reason = _reason(error, RejectReason.NOT_A_CLOUDEVENT)
        return Rejected(record, reason, explain(error), thing)
    kind = kinds.get(envelope.type)
    if kind is None:
        return Rejected(record, RejectReason.UNKNOWN_TYPE, f"expected one of {', '.join(sorted(kinds))}", thing)
    if thing is None:
        return Rejected(record, RejectReason.NOT_A_CLOUDEVENT, "no subject: it names the thing")
    time = envelope.time or record.timestamp
    if time > now + MAX_AHEAD:
        return Rejected(record, RejectReason.FUTURE_TIME, thing=thing)
    try:
        state = kind.data.model_validate(data)
    except ValidationError as error:
        return Rejected(record, _reason(error, RejectReason.INVALID_DATA), explain(error), thing, time)
    version = Version.of(time, envelope.sequence, record)
    return Event(
        id=envelope.id, source=envelope.source.rstrip("/"), kind=kind.name, thing=thing, version=version, data=state
    )


def thing_of(source: str, kind: str, subject: str) -> str:
    """The name of a thing: `{source}/{kind}/{id}`. A subject may be `1001` or `appointment/1001`."""
    return f"{source.rstrip('/')}/{kind}/{subject.removeprefix(kind + '/')}"


def explain(error: ValidationError) -> str:
    """The fields and causes of a validation error, without the values, which may identify a patient."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(str(part) for part in e['loc']) or 'data'}: {e['msg']}" for e in found[:5])


_NOT_JSON = object()

_CODE: TypeAdapter[str] = TypeAdapter(Code)


def _json(value: bytes) -> Any:
    try:
        found = from_json(value, allow_inf_nan=False)
    except ValueError:  # a lone surrogate, a number of thousands of digits and nesting without end as well
        return _NOT_JSON
    return _without_null(found) if b"\\u0000" in value else found


def _without_null(value: Any) -> Any:
    """The same with another control character for each null one: PostgreSQL keeps none, and no clinic means one."""
    match value:
        case str():
            return value.replace("\0", "\1")
        case list():
            return [_without_null(item) for item in value]
        case dict():
            return {_without_null(name): _without_null(item) for name, item in value.items()}
        case _:
            return value


def _headers(record: Record) -> dict[str, str] | None:
    if any(value is None for _, value in record.headers):
        return None
    try:
        return {name.lower(): value.decode() for name, value in record.headers if value is not None}
    except UnicodeDecodeError:
        return None


def _unwrap(headers: Mapping[str, str], raw: Any) -> tuple[dict[str, Any] | None, Any]:
    """The attributes and the data, in either mode (CloudEvents Kafka protocol binding 1.0, sections 3.2 and 3.3)."""
    if "ce_specversion" in headers:
        return {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}, raw
    if not isinstance(raw, dict) or "specversion" not in raw:
        return (raw, raw.get("data")) if isinstance(raw, dict) and "source" in raw else (None, None)
    if isinstance(raw.get("data_base64"), str):
        try:
            return raw, _json(base64.b64decode(raw["data_base64"], validate=True))
        except ValueError:
            return raw, None
    return raw, raw.get("data")


def _named(attributes: Mapping[str, Any], kinds: Mapping[str, EventKind[Any]]) -> str | None:
    """The thing that the attributes name, even where other attributes are invalid."""
    source, subject, kind = _code(attributes.get("source")), _code(attributes.get("subject")), attributes.get("type")
    known = kinds.get(kind.strip()) if isinstance(kind, str) else None
    return thing_of(source, known.name, subject) if source and subject and known is not None else None


def _code(value: Any) -> str | None:
    try:
        return _CODE.validate_python(value)
    except ValidationError:
        return None


def _keyed(record: Record, kinds: Mapping[str, EventKind[Any]]) -> str | None:
    """The thing that the record's key names; None where it names none."""
    named = _key(record, kinds)
    return None if named is None else thing_of(*named)


def _key(record: Record, kinds: Mapping[str, EventKind[Any]]) -> tuple[str, str, str] | None:
    """Source, kind and id, where the record's key is `{source}/{kind}/{id}`."""
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError:
        return None
    for kind in kinds.values():
        source, separator, subject = key.rpartition(f"/{kind.name}/")
        if separator and (named := _code(source)) and (thing := _code(subject)):
            return named, kind.name, thing
    return None


def _gone(record: Record, kinds: Mapping[str, EventKind[Any]], now: datetime) -> Event | Rejected:
    named = _key(record, kinds)
    if named is None:
        return Rejected(record, RejectReason.UNKNOWN_KEY, "the key names no thing")
    source, kind, _ = named
    thing = thing_of(*named)
    if record.timestamp > now + MAX_AHEAD:
        return Rejected(record, RejectReason.FUTURE_TIME, thing=thing)
    version = Version.of(record.timestamp, None, record)
    return Event(
        id=f"{record.topic}/{record.partition}/{record.offset}",
        source=source.rstrip("/"),
        kind=kind,
        thing=thing,
        version=version,
        data=None,
    )


def _reason(error: ValidationError, otherwise: RejectReason) -> RejectReason:
    types = {e["type"] for e in error.errors(include_url=False, include_input=False, include_context=False)}
    if "timezone_aware" in types:
        return RejectReason.NAIVE_TIME
    if "unknown_zone" in types:
        return RejectReason.UNKNOWN_ZONE
    return otherwise
