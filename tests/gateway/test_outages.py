"""The gateway while Kafka is away: it starts, it says so once, and it takes records again by itself."""

import logging
from datetime import UTC, datetime

import pytest

from services.gateway.publisher import Publisher
from services.gateway.settings import Settings
from shared.embedded import EmbeddedKafka
from shared.events.cloudevents import Record
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.kafka.client import KafkaAway
from shared.platform.health import Health
from tests.gateway.gateway_harness import DEADLINE, free_port, opened, read_receipts

WELL, AWAY = 204, 503


@pytest.fixture
def hasty(settings: Settings) -> Settings:
    """Settings of a gateway that does not wait long, with a health port."""
    return settings.model_copy(update={"gateway_kafka_seconds": 0.3, "health_port": free_port()})


def outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What our own loggers warned of."""
    ours = (line for line in caplog.records if line.name.startswith("cocreate"))
    return [line.getMessage() for line in ours if line.levelno >= logging.WARNING]


async def test_opens_without_kafka(broker: EmbeddedKafka, hasty: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Without Kafka the door opens and answers 503 with Retry-After; when Kafka comes, the same callback is taken."""
    broker.pause()
    async with opened(hasty) as door:
        health = f"http://127.0.0.1:{hasty.health_port}"
        async with door.session.get(f"{health}/health") as response:
            assert response.status == 200
        async with door.session.get(f"{health}/ready") as response:
            assert response.status == 503
        assert [await door.send(), await door.send()] == [AWAY, AWAY]
        assert len(outages(caplog)) == 1
        broker.resume()
        await door.until(WELL)
        async with door.session.get(f"{health}/ready") as response:
            assert response.status == 200
    assert len(outages(caplog)) == 1
    assert not [line for line in caplog.records if line.exc_info]


async def test_waits_out_an_outage(broker: EmbeddedKafka, hasty: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """When Kafka goes and comes back, callbacks get 503 meanwhile and 204 after, with one line for each outage."""
    async with opened(hasty) as door:
        await door.until(WELL)
        for outage in (1, 2):
            broker.pause()
            assert [await door.send(), await door.send()] == [AWAY, AWAY]
            broker.resume()
            await door.until(WELL)
            assert len(outages(caplog)) == outage
    assert len(await read_receipts(broker.url, 3)) == 3
    assert not [line for line in caplog.records if line.exc_info]


async def test_closes_without_kafka(broker: EmbeddedKafka, hasty: Settings) -> None:
    """The gateway ends while Kafka is away, although its producer holds a record that it would send for ever."""
    async with opened(hasty) as door:
        await door.until(WELL)
        broker.pause()
        assert await door.send() == AWAY


async def test_missing_topic_is_named(hasty: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A topic that nobody created is an outage whose line names the cure."""
    with EmbeddedKafka() as bare:
        async with opened(hasty.model_copy(update={"kafka_url": bare.url})) as door:
            assert await door.send() == AWAY
            assert "cocreate topics" in outages(caplog)[0]
            bare.create_topic(RECEIPTS, 2)
            bare.create_topic(INBOUND, 2)
            await door.until(WELL)


async def test_says_when_to_come_back(broker: EmbeddedKafka, hasty: Settings) -> None:
    """A 503 carries Retry-After, in seconds."""
    broker.pause()
    async with opened(hasty) as door:
        assert await door.send() == AWAY
        assert door.answers[-1]["Retry-After"] == "5"


async def test_part_of_what_is_written(broker: EmbeddedKafka, hasty: Settings) -> None:
    """Of several records it is said which are kept: those before one that Kafka does not take, and none after it."""
    publisher = Publisher(hasty, (RECEIPTS,), Health(), DEADLINE)
    values = [b"first", b"second", b"x" * 2_000_000, b"last"]
    records = [
        Record(topic=RECEIPTS, partition=0, offset=0, timestamp=datetime.now(UTC), key=b"key", value=value)
        for value in values
    ]
    async with publisher.running():
        assert await publisher.publish_all(records) == [True, True, False, False]
        assert await publisher.publish_all(records[3:]) == [True]
        assert await publisher.publish_all([]) == []
    assert [record.value for record in await read_receipts(broker.url, 3)] == [b"first", b"second", b"last"]


async def test_producer_that_cannot_go_on_is_replaced(broker: EmbeddedKafka, hasty: Settings) -> None:
    """A producer that refuses for good is replaced by a new one, and records are taken again."""
    publisher = Publisher(hasty, (RECEIPTS,), Health(), DEADLINE)
    async with publisher.running():
        await publisher.publish(RECEIPTS, b"key", b"first")
        await publisher._producer.result().stop()
        with pytest.raises(KafkaAway):
            await publisher.publish(RECEIPTS, b"key", b"refused")
        await publisher.publish(RECEIPTS, b"key", b"second")
    assert [record.value for record in await read_receipts(broker.url, 2)] == [b"first", b"second"]
