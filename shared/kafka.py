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

from shared import metrics
from shared.backoff import Backoff
from shared.events import REASONS, Record, Rejected
from shared.settings import KafkaConnection

log = logging.getLogger("cocreate.kafka")

DEAD = ".dead"
MAX_DEAD_BYTES = 900_000  # a broker takes 1 MiB by default; what is cut is still at its source

WEEK = timedelta(days=7)
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


class KafkaAway(Exception):
    """The brokers cannot be reached. Is Kafka running, and is COCREATE_KAFKA_URL right?"""


def client_options(settings: KafkaConnection) -> dict[str, Any]:
    """What every aiokafka client needs to connect."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka_url.split(",")}
    if settings.kafka_tls or settings.kafka_username:
        options |= {"security_protocol": "SSL", "ssl_context": ssl.create_default_context()}
    if settings.kafka_username and settings.kafka_password:
        options |= {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def broker(settings: KafkaConnection, service: str) -> KafkaBroker:
    """A broker whose publishes wait for every replica and are never doubled by a retry."""
    security: BaseSecurity | None = None
    logging.getLogger("cocreate.faststream").setLevel(logging.ERROR)  # it tells of every message
    if settings.kafka_username and settings.kafka_password:
        password = settings.kafka_password.get_secret_value()
        context = ssl.create_default_context()
        security = SASLScram512(settings.kafka_username, password, ssl_context=context, use_ssl=True)
    elif settings.kafka_tls:
        security = BaseSecurity(ssl_context=ssl.create_default_context(), use_ssl=True)
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


def subscribe(
    on: KafkaBroker, settings: KafkaConnection, topic: str, group: str, take: Callable[[list[Record]], Awaitable[None]]
) -> Any:
    """Have batches of a topic taken in: acknowledged when `take` returns, rewound when it raises."""
    static = f"{group}-{settings.instance}" if settings.instance else None
    subscriber = on.subscriber(
        topic,
        batch=True,
        group_id=group,
        group_instance_id=static,
        session_timeout_ms=45_000
        if static
        else 10_000,  # static: longer than a restart, so that nothing moves meanwhile
        auto_offset_reset="earliest",  # `latest` would skip history: forgotten patients
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_records=500,
        batch_timeout_ms=100,
        parser=_any_header,
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
    return Record(raw.topic, raw.partition, raw.offset, timestamp, raw.key, raw.value, headers)


async def bury(on: KafkaBroker, rejected: Iterable[Rejected]) -> None:
    """Put records that are no events on their dead-letter topics, with the reason, and wait until they are there."""
    for one in rejected:
        record = one.record
        value = record.value or b""
        headers = {
            "reason": one.reason.value,
            "explanation": REASONS[one.reason],
            "detail": one.detail[:500],
            "topic": record.topic,
            "partition": str(record.partition),
            "offset": str(record.offset),
            "timestamp": record.timestamp.isoformat(),
            "thing": one.thing or "",
            "cut": "true" if len(value) > MAX_DEAD_BYTES else "false",
            **{f"original-{name}": _shown(header) for name, header in record.headers},
        }
        await on.publish(value[:MAX_DEAD_BYTES], topic=record.topic + DEAD, key=record.key, headers=headers)
        metrics.DEAD_LETTERS.labels(record.topic, one.reason.value).inc()
        log.error(
            "dead letter %s/%d/%d: %s%s",
            record.topic,
            record.partition,
            record.offset,
            REASONS[one.reason],
            "; its thing is held" if one.thing else "",
        )


def _shown(header: bytes | None) -> str:
    return "" if header is None else header.decode("utf-8", "backslashreplace")


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


async def unread(consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, int]:
    """For each partition assigned to this consumer, how many records were not yet acknowledged."""
    assigned = list(consumer.assignment())
    if not assigned:
        return {}
    ends = await consumer.end_offsets(assigned)
    begins = await consumer.beginning_offsets(assigned)
    committed = {partition: await consumer.committed(partition) for partition in assigned}
    return {p: max(0, ends[p] - max(begins[p], committed[p] or 0)) for p in assigned}
