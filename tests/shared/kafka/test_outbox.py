"""The relay publishes every event, in the order of its key, one relay at a time; a crash repeats and never loses."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.kafka.outbox import Relay
from tests.engines import Kafka
from tests.harness import Harness, appointment

TOPIC = "messaging.status"


@pytest.fixture
async def producer(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as the services have it."""
    one = AIOKafkaProducer(bootstrap_servers=kafka.url, acks="all", enable_idempotence=True)
    await one.start()
    yield one
    await one.stop()


async def fill(harness: Harness, topic: str, keys: int, each: int) -> None:
    await harness.pool.execute(
        "INSERT INTO schedule.outbox (topic, key, event) "
        "SELECT $1, 'k' || k, jsonb_build_object('id', k || '/' || n, 'n', n) "
        "FROM generate_series(1, $3) AS n, generate_series(1, $2) AS k",
        topic,
        keys,
        each,
    )


async def published(kafka: Kafka, topic: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.url, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            records = [await anext(consumer) for _ in range(count)]
    finally:
        await consumer.stop()
    return [((record.key or b"").decode(), json.loads(record.value or b"{}")) for record in records]


async def a_topic(kafka: Kafka) -> str:
    topic = f"outbox-{uuid4().hex}"
    await kafka.create_topic(topic, 3)
    return topic


async def test_each_key_keeps_its_order(harness: Harness, kafka: Kafka, producer: AIOKafkaProducer) -> None:
    """Twelve hundred events of six keys arrive once each, those of a key in the order in which they were written."""
    topic = await a_topic(kafka)
    await fill(harness, topic, 6, 200)
    relay = Relay(harness.pool, producer)
    assert [await relay.run_once() for _ in range(3)] == [True, True, False]
    by_key: dict[str, list[int]] = {}
    for key, event in await published(kafka, topic, 1_200):
        by_key.setdefault(key, []).append(event["n"])
    assert by_key == {f"k{k}": list(range(1, 201)) for k in range(1, 7)}
    assert await harness.pool.fetchval("SELECT count(*) FROM schedule.outbox") == 0


async def test_two_relays_take_turns(harness: Harness, kafka: Kafka, producer: AIOKafkaProducer) -> None:
    """However many relays run, each event is published once."""
    topic = await a_topic(kafka)
    await fill(harness, topic, 5, 100)
    await asyncio.gather(*(Relay(harness.pool, producer).run_once() for _ in range(6)))
    while await Relay(harness.pool, producer).run_once():
        pass
    events = await published(kafka, topic, 500)
    assert len({event["id"] for _, event in events}) == 500
    end = AIOKafkaConsumer(bootstrap_servers=kafka.url)
    await end.start()
    assert sum((await end.end_offsets([TopicPartition(topic, number) for number in range(3)])).values()) == 500
    await end.stop()


async def test_a_crash_after_publishing_repeats_with_the_same_id(
    harness: Harness, kafka: Kafka, producer: AIOKafkaProducer
) -> None:
    """Events that were published and not yet deleted go out again, told by their ids."""
    topic = await a_topic(kafka)
    await fill(harness, topic, 1, 3)
    relay = Relay(harness.pool, producer)

    async with harness.pool.acquire() as connection:
        await connection.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'dead'; END $$"
        )
        await connection.execute(
            "CREATE TRIGGER die BEFORE DELETE ON schedule.outbox FOR EACH ROW EXECUTE FUNCTION die()"
        )
        try:
            with pytest.raises(Exception, match="dead"):
                await relay.run_once()
        finally:
            await connection.execute("DROP FUNCTION die CASCADE")
    assert await relay.run_once() is False
    events = [event["n"] for _, event in await published(kafka, topic, 6)]
    assert events == [1, 2, 3, 1, 2, 3]


async def test_a_message_tells_its_whole_state_and_nothing_of_the_patient(harness: Harness) -> None:
    """Each change of a message leaves one event with its state and version; no number, name or text is in it."""
    await harness.clinic_says(appointment())
    rows = await harness.pool.fetch("SELECT topic, key, event FROM schedule.outbox ORDER BY seq")
    events = [json.loads(row["event"]) for row in rows]
    assert {row["topic"] for row in rows} == {TOPIC}
    assert {(e["data"]["kind"], e["data"]["state"], e["data"]["version"]) for e in events} == {
        ("agenda", "scheduled", 1),
        ("reminder", "scheduled", 1),
    }
    assert all(
        e["id"] == f"{e['data']['id']}/1" and row["key"] == e["data"]["id"] for e, row in zip(events, rows, strict=True)
    )
    assert not any(secret in row["event"] for row in rows for secret in ("7700", "Ada", "patient"))
