"""Kafka, with its unsafe defaults overridden: topics, clients, records and dead letters.

KafkaAway    the brokers cannot be reached
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from shared.events.cloudevents import Record
from shared.platform import metrics
from shared.platform.backoff import Backoff
from shared.settings import KafkaConnection

log = logging.getLogger("cocreate.kafka")


ANSWER_SECONDS = 15.0  # with the longest pause after it, well inside the minute after which a consumer is stuck

WEEK = timedelta(days=7)
FLUSH_SECONDS = 5.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_MS = 7_258_118_400_000  # the year 2200: a producer may write any number, and a decoder must not raise


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as we create it. Retention None: the newest of each key is kept for good (compaction)."""

    name: str
    partitions: int
    retention: timedelta | None = 4 * WEEK

    def config(self) -> dict[str, str]:
        """Its settings at the broker."""
        if self.retention is None:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str(int(self.retention.total_seconds() * 1000))}


class KafkaAway(ConnectionError):
    """The brokers cannot be reached. Is Kafka running, and is COCREATE_KAFKA_URL right?"""


def client_options(settings: KafkaConnection) -> dict[str, Any]:
    """What every aiokafka client needs to connect."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka_url.split(",")}
    if settings.kafka_tls or settings.kafka_username:
        options |= {"security_protocol": "SSL", "ssl_context": tls_context(settings)}
    if settings.kafka_username and settings.kafka_password:
        options |= {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def tls_context(settings: KafkaConnection) -> ssl.SSLContext:
    """TLS that checks the broker's certificate and its name, and shows our own certificate where there is one."""
    context = ssl.create_default_context(cafile=settings.kafka_ca)
    if settings.kafka_certificate is not None:
        context.load_cert_chain(settings.kafka_certificate, settings.kafka_key)
    return context


def broker(settings: KafkaConnection, service: str) -> KafkaBroker:
    """A broker whose publishes wait for every replica and are never doubled by a retry."""
    security: BaseSecurity | None = None
    logging.getLogger("cocreate.faststream").setLevel(logging.ERROR)  # it tells of every message
    if settings.kafka_username and settings.kafka_password:
        password = settings.kafka_password.get_secret_value()
        context = tls_context(settings)
        security = SASLScram512(settings.kafka_username, password, ssl_context=context, use_ssl=True)
    elif settings.kafka_tls:
        security = BaseSecurity(ssl_context=tls_context(settings), use_ssl=True)
    return KafkaBroker(
        settings.kafka_url.split(","),
        client_id=f"cocreate-{service}",
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        security=security,
        logger=logging.getLogger("cocreate.faststream"),
        log_level=logging.DEBUG,
        apply_types=False,  # records are validated one by one: a typed batch fails whole
        graceful_timeout=15,
    )


def producer(settings: KafkaConnection, service: str) -> AIOKafkaProducer:
    """A producer for many records in order: idempotent, acknowledged by every replica."""
    return AIOKafkaProducer(
        **client_options(settings), client_id=f"cocreate-{service}", acks="all", enable_idempotence=True, linger_ms=5
    )


class RecordsInHand:
    """Which records a consumer was handed and has not finished: its position is already behind them."""

    def __init__(self) -> None:
        self._after: dict[TopicPartition, int] = {}

    def taken(self, records: "Iterable[ConsumerRecord[Any, Any]]") -> None:
        """These were handed out."""
        for record in records:
            self._after[TopicPartition(record.topic, record.partition)] = record.offset + 1

    def finished(self, records: Iterable[Record]) -> None:
        """These are taken in for good; those that broke stay in hand until they come again."""
        for record in records:
            self._after.pop(TopicPartition(record.topic, record.partition), None)

    def holds(self, partition: TopicPartition, committed: int) -> bool:
        """Whether records are in hand there; what another consumer has acknowledged since is not."""
        return self._after.get(partition, 0) > committed


def subscribe(  # noqa: PLR0913, PLR0917 - all that makes one reader, in its one call
    on: KafkaBroker,
    settings: KafkaConnection,
    topic: str,
    group: str,
    take: Callable[[list[Record]], Awaitable[None]],
    in_hand: RecordsInHand,
) -> Any:
    """Have batches of a topic taken in: acknowledged when `take` returns, rewound when it raises.

    Whatever is taken in for good, `take` says to `in_hand`.
    """

    async def parse(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
        # Here, for between the fetch, which moves the position, and this line nothing else of ours can run.
        in_hand.taken(message)
        return await _any_header(message, original)

    static = f"{group}-{settings.instance}" if settings.instance else None
    subscriber = on.subscriber(
        topic,
        batch=True,
        group_id=group,
        group_instance_id=static,
        session_timeout_ms=45_000
        if static
        else 10_000,  # static: longer than a restart, so that nothing moves meanwhile
        isolation_level="read_committed",  # an aborted transaction was never said
        auto_offset_reset="earliest",  # `latest` would skip history: forgotten patients
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_records=500,
        batch_timeout_ms=100,
        parser=parse,
        decoder=_records,
    )
    subscriber(take)
    return subscriber


async def _any_header(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream's parser raises on a null or non-UTF-8 header, and the record would be lost: show it none."""
    bare = tuple(_without_headers(record) for record in message)
    parsed = await original(bare)
    parsed.raw_message = message
    return parsed


def _without_headers(record: "ConsumerRecord[Any, Any]") -> "ConsumerRecord[Any, Any]":
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return ConsumerRecord(**{**fields, "headers": ()})


async def _records(message: Any) -> list[Record]:
    return [record_of(raw) for raw in message.raw_message]


def record_of(raw: "ConsumerRecord[Any, Any]") -> Record:
    """A record as the client library read it."""
    timestamp = EPOCH + timedelta(milliseconds=min(max(raw.timestamp, 0), LATEST_MS))
    headers = tuple((name, None if value is None else bytes(value)) for name, value in raw.headers)
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        timestamp=timestamp,
        key=raw.key,
        value=raw.value,
        headers=headers,
    )


async def wait_until_reachable(settings: KafkaConnection) -> None:
    """Return once the brokers answer; say where they should be, once an outage."""
    backoff = Backoff()
    while True:
        try:
            await reach(settings)
        except KafkaAway as error:
            if backoff.tries == 0:
                log.warning("%s; trying again until it is there", error)
                metrics.OUTAGES.labels("kafka").inc()
            await backoff.pause()
        else:
            return


async def reach(settings: KafkaConnection, topics: Iterable[str] = ()) -> set[str]:
    """Ask the brokers for their topics; those of `topics` that are missing.

    Raises:
        KafkaAway: nobody answers there.

    """
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=5_000)
    try:
        await asyncio.wait_for(admin.start(), timeout=10)
        return set(topics) - set(await admin.list_topics())
    except (KafkaError, TimeoutError, OSError, AssertionError) as error:
        message = f"Kafka at {settings.kafka_url} cannot be reached ({type(error).__name__})"
        raise KafkaAway(message) from error
    finally:
        await admin.close()


async def create_topics(settings: KafkaConnection, topics: Sequence[Topic], replicas: int) -> list[str]:
    """Create the topics that are missing; their names."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        created = []
        for topic in missing:
            new = NewTopic(topic.name, topic.partitions, replicas, topic_configs=topic.config())
            try:
                await admin.create_topics([new])
            except TopicAlreadyExistsError:
                continue
            created.append(topic.name)
        return created
    finally:
        await admin.close()


async def unread(consumer: AIOKafkaConsumer, in_hand: RecordsInHand) -> Mapping[TopicPartition, int]:
    """For each partition assigned to this consumer, how many offsets up to the last stable one it has not read.

    Raises:
        KafkaAway: the brokers do not say where the partitions end.

    """
    assigned = list(consumer.assignment())
    if not assigned:
        return {}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            ends = await consumer.end_offsets(assigned)
    except (KafkaError, TimeoutError) as error:
        raise KafkaAway(f"Kafka does not answer ({type(error).__name__})") from error
    begins = await consumer.beginning_offsets(assigned)
    return {p: max(0, ends[p] - await _reached(consumer, p, begins[p], in_hand)) for p in assigned}


async def _reached(consumer: AIOKafkaConsumer, partition: TopicPartition, begin: int, in_hand: RecordsInHand) -> int:
    """Up to where a partition is read.

    What is acknowledged is not enough: a transaction's marker has an offset and is no record, so nobody acknowledges
    it. The position passes markers, but also the records in hand: it counts only while there are none, and it is read
    before they are asked for, so that none can be taken in between.
    """
    committed = await consumer.committed(partition) or 0
    position = await consumer.position(partition)
    return max(begin, committed) if in_hand.holds(partition, committed) else max(begin, committed, position)


async def stop(producer: AIOKafkaProducer, within: float = FLUSH_SECONDS) -> bool:
    """Close a producer once what it holds was delivered, or has had its time; whether all of it was.

    An idempotent producer never gives up what it could retry, and its own `stop` waits for that without end.
    """
    try:
        async with asyncio.timeout(within):
            await producer.flush()
    except TimeoutError:
        producer._closed = True  # noqa: SLF001 - the steps of `stop`, without the wait
        await producer._sender.close()  # noqa: SLF001
        await producer.client.close()
        return False
    await producer.stop()
    return True
