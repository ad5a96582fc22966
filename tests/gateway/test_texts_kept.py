"""What patients text, kept: in order, by nobody else, through an outage, in a crowd, and from the sandbox's page."""

import asyncio
import logging
import time
from collections import defaultdict
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession

from services.gateway.settings import Settings
from services.sandbox.app import Sandbox
from services.sandbox.settings import Settings as SandboxSettings
from shared.embedded import EmbeddedKafka
from shared.events.inbound_text import Inbound
from shared.events.topic_names import INBOUND
from tests.gateway.gateway_harness import (
    ADA,
    BEN,
    PUBLIC,
    SENDER,
    SID,
    TEXTS,
    TOKEN,
    Door,
    first_text,
    free_port,
    opened,
    read_receipts,
    signature,
    text,
    understood,
)

WELL, BAD, AWAY = 200, 400, 503


async def test_one_phone_keeps_its_order(door: Door, broker: EmbeddedKafka) -> None:
    """What one phone texts lies in one partition, in the order in which it was taken, whatever others text."""
    for number in range(12):
        for phone in (ADA, BEN):
            assert await door.text(text(From=phone, Body=str(number), MessageSid=_sid(phone, number))) == WELL
    bodies, keys = defaultdict(list), defaultdict(set)
    for record in await read_receipts(broker.url, 24, INBOUND):
        got = understood(record)
        bodies[got.sender].append(got.body)
        keys[got.sender].add((record.key, record.partition))
    assert bodies == {ADA: [str(n) for n in range(12)], BEN: [str(n) for n in range(12)]}
    assert {phone: len(every) for phone, every in keys.items()} == {ADA: 1, BEN: 1}
    assert keys[ADA] != keys[BEN]


async def test_nobody_reads_about_it(
    settings: Settings, broker: EmbeddedKafka, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither number nor words are in a log line, a metric, a record's key or its headers, whatever becomes of them."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "cocreate")
    port, words = free_port(), "gwyddfid honeysuckle"
    hasty = settings.model_copy(update={"health_port": port, "gateway_kafka_seconds": 0.3})
    async with opened(hasty) as door:
        answers = [
            await door.text(text(Body=words)),
            await door.text(text(Body=words, NumMedia="?")),
            await door.text(text(Body=words, From=f"x{ADA}")),
            await door.text(text(Body=words), token="c" * 32),
        ]
        [record] = await read_receipts(broker.url, 1, INBOUND)
        broker.pause()
        answers.append(await door.text(text(Body=words)))
        async with door.session.get(f"http://127.0.0.1:{port}/metrics") as response:
            shown = await response.text()
    assert answers == [WELL, BAD, BAD, 403, AWAY]
    for outcome in ("taken", "not_a_text", "not_from_a_phone", "not_signed", "kafka_away"):
        assert f'cocreate_gateway_requests_total{{outcome="{outcome}",route="{TEXTS}"}} ' in shown
    beside = repr((record.key, record.headers))
    for secret in (words, "honeysuckle", ADA[1:], ADA[3:], SENDER[1:]):
        assert secret not in shown + caplog.text + beside


async def test_waits_out_an_outage(broker: EmbeddedKafka, settings: Settings) -> None:
    """Without Kafka a text is answered with 503 and when to come back, and taken when it comes back."""
    hasty = settings.model_copy(update={"gateway_kafka_seconds": 0.3})
    async with opened(hasty) as door:
        broker.pause()
        assert [await door.text(), await door.text()] == [AWAY, AWAY]
        assert door.answers[-1]["Retry-After"] == "5"
        broker.resume()
        while await door.text() != WELL:
            pass
    assert await first_text(broker.url) == Inbound(
        provider="twilio", provider_id=SID, sender=ADA, recipient=SENDER, body="yes see you then"
    )


async def test_too_many(settings: Settings) -> None:
    """Texts that come too often are turned away with 503, after which Twilio tries again."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [await door.text(), await door.text()] == [WELL, AWAY]


async def test_two_hundred_a_second(door: Door, broker: EmbeddedKafka) -> None:
    """Four hundred texts, each answered once it is kept, take two seconds of a processor; none is lost."""
    sids = [_sid(ADA, number) for number in range(400)]
    forms = [text(MessageSid=sid, From=f"+447700900{n % 100:03}") for n, sid in enumerate(sids)]
    signed = [(urlencode(fields).encode(), signature(fields, PUBLIC + TEXTS)) for fields in forms]
    waiting = iter(signed)

    async def post() -> list[int]:
        return [
            await door.post(body, query="", path=TEXTS, headers={"X-Twilio-Signature": sign}) for body, sign in waiting
        ]

    loop = asyncio.get_running_loop()
    begun, worked = loop.time(), time.process_time()
    answers = await asyncio.gather(*(post() for _ in range(50)))
    took, worked = loop.time() - begun, time.process_time() - worked
    assert [answer for some in answers for answer in some] == [WELL] * 400
    kept = await read_receipts(broker.url, 400, INBOUND)
    assert sorted(understood(record).provider_id for record in kept) == sorted(sids)
    assert worked < 2, f"{400 / worked:.0f} a second"
    assert took < 8, "and no longer on a machine that has four times as much to do"


async def test_typed_on_the_phone_page(settings: Settings, broker: EmbeddedKafka) -> None:
    """What somebody types on a phone of the sandbox's page arrives, signed as Twilio signs for the public address."""
    async with opened(settings) as door:
        wired = SandboxSettings.model_validate(
            {"auth_token": TOKEN, "inbound_url": PUBLIC + TEXTS, "callback_via": door.url, "service_sender": SENDER}
        )
        async with Sandbox(wired) as sandbox, ClientSession() as session:
            typed = {"from": ADA, "body": "2 - my back 👍 +&="}
            page, ours = f"{sandbox.url}/replies", {"Origin": sandbox.url}
            async with session.post(page, data=typed, headers=ours, allow_redirects=False) as response:
                assert response.status == 303
            await sandbox.settled()
    got = await first_text(broker.url)
    assert (got.sender, got.recipient, got.body) == (ADA, SENDER, typed["body"])


def _sid(phone: str, number: int) -> str:
    return f"SM{phone[1:]:0>20}{number:012}"
