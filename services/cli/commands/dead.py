"""`cocreate dead`: lists, shows and republishes dead letters, records that could not be read."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.cli import on_record
from services.cli.documents import Bad, documents
from services.cli.harmless import tamed
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import database_url, settings
from shared.events.cloudevents import Record
from shared.events.topic_names import DEAD
from shared.kafka import client, dead_letters, topics
from shared.kafka.client import client_options, record_of
from shared.platform import database
from shared.settings import KafkaConnection

MOST = 10_000
QUIET_MS = 2_000

COLUMNS = (Column("record"), Column("when"), Column("thing", Fit.THING), Column("reason", Fit.PROSE))


def list_dead() -> None:
    """Print them, once each, however often a replay has buried them."""
    found = asyncio.run(read_dead(settings(KafkaConnection)))
    if not found:
        out.print("No dead letters.")
        return
    rows = []
    for name, record in found.items():
        header = headers_of(record)
        detail = f" ({header['detail']})" if header.get("detail") else ""
        reason = header.get("explanation", "") + detail
        rows.append((name, header.get("timestamp", "")[:19], header.get("thing", ""), reason))
    show(Listing(title="Dead letters", columns=COLUMNS, rows=rows))


def show_dead(name: str) -> None:
    """Print the headers and the content of one dead letter."""
    record = _one(name)
    asyncio.run(_put_on_record("dead show", name))
    for key, value in headers_of(record).items():
        out.print(f"[bold]{tamed(key)}[/] {tamed(value)}", highlight=False, soft_wrap=True)
    out.print()
    out.print((record.value or b"").decode("utf-8", "backslashreplace"), markup=False, highlight=False, soft_wrap=True)


def publish_dead(name: str, mended: Path | None) -> None:
    """Publish a dead letter to its topic again, as it was or with the corrected event of a file.

    Raises:
        CommandRefused: there is no such dead letter, or the corrected event is invalid too.

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
        key_cut = headers_of(record).get("key_cut") == "true"
        key, value = (None if key_cut else record.key) or found.record.key, found.record.value
    elif headers_of(record).get("cut") == "true":
        raise CommandRefused("This record was too large to keep whole; publish a mended one with --with FILE.")
    else:
        headers = dead_letters.originals(headers_of(record))
        value = None if headers_of(record).get("null") == "true" else value
    asyncio.run(_put_on_record("dead publish", name, "mended" if mended else "as it was"))
    asyncio.run(_publish(topic, key, value, headers))
    out.print(f"published to {tamed(topic)}", highlight=False)


async def _publish(topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    producer = client.producer(settings(KafkaConnection), "dead")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key, headers=headers)
    finally:
        await producer.stop()


async def _put_on_record(action: str, name: str, how: str = "") -> None:
    """Put on record what is about to be shown or published, by the name of the record that died."""
    put = on_record.act_elsewhere if how else on_record.look
    async with database.connect_at_once(database_url()) as pool, pool.acquire() as connection:
        await put(connection, action, things=[name], detail=how)


def _one(name: str) -> Record:
    record = asyncio.run(read_dead(settings(KafkaConnection))).get(name)
    if record is None:
        raise CommandRefused(f"There is no dead letter {name!r}; see `cocreate dead list`.")
    return record


async def read_dead(connection: KafkaConnection) -> dict[str, Record]:
    """All dead letters by the name of the record that died, topic/partition/offset: once each, whoever buried it."""
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
        header = headers_of(record)
        found[f"{header.get('topic')}/{header.get('partition')}/{header.get('offset')}"] = record
    return found


def headers_of(record: Record) -> dict[str, str]:
    """The headers of a dead letter: see docs/events.md."""
    return {name: (value or b"").decode("utf-8", "backslashreplace") for name, value in record.headers}
