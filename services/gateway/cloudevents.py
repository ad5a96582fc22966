"""Parses CloudEvents 1.0 from HTTP requests: one or a batch (structured), or one with headers (binary).

Source: CloudEvents 1.0.2, HTTP Protocol Binding, sections 3.1 to 3.3, and JSON Event Format, sections 2 to 4.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from services.gateway.refusals import RequestRefusal

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"

MOST_EVENTS = 500  # as many as a reader takes in one batch

PREFIX = b"ce-"
_ATTRIBUTE = re.compile(rb"[a-z0-9]{1,50}")  # CloudEvents 1.0.2, "Naming Conventions"; no `data_base64` by a header
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')  # RFC 7230, section 3.2.6

Headers = Sequence[tuple[bytes, bytes]]


class ContentMode(StrEnum):
    """The content mode of a request (HTTP binding, section 3)."""

    ONE = "structured"
    MANY = "batched"
    HEADERS = "binary"


@dataclass(frozen=True, slots=True)
class Posted:
    """The unchecked documents of a request, and whether they came as a batch."""

    documents: tuple[Any, ...]
    batch: bool


def mode_of(headers: Headers) -> ContentMode | RequestRefusal:
    """The content mode of a request, from its headers, before its body is read."""
    type_ = media_type(headers)
    if type_ is None:
        return RequestRefusal.NOT_CLOUDEVENTS
    type_ = type_ or BINARY
    if type_ in {STRUCTURED, BATCH}:
        return ContentMode.ONE if type_ == STRUCTURED else ContentMode.MANY
    if type_.startswith("application/cloudevents") or b"ce-specversion" not in dict(headers):
        return RequestRefusal.NOT_CLOUDEVENTS
    return ContentMode.HEADERS if type_ == BINARY or type_.endswith("+json") else RequestRefusal.NOT_CLOUDEVENTS


def media_type(headers: Headers) -> str | None:
    """The media type of a body, empty where no header gives it; None where the body is compressed or not UTF-8."""
    given = dict(headers)
    if given.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        return None
    content = Message()
    content["content-type"] = given.get(b"content-type", b"").decode("latin-1")
    if str(content.get_param("charset", "utf-8")).lower() not in {"utf-8", "us-ascii"}:
        return None
    return content.get_content_type() if b"content-type" in given else ""


def posted(mode: ContentMode, headers: Headers, body: bytes) -> Posted | RequestRefusal:
    """The documents of a request, or the reason why the request is refused."""
    attributes = _attributes(headers) if mode is ContentMode.HEADERS else {}
    if attributes is None:
        return RequestRefusal.UNREADABLE_HEADER
    if mode is ContentMode.HEADERS and not body:
        return Posted((attributes,), batch=False)
    try:
        said = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, a number of thousands of digits, nesting without end
        return RequestRefusal.NOT_JSON
    match mode:
        case ContentMode.HEADERS:
            return Posted(({**attributes, "data": said},), batch=False)
        case ContentMode.ONE:
            return Posted((said,), batch=False) if isinstance(said, dict) else RequestRefusal.NOT_ONE_EVENT
        case ContentMode.MANY:
            return _batch(said)


def _batch(said: Any) -> Posted | RequestRefusal:
    if not isinstance(said, list):
        return RequestRefusal.NOT_A_BATCH
    return Posted(tuple(said), batch=True) if len(said) <= MOST_EVENTS else RequestRefusal.TOO_MANY_EVENTS


def _attributes(headers: Headers) -> dict[str, str] | None:
    """The event's attributes from the headers; None where one cannot be decoded or is repeated."""
    mine = [(name.removeprefix(PREFIX), value) for name, value in headers if name.startswith(PREFIX)]
    if max(Counter(name for name, _ in mine).values(), default=0) > 1:
        return None
    try:
        return {name.decode(): _decoded(value) for name, value in mine if _ATTRIBUTE.fullmatch(name)}
    except UnicodeDecodeError:
        return None


def _decoded(value: bytes) -> str:
    """A header's value, unquoted and then percent-decoded once (HTTP binding, section 3.1.3.2)."""
    text = value.decode("ascii").strip()
    quoted = _QUOTED.fullmatch(text)
    return unquote(re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text, errors="strict")
