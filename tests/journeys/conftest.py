"""What journeys share: one nursery of services a session; for each module a fresh town on empty topics."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.embedded import EmbeddedKafka
from shared.kafka import client as own_kafka
from shared.kafka.topics import topics
from shared.platform import database
from shared.settings import KafkaConnection
from tests.engines import InProcessKafka, Kafka, Postgres
from tests.journeys.groups import remove_members
from tests.journeys.stack_harness import PARTITIONS, Nursery, StackHarness, town
from tests.journeys.waiting import until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A journey starts processes and waits for what they do."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow(reason="starts the services as processes"))


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks services."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def template(nursery: Nursery, postgres: Postgres) -> str:
    """The name of a migrated database, to be copied. The nursery is asked for first: it loads meanwhile."""
    database.migrate(postgres.create_database("journeys"))
    return "journeys"


@pytest.fixture(scope="module")
async def broker(kafka: Kafka) -> AsyncIterator[Kafka]:
    """The session's broker with every topic new and empty; the embedded one cannot drop topics, so a new one of it."""
    with ExitStack() as stack:
        if kafka.kind == "embedded":
            embedded = InProcessKafka(stack.enter_context(EmbeddedKafka()))
            for topic in topics(PARTITIONS):
                await embedded.create_topic(topic.name, topic.partitions)
            yield embedded
        else:
            await remove_members(kafka.url)
            await _empty_topics(kafka.url)
            yield kafka


async def _empty_topics(url: str) -> None:
    """Drop and create the topics; their groups' offsets go with them."""
    wanted = topics(PARTITIONS)
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:

        async def gone() -> bool:
            there = set(await admin.list_topics()) & {topic.name for topic in wanted}
            if there:
                await admin.delete_topics(sorted(there))
            return not there

        await until("old topics are gone", gone)
    finally:
        await admin.close()
    await own_kafka.create_topics(KafkaConnection(kafka_url=url), wanted, replicas=1)


@pytest.fixture(scope="module")
def needs_real_kafka(kafka: Kafka) -> None:
    """Skip on the embedded broker."""
    if kafka.kind == "embedded":
        pytest.skip("needs a real Kafka (make kafka): the embedded broker cannot rebalance")


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Settings of this module's services that differ from the usual ones; modules override it."""
    return {}


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Settings of this module's sandbox; modules override it."""
    return {}


@pytest.fixture(scope="module")
async def bare_town(
    nursery: Nursery,
    template: str,
    broker: Kafka,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
    settings: dict[str, str],
    provider: dict[str, object],
) -> AsyncIterator[StackHarness]:
    """A town in which no service runs yet. At its end no log has a traceback, a number or a name."""
    url = postgres.create_database(f"journeys_{secrets.token_hex(4)}", template=template)
    logs = tmp_path_factory.mktemp("logs")
    async with town(broker.url, url, nursery, logs, provider, static=broker.kind != "embedded", **settings) as built:
        yield built
    assert built.faults_in_logs() == []


@pytest.fixture(scope="module")
async def running_town(bare_town: StackHarness) -> StackHarness:
    """A town with one of each service."""
    await bare_town.start("prompts", "people", "delivery", "gateway")
    return bare_town
