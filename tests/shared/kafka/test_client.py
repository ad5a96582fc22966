"""What is read is known in spite of transactions, and a dead letter fits and comes back as it was."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import TestKafkaBroker

from shared.events.cloudevents import Record, Rejected, RejectReason
from shared.kafka import client as ours
from shared.kafka.client import KafkaAway, RecordsInHand, unread
from shared.kafka.dead_letters import dead_letter, originals
from shared.settings import KafkaConnection
from tests.engines import Kafka

AT = datetime(2026, 11, 16, tzinfo=UTC)


def _settings(url: str = "localhost:1") -> KafkaConnection:
    return KafkaConnection(kafka_url=url)


async def test_transactions_are_read_to_the_end(kafka: Kafka) -> None:
    """Markers leave nothing unread, an aborted record is never handled, and a batch in hand counts as unread."""
    if kafka.kind == "embedded":
        pytest.skip("librdkafka's in-process broker keeps no transactions")
    topic, in_hand = "transactions", RecordsInHand()
    await kafka.create_topic(topic, 1)
    broker = ours.broker(_settings(kafka.url), "test")
    seen: list[bytes | None] = []
    taken, go = asyncio.Event(), asyncio.Event()

    async def take(records: list[Record]) -> None:
        taken.set()
        await go.wait()
        seen.extend(record.value for record in records)
        in_hand.finished(records)

    reader = ours.subscribe(broker, _settings(kafka.url), topic, "test-transactions", take, in_hand)
    async with AIOKafkaProducer(bootstrap_servers=kafka.url, transactional_id="clinic") as producer, broker:
        await broker.start()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"said", b"k")
        await taken.wait()
        assert sum((await unread(reader.consumer, in_hand)).values()) > 0
        go.set()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"never said", b"k")
        await producer.abort_transaction()
        async with asyncio.timeout(20):
            while not seen or any((await unread(reader.consumer, in_hand)).values()):  # noqa: ASYNC110 - a position wakes nobody
                await asyncio.sleep(0.05)
    assert seen == [b"said"]


async def test_a_batch_that_broke_stays_in_hand() -> None:
    """Only what was finished, or what another consumer has acknowledged, is no longer in hand."""
    in_hand, partition = RecordsInHand(), TopicPartition("t", 0)
    record = Record(topic="t", partition=0, offset=6, timestamp=AT, key=b"k", value=b"v", headers=())
    in_hand.taken([record])
    assert in_hand.holds(partition, 6)
    assert not in_hand.holds(partition, 7)
    in_hand.finished([record])
    assert not in_hand.holds(partition, 0)


async def test_brokers_that_do_not_answer_are_away() -> None:
    """A fault in asking for the ends is an outage, by which nobody tells a stuck consumer."""

    class Silent:
        def assignment(self) -> set[Any]:
            return {TopicPartition("t", 0)}

        async def end_offsets(self, _: object) -> None:
            raise KafkaError

    with pytest.raises(KafkaAway):
        await unread(Silent(), RecordsInHand())


HEADERS = ((("a", b"text"), ("b", b"\xff\xfe"), ("c", None)), (("long", b"\xff" * 500_000), ("b", b"\xff")))


@pytest.mark.parametrize("headers", HEADERS)
async def test_a_dead_letter_fits_and_keeps_what_it_can(headers: tuple[tuple[str, bytes | None], ...]) -> None:
    """However large its headers and its key, it is under 1 MiB; a null value and any header that fits come back."""
    broker = ours.broker(_settings(), "test")
    published: list[Any] = []

    @broker.subscriber("t.dead")
    async def _(_: Any) -> None:
        """Read them, so that the test broker takes them."""

    async with TestKafkaBroker(broker) as tested:
        publish = tested.publish

        async def keep(*args: Any, **more: Any) -> Any:
            published.append((args[0], more))
            return await publish(*args, **more)

        tested.publish = keep  # type: ignore[method-assign]
        record = Record(topic="t", partition=0, offset=1, timestamp=AT, key=b"k" * 500_000, value=None, headers=headers)
        await dead_letter(tested, [Rejected(record, RejectReason.UNREADABLE_HEADER, "x" * 5_000)], "prompts")
    ((value, more),) = published
    size = len(value) + len(more["key"]) + sum(len(k) + len(v.encode()) for k, v in more["headers"].items())
    assert size < 100_000
    assert more["headers"]["null"] == "true"
    assert more["headers"]["key_cut"] == more["headers"]["cut"] == "true"
    assert originals(more["headers"]) == [one for one in headers if one[0] != "long"]


async def test_a_dead_letter_is_logged_once_by_its_reader(caplog: pytest.LogCaptureFixture) -> None:
    """One line says which service could not take in which record, why, that it holds the thing, and how to see it."""
    broker = ours.broker(_settings(), "test")

    @broker.subscriber("t.dead")
    async def _(_: Any) -> None:
        """Read them, so that the test broker takes them."""

    async with TestKafkaBroker(broker) as tested:
        rejected = Rejected(
            Record(topic="t", partition=3, offset=17, timestamp=AT, key=None, value=b"{"),
            RejectReason.NOT_JSON,
            thing="urn:riverside/goal/g1",
        )
        await dead_letter(tested, [rejected], "followup")
    (line,) = (record.getMessage() for record in caplog.records if record.name == "cocreate.dead")
    assert line == (
        "followup cannot take in t/3/17: the value is not JSON; send CloudEvents as JSON; until a newer event can be "
        "read, followup holds what it is about (see cocreate dead show t/3/17)"
    )
