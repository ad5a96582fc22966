"""`cocreate topics` and `cocreate migrate`: create missing topics, and migrate the database."""

import asyncio

from aiokafka.errors import KafkaError

from services.cli.harmless import tamed
from services.cli.terminal import out
from services.cli.where import settings
from shared.kafka import client
from shared.kafka import topics as known
from shared.kafka.client import KafkaAway
from shared.platform import database
from shared.platform.database import DatabaseAway
from shared.settings import Connections, KafkaConnection


def create_missing_topics(partitions: int, replicas: int) -> None:
    """Create the topics that are missing, and print every topic with its result.

    Raises:
        KafkaAway: Kafka refused to create topics.

    """
    connection = settings(KafkaConnection)
    asyncio.run(_create(connection, partitions, replicas))


async def _create(connection: KafkaConnection, partitions: int, replicas: int) -> None:
    await client.reach(connection)
    wanted = known.topics(partitions)
    try:
        created = await client.create_topics(connection, wanted, replicas)
    except KafkaError as error:
        message = f"Kafka at {connection.kafka_url} refused to create topics: {type(error).__name__}: {error}"
        raise KafkaAway(message) from error
    for topic in wanted:
        kept = "compacted" if topic.retention is None else f"kept {topic.retention.days} days"
        if topic.name in created:
            out.print(f"{topic.name:<28} created: {topic.partitions} partitions, {kept}", highlight=False)
        else:
            out.print(f"{topic.name:<28} was there, and stays as it is", highlight=False)


def migrate_database() -> None:
    """Run the database migrations.

    Raises:
        DatabaseAway: the database cannot be reached.

    """
    connections = settings(Connections)
    try:
        database.migrate(connections.database_url)
    except (OSError, *database.UNAVAILABLE) as error:
        where = database.where(connections.database_url)
        raise DatabaseAway(
            f"{where} cannot be reached ({type(error).__name__}): is COCREATE_DATABASE_URL right?"
        ) from error
    out.print(f"{tamed(database.where(connections.database_url))} is up to date.", highlight=False)
