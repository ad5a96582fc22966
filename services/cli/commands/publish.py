"""`cocreate publish`: writes the events of files to Kafka."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import KafkaError

from services.cli import on_record
from services.cli.documents import Bad, Good, documents
from services.cli.harmless import tamed
from services.cli.terminal import CommandRefused, err, out
from services.cli.where import database_url, settings
from shared.clinic.patient import PATIENTS
from shared.kafka import client
from shared.kafka.client import KafkaAway
from shared.platform import database
from shared.settings import KafkaConnection


def publish_files(files: Sequence[Path], source: str) -> None:
    """Publish every valid event of these files, once that is on record, and print the invalid documents.

    Raises:
        CommandRefused: a document was invalid, or a topic is missing.
        KafkaAway: Kafka did not accept the events.
        DatabaseError: it cannot be put on record.

    """
    found = list(documents(files, source))
    good = [one for one in found if isinstance(one, Good)]
    bad = [one for one in found if isinstance(one, Bad)]
    if good:
        asyncio.run(_publish(good))
    for one in good:
        for note in one.notes:
            out.print(f"  note  {tamed(one.where)}: {tamed(note)}", highlight=False, soft_wrap=True)
    for topic, number in Counter(one.record.topic for one in good).items():
        out.print(f"published {number} to {tamed(topic)}", highlight=False)
    for fault in bad:
        err.print(f"[red]not published[/] {tamed(fault.where)}: {tamed(fault.cause)}", highlight=False, soft_wrap=True)
    if bad:
        raise CommandRefused(f"{len(bad)} of {len(found)} could not be published; mend them and publish these again.")


def named_on_record(one: Good) -> str:
    """What stands on record of an event: its thing; of a patient, whose id or NHS number that holds, the source."""
    return one.event.source if one.record.topic == PATIENTS else one.event.thing


async def _publish(good: Sequence[Good]) -> None:
    connection = settings(KafkaConnection)
    missing = await client.reach(connection, {one.record.topic for one in good})
    if missing:
        raise CommandRefused(f"The topics {', '.join(sorted(missing))} are missing: run `cocreate topics` first.")
    topics = Counter(one.record.topic for one in good)
    async with database.connect_at_once(database_url()) as pool, pool.acquire() as kept:
        detail = ", ".join(f"{number} to {topic}" for topic, number in topics.items())
        await on_record.act_elsewhere(kept, "publish", things=map(named_on_record, good), detail=detail)
    producer = client.producer(connection, "publish")
    await producer.start()
    try:
        sent = [
            await producer.send(one.record.topic, one.record.value, one.record.key, headers=list(one.record.headers))
            for one in good
        ]
        await asyncio.gather(*sent)
    except KafkaError as error:
        raise KafkaAway(f"Kafka at {connection.kafka_url} did not take the events ({type(error).__name__})") from error
    finally:
        await producer.stop()
