"""Dead letters: records that are no events, kept with the reason, and small enough for any broker."""

import base64
import logging
from collections.abc import Iterable, Mapping

from faststream.kafka import KafkaBroker

from shared.events.cloudevents import REASONS, Rejected
from shared.events.topic_names import DEAD
from shared.platform import metrics

log = logging.getLogger("cocreate.dead")

MAX_DEAD_BYTES = 900_000  # a broker takes 1 MiB by default; what is cut is still at its source
MAX_HEADER_BYTES = 1_000  # of each header of a dead letter, and of its key
MAX_HEADERS_BYTES = 64_000  # of all the headers that it had; with its value, its key and ours: below 1 MiB
TEXT, BASE64, NULL = "original-", "original64-", "originalnull-"  # before a header's name: how its value is kept


async def dead_letter(on: KafkaBroker, rejected: Iterable[Rejected], reader: str) -> None:
    """Put records that are no events on their dead-letter topics, with the reason, and wait until they are there.

    `reader`: the service that could not take them in. Each that reads a topic holds the thing for its own messages
    alone, so its log says so once for itself.
    """
    for one in rejected:
        record = one.record
        key = record.key[:MAX_HEADER_BYTES] if record.key is not None else None
        value = (record.value or b"")[:MAX_DEAD_BYTES]
        await on.publish(value, topic=record.topic + DEAD, key=key, headers=_headers(one))
        metrics.DEAD_LETTERS.labels(record.topic, one.reason.value).inc()
        name = f"{record.topic}/{record.partition}/{record.offset}"
        held = f"; until a newer event can be read, {reader} holds what it is about" if one.thing else ""
        log.error(
            "%s cannot take in %s: %s%s (see cocreate dead show %s)", reader, name, REASONS[one.reason], held, name
        )


def _headers(one: Rejected) -> dict[str, str]:
    """Why it is no event, where it lay, what was cut of it, and the headers that it had."""
    record = one.record
    kept = _kept(record.headers)
    key_cut = len(record.key or b"") > MAX_HEADER_BYTES
    headers_cut = len(kept) < len({name for name, _ in record.headers})
    return {
        "reason": one.reason.value,
        "explanation": REASONS[one.reason],
        "detail": _bounded(one.detail),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp": record.timestamp.isoformat(),
        "thing": _bounded(one.thing or ""),
        "cut": _truth(len(record.value or b"") > MAX_DEAD_BYTES or key_cut or headers_cut),
        "key_cut": _truth(key_cut),
        "null": _truth(record.value is None),
        **kept,
    }


def _truth(said: bool) -> str:  # noqa: FBT001 - what is said is the one thing that it has
    return "true" if said else "false"


def _bounded(text: str) -> str:
    return text.encode("utf-8", "backslashreplace")[:MAX_HEADER_BYTES].decode("utf-8", "ignore")


def _kept(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """What fits of a record's headers, so that `originals` finds them as they were; one too long is left out."""
    kept: dict[str, str] = {}
    room = MAX_HEADERS_BYTES
    for name, value in headers:
        try:
            title, text = (NULL, "") if value is None else (TEXT, value.decode())
        except UnicodeDecodeError:
            title, text = BASE64, base64.b64encode(value or b"").decode()
        size = len(title) + len(name.encode()) + len(text.encode())
        if size <= min(room, MAX_HEADER_BYTES):
            kept[title + name] = text
            room -= size
    return kept


def originals(headers: Mapping[str, str]) -> list[tuple[str, bytes | None]]:
    """The headers that a dead letter had before it died."""
    found: list[tuple[str, bytes | None]] = []
    for title, text in headers.items():
        if title.startswith(TEXT):
            found.append((title.removeprefix(TEXT), text.encode()))
        elif title.startswith(BASE64):
            found.append((title.removeprefix(BASE64), base64.b64decode(text)))
        elif title.startswith(NULL):
            found.append((title.removeprefix(NULL), None))
    return found
