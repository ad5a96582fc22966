"""Who is outside the gateway: Twilio, which signs, and a reader of the topic."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from multidict import CIMultiDictProxy
from twilio.request_validator import RequestValidator
from yarl import URL

from services.gateway.app import serve
from services.gateway.inbound import NOTHING
from services.gateway.settings import Settings
from shared.events.cloudevents import Event, EventKind, read
from shared.events.inbound_text import KIND, TYPE, Inbound
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.kafka.client import record_of

PUBLIC = "https://messages.example.nhs.uk"
PATH = "/twilio/status"
TEXTS = "/twilio/inbound"
TOKEN, OLD_TOKEN = "a" * 32, "b" * 32
LINK_KEY, OLD_LINK_KEY = "C" * 43 + "=", "D" * 42 + "A="
MESSAGE = "6f0f9d0e-5d0c-5b0e-9a53-0d6e6f0a7c11"
QUERY = f"message={MESSAGE}"
SID = "SM" + "0123456789abcdef" * 2
ADA, BEN, SENDER = "+447700900001", "+447700900002", "+15005550006"
DEADLINE = 20  # seconds: far above what anything here takes

FORM: tuple[tuple[str, str], ...] = (
    ("AccountSid", "AC" + "0" * 32),
    ("ApiVersion", "2010-04-01"),
    ("From", SENDER),
    ("MessageSid", SID),
    ("MessageStatus", "delivered"),
    ("SmsSid", SID),
    ("SmsStatus", "delivered"),
    ("To", ADA),
)

TEXT: tuple[tuple[str, str], ...] = (
    ("AccountSid", "AC" + "0" * 32),
    ("ApiVersion", "2010-04-01"),
    ("Body", "yes see you then"),
    ("From", ADA),
    ("FromCountry", "GB"),
    ("MessageSid", SID),
    ("NumMedia", "0"),
    ("NumSegments", "1"),
    ("SmsMessageSid", SID),
    ("SmsSid", SID),
    ("SmsStatus", "received"),
    ("To", SENDER),
    ("ToCountry", "US"),
)
"""What Twilio posts of a text from Ada's phone."""


def form(**changed: str | None) -> tuple[tuple[str, str], ...]:
    """A status callback's form, with fields changed, added or (None) left out."""
    return _but(FORM, changed)


def text(**changed: str | None) -> tuple[tuple[str, str], ...]:
    """An incoming text's form, with fields changed, added or (None) left out."""
    return _but(TEXT, changed)


def _but(fields: tuple[tuple[str, str], ...], changed: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in {**dict(fields), **changed}.items() if value is not None)


class _Doubled:
    """What the SDK reads doubled fields from."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields = tuple(fields)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields)

    def getall(self, name: str) -> list[str]:
        return [value for field, value in self._fields if field == name]


def signature(fields: Iterable[tuple[str, str]], url: str, token: str = TOKEN) -> str:
    """What Twilio puts in X-Twilio-Signature."""
    return str(RequestValidator(token).compute_signature(url, _Doubled(fields)))


@dataclass(frozen=True)
class Door:
    """A gateway that is served, and an HTTP client."""

    url: str
    session: ClientSession
    answers: list[CIMultiDictProxy[str]] = field(default_factory=list)
    """The headers of each answer."""

    async def send(
        self,
        fields: Sequence[tuple[str, str]] = FORM,
        *,
        query: str = QUERY,
        token: str = TOKEN,
        headers: dict[str, str] | None = None,
        signed: str | None = None,
        path: str = PATH,
    ) -> int:
        """Post a form as Twilio does; the HTTP status of the answer. `signed` is the address that Twilio signs."""
        address = signed or (f"{PUBLIC}{path}?{query}" if query else f"{PUBLIC}{path}")
        given = {"X-Twilio-Signature": signature(fields, address, token), **(headers or {})}
        return await self.post(urlencode(fields).encode(), query=query, headers=given, path=path)

    async def text(self, fields: Sequence[tuple[str, str]] = TEXT, *, query: str = "", **more: Any) -> int:
        """Post an incoming text as Twilio does; the HTTP status of the answer."""
        return await self.send(fields, query=query, path=TEXTS, **more)

    async def post(
        self, body: bytes | AsyncIterator[bytes], *, query: str = QUERY, headers: dict[str, str], path: str = PATH
    ) -> int:
        """Post anything; the HTTP status of the answer, which has no body, or TwiML that does nothing."""
        given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        where = URL(f"{self.url}{path}?{query}", encoded=True)
        async with self.session.post(where, data=body, headers=given) as response:
            taken = path == TEXTS and response.status == 200
            assert await response.text() == (NOTHING if taken else "")
            assert response.content_type == "text/xml" or not taken
            self.answers.append(response.headers)
            return response.status

    async def until(self, status: int) -> None:
        """Send until the answer is this one."""
        async with asyncio.timeout(DEADLINE):
            while await self.send() != status:
                pass


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Door]:
    """A gateway, served for real."""
    async with serve(settings) as port, ClientSession() as session:
        yield Door(f"http://127.0.0.1:{port}", session)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def read_receipts(url: str, count: int, topic: str = RECEIPTS) -> list["ConsumerRecord[bytes, bytes]"]:
    """The first records of the topic, once there are that many."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=url, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


def said(record: "ConsumerRecord[bytes, bytes]") -> dict[str, Any]:
    """What a record says."""
    event: dict[str, Any] = json.loads(record.value or b"")
    return event


def understood(record: "ConsumerRecord[bytes, bytes]") -> Inbound:
    """What the reader that every service uses makes of a record."""
    event = read(record_of(record), {TYPE: EventKind(KIND, Inbound)}, datetime.now(UTC))
    assert isinstance(event, Event), event
    assert isinstance(event.data, Inbound)
    return event.data


async def first_text(url: str) -> Inbound:
    """The first text in the topic."""
    [record] = await read_receipts(url, 1, INBOUND)
    return understood(record)
