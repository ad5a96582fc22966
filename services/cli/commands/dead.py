"""`cocreate dead`: records that could not be read."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.table import Table

from services.cli.documents import Bad, documents
from services.cli.terminal import CommandRefused, out
from services.cli.where import settings
from shared.events.cloudevents import Record
from shared.events.topic_names import DEAD
from shared.kafka import client, dead_letters, topics
from shared.kafka.client import client_options, record_of
from shared.settings import KafkaConnection

MOST = 10_000
QUIET_MS = 2_000


def list_dead() -> None:
    """Print them, once each, however often a replay has buried them."""
    found = asyncio.run(_read())
    if not found:
        out.print("No dead letters.")
        return
    table = Table("record", "when", "reason", "thing", title="Dead letters", title_justify="left")
    for name, record in found.items():
        header = _headers(record)
        detail = f" ({header['detail']})" if header.get("detail") else ""
        table.add_row(
            name, header.get("timestamp", "")[:19], header.get("explanation", "") + detail, header.get("thing", "")
        )
    out.print(table)


def show_dead(name: str) -> None:
    """Print one whole."""
    record = _one(name)
    for key, value in _headers(record).items():
        out.print(f"[bold]{key}[/] {value}", highlight=False, soft_wrap=True)
    out.print()
    out.print((record.value or b"").decode("utf-8", "backslashreplace"), markup=False, highlight=False, soft_wrap=True)


def publish_dead(name: str, mended: Path | None) -> None:
    """Publish one again at its topic, mended or as it was.

    Raises:
        Refused: it is not there, or the mended event does not fit either.

    """
    record = _one(name)
    topic = name.partition("/")[0]
    key, value = record.key, record.value
    headers: list[tuple[str, bytes | None]] = [("content-type", b"application/cloudevents+json")]
    if mended is not None:
        found = next(documents([mended], "urn:fhir"), Bad(str(mended), "the file is empty"))
        if isinstance(found, Bad):
            raise CommandRefused(f"{found.where} does not fit either: {found.cause}")
        if found.record.topic != topic:
            raise CommandRefused(f"{mended} belongs to {found.record.topic}, not to {topic}.")
        key_cut = _headers(record).get("key_cut") == "true"
        key, value = (None if key_cut else record.key) or found.record.key, found.record.value
    elif _headers(record).get("cut") == "true":
        raise CommandRefused("This record was too large to keep whole; publish a mended one with --with FILE.")
    else:
        headers = dead_letters.originals(_headers(record))
        value = None if _headers(record).get("null") == "true" else value
    asyncio.run(_publish(topic, key, value, headers))
    out.print(f"published to {topic}", highlight=False)


async def _publish(topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    producer = client.producer(settings(KafkaConnection), "dead")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key, headers=headers)
    finally:
        await producer.stop()


def _one(name: str) -> Record:
    record = asyncio.run(_read()).get(name)
    if record is None:
        raise CommandRefused(f"There is no dead letter {name!r}; see `cocreate dead list`.")
    return record


async def _read() -> dict[str, Record]:
    """All dead letters by the name of the record that died: topic/partition/offset."""
    connection = settings(KafkaConnection)
    names = [topic.name for topic in topics.topics() if topic.name.endswith(DEAD)]
    missing = await client.reach(connection, names)
    consumer = AIOKafkaConsumer(**client_options(connection), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [p for name in sorted(set(names) - missing) for p in await _partitions(consumer, name)]
        if not partitions:
            return {}
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        return _named([record async for record in _all(consumer, ends)])
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - aiokafka has no public call that waits for metadata
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]


async def _all(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> Any:
    await consumer.seek_to_beginning(*ends)
    read = 0
    while any([await consumer.position(partition) < end for partition, end in ends.items()]) and read < MOST:
        batches = await consumer.getmany(timeout_ms=QUIET_MS)
        if not batches:
            return
        for batch in batches.values():
            for raw in batch:
                read += 1
                yield record_of(raw)


def _named(records: Iterable[Record]) -> dict[str, Record]:
    found = {}
    for record in records:
        header = _headers(record)
        found[f"{header.get('topic')}/{header.get('partition')}/{header.get('offset')}"] = record
    return found


def _headers(record: Record) -> dict[str, str]:
    return {name: (value or b"").decode("utf-8", "backslashreplace") for name, value in record.headers}
