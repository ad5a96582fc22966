"""Twilio's status callbacks, through a real server to a real broker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.embedded import EmbeddedKafka
from shared.events.cloudevents import Event, EventKind, read
from shared.events.delivery_receipt import KIND, TYPE, Receipt
from shared.kafka.client import record_of
from tests.gateway.gateway_harness import (
    ADA,
    FORM,
    MESSAGE,
    OLD_TOKEN,
    PATH,
    PUBLIC,
    QUERY,
    SENDER,
    SID,
    Door,
    form,
    read_receipts,
    said,
    signature,
)

WELL = 204
OTHER = "00000000-0000-4000-8000-000000000000"


async def test_signed_callback_becomes_an_event(door: Door, broker: EmbeddedKafka) -> None:
    """A signed callback is in the topic, as a CloudEvent under the message's key, once it is answered with 204."""
    before = datetime.now(UTC)
    assert await door.send(form(MessageStatus="undelivered", ErrorCode="30003")) == WELL
    [record] = await read_receipts(broker.url, 1)
    event = said(record)
    assert before <= datetime.fromisoformat(event.pop("time")) <= datetime.now(UTC)
    assert event == {
        "specversion": "1.0",
        "id": f"{SID}/undelivered",
        "source": "urn:cocreate:gateway",
        "type": "cocreate.receipt.v1",
        "subject": f"message/{MESSAGE}",
        "datacontenttype": "application/json",
        "data": {"provider": "twilio", "provider_id": SID, "status": "undelivered", "error_code": 30003},
    }
    assert record.key == MESSAGE.encode()
    assert record.headers == (("content-type", b"application/cloudevents+json"),)


async def test_event_is_read_by_the_shared_reader(door: Door, broker: EmbeddedKafka) -> None:
    """What the gateway writes is an event to the reader that every service uses."""
    assert await door.send() == WELL
    [record] = await read_receipts(broker.url, 1)
    event = read(record_of(record), {TYPE: EventKind(KIND, Receipt)}, datetime.now(UTC))
    assert isinstance(event, Event)
    assert event.thing == f"urn:cocreate:gateway/message/{MESSAGE}"
    assert event.data == Receipt(provider="twilio", provider_id=SID, status="delivered")


async def test_same_callback_again_has_the_same_id(door: Door, broker: EmbeddedKafka) -> None:
    """A repeated callback is written again under its old id, so that readers can tell."""
    assert [await door.send(), await door.send()] == [WELL, WELL]
    first, second = await read_receipts(broker.url, 2)
    assert said(first)["id"] == said(second)["id"]


async def test_number_is_nowhere(door: Door, broker: EmbeddedKafka, caplog: pytest.LogCaptureFixture) -> None:
    """No telephone number is in the event or in any log line at any level, also when a callback is refused."""
    caplog.set_level(0)
    answers = [await door.send(), await door.send(form(ErrorCode="?")), await door.send(token="c" * 32)]
    assert answers == [WELL, 400, 403]
    [record] = await read_receipts(broker.url, 1)
    for number in (ADA[1:], SENDER[1:]):
        assert number.encode() not in (record.value or b"") + (record.key or b"")
        assert number not in caplog.text


@pytest.mark.parametrize(
    ("label", "sent", "answer"),
    [
        ("the auth token before", {"token": OLD_TOKEN}, WELL),
        ("a stranger's token", {"token": "c" * 32}, 403),
        ("no signature", {"headers": {"X-Twilio-Signature": ""}}, 403),
        ("not even ASCII", {"headers": {"X-Twilio-Signature": "é" * 28}}, 403),
        ("signed for another message", {"signed": f"{PUBLIC}{PATH}?message={OTHER}"}, 403),
        ("signed without the query", {"signed": f"{PUBLIC}{PATH}"}, 403),
        ("signed for another path", {"signed": f"{PUBLIC}/twilio/inbound?{QUERY}"}, 403),
        ("signed for another host", {"signed": f"https://evil.example{PATH}?{QUERY}"}, 403),
        (
            "signed for the host that Host names",
            {"signed": f"https://evil.example{PATH}?{QUERY}", "headers": {"Host": "evil.example"}},
            403,
        ),
        (
            "signed for the host that X-Forwarded-Host names",
            {"signed": f"https://evil.example{PATH}?{QUERY}", "headers": {"X-Forwarded-Host": "evil.example"}},
            403,
        ),
        ("signed for us, whatever Host says", {"headers": {"Host": "10.0.0.7"}}, WELL),
        ("a query in its own spelling", {"query": f"x=%7e+%20&{QUERY}&empty="}, WELL),
        ("signed with the port that https implies", {"signed": f"{PUBLIC}:443{PATH}?{QUERY}"}, WELL),
    ],
)
async def test_only_what_twilio_signed_is_taken(door: Door, label: str, sent: dict[str, Any], answer: int) -> None:
    """A callback is taken exactly when one of our two tokens signed its form for our public address and its query."""
    assert await door.send(**sent) == answer, label


@pytest.mark.parametrize(
    ("label", "fields", "answer"),
    [
        ("doubled", (*FORM, ("MediaUrl", "one"), ("MediaUrl", "two")), WELL),
        ("doubled, in another order", (("MediaUrl", "two"), *FORM, ("MediaUrl", "one")), WELL),
        ("empty", (*FORM, ("RawDlrDoneDate", "")), WELL),
        ("not ASCII", (*FORM, ("FriendlyName", "Kätheßs")), WELL),
        ("the status doubled, so that nobody knows which", (*FORM, ("MessageStatus", "failed")), 400),
    ],
)
async def test_every_field_counts(door: Door, label: str, fields: tuple[tuple[str, str], ...], answer: int) -> None:
    """Doubled and empty fields are part of what was signed."""
    assert await door.send(fields) == answer, label


async def test_doubled_field_that_lost_a_value_is_refused(door: Door) -> None:
    """A signature over both values of a doubled field does not hold for one of them."""
    both = (*FORM, ("MediaUrl", "one"), ("MediaUrl", "two"))
    signed = {"X-Twilio-Signature": signature(both, f"{PUBLIC}{PATH}?{QUERY}")}
    assert await door.send((*FORM, ("MediaUrl", "two")), headers=signed) == 403


@pytest.mark.parametrize(
    ("label", "changed", "answer"),
    [
        ("a status that we don't know", {"MessageStatus": "partially_delivered"}, WELL),
        ("a status that is no word", {"MessageStatus": "Delivered!"}, 400),
        ("a status with a line break", {"MessageStatus": "sent\n"}, 400),
        ("a status too long", {"MessageStatus": "a" * 31}, 400),
        ("no status, as in an inbound text", {"MessageStatus": None}, 400),
        ("no SID", {"MessageSid": None}, 400),
        ("a telephone number for a SID", {"MessageSid": ADA}, 400),
        ("an empty error code", {"ErrorCode": ""}, WELL),
        ("an error code in words", {"ErrorCode": "none"}, 400),
    ],
)
async def test_what_is_no_receipt_is_refused(
    door: Door, label: str, changed: dict[str, str | None], answer: int
) -> None:
    """A signed form is taken when it has the shape of a receipt, whether we know its status or not."""
    assert await door.send(form(**changed)) == answer, label


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("none", ""),
        ("empty", "message="),
        ("not a UUID", "message=1001"),
        ("a UUID in braces", f"message=%7B{MESSAGE}%7D"),
        ("a UUID without hyphens", f"message={MESSAGE.replace('-', '')}"),
        ("two", f"{QUERY}&message={OTHER}"),
    ],
)
async def test_callback_names_one_message(door: Door, label: str, query: str) -> None:
    """A signed callback whose address does not name one message by its UUID finds nothing."""
    signed = f"{PUBLIC}{PATH}?{query}" if query else f"{PUBLIC}{PATH}"
    assert await door.send(query=query, signed=signed) == 404, label


@pytest.mark.parametrize(
    ("label", "sent", "answer"),
    [
        ("JSON", ("application/json", b'{"MessageSid": "SM1"}'), 415),
        ("JSON with a charset", ("application/json; charset=utf-8", b"{}"), 415),
        ("a form of parts", ("multipart/form-data; boundary=x", b"--x--"), 415),
        ("no type", ("", b"a=b"), 415),
        ("a form with a charset", ("application/x-www-form-urlencoded; charset=utf-8", b"a=b"), 403),
        ("bytes that are not ASCII", ("application/x-www-form-urlencoded", b"\xff\xfe=1"), 400),
        ("escapes that are not UTF-8", ("application/x-www-form-urlencoded", b"a=%ff"), 400),
        ("fields without end", ("application/x-www-form-urlencoded", b"a=1&" * 1000), 400),
        ("nothing", ("application/x-www-form-urlencoded", b""), 403),
    ],
)
async def test_what_is_no_form_is_refused(
    door: Door, caplog: pytest.LogCaptureFixture, label: str, sent: tuple[str, bytes], answer: int
) -> None:
    """Whatever body and content type arrive, the answer is a refusal and never a fault of ours."""
    content_type, body = sent
    assert await door.post(body, query=f"{QUERY}&bodySHA256=00", headers={"Content-Type": content_type}) == answer, (
        label
    )
    assert not [line for line in caplog.records if line.exc_info], label


async def test_large_body_is_refused_by_its_length(door: Door) -> None:
    """A body that announces more than 64 kB is refused."""
    assert await door.post(b"a=" + b"x" * 64 * 1024, headers={}) == 413


async def test_large_body_is_refused_while_it_streams(door: Door) -> None:
    """A chunked body without end is refused after 64 kB; the rest is not waited for."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(16):
            yield b"x" * 64 * 1024
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        assert await door.post(endless(), headers={}) == 413


@pytest.mark.parametrize(
    ("label", "method", "path", "answer"),
    [
        ("asked for", "GET", f"{PATH}?{QUERY}", 405),
        ("put", "PUT", f"{PATH}?{QUERY}", 405),
        ("another path", "POST", "/twilio/other", 404),
        ("a slash too many, with no redirect to Host", "POST", f"{PATH}/", 404),
        ("the root", "GET", "/", 404),
        ("metrics", "GET", "/metrics", 404),
        ("health", "GET", "/health", 404),
        ("readiness", "GET", "/ready", 404),
    ],
)
async def test_nothing_else_is_public(door: Door, label: str, method: str, path: str, answer: int) -> None:
    """The public port has no other method and no other path; metrics least of all."""
    async with door.session.request(method, door.url + path, allow_redirects=False) as response:
        assert response.status == answer, label
