"""Real parts for all tests: one PostgreSQL and one Kafka a session, clean tables a test."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests import distribution, engines
from tests.engines import create_database, kafka, postgres  # noqa: F401 - fixtures
from tests.harness import INDEX_KEY, KEYS, Harness
from tests.tables import Tables

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

# Half of the usual number: there are hundreds of properties, and those that need more say so.
settings.register_profile(
    "cocreate", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("cocreate")

# The journeys take as long as all else does in three.
MOST_WORKERS = 4

KAFKA_TIMEOUT = 300  # seconds: a broker may start in 45 on a busy machine, and some tests start it again


def pytest_configure() -> None:
    """Refuse to run on less than a real Kafka where CI asks for one."""
    engines.require_real_kafka()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker for each core, and the Kafka's, where the whole suite runs; none where paths are named.

    The Kafka's waits for other processes half of its time, and named paths would wait for workers.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS) if whole else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "Scheduling":
    """A file to a worker, and all that needs the Kafka to the same."""
    from tests.scheduler import ByFile  # noqa: PLC0415 - of no use where there are no workers

    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while tests are collected: all that comes then stays, and is not looked through again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests on the Kafka the time that it takes to start, and begin with them.

    What takes longest begins, lest one worker be left alone with it at the end.
    """
    if strays := distribution.strays(items):
        raise pytest.UsageError(f"these tests need the Kafka: name them in tests/distribution.py: {', '.join(strays)}")
    for item in items:
        if distribution.needs_kafka(item) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(KAFKA_TIMEOUT))
    slow = {distribution.group_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (_expense(item), distribution.group_of(item.nodeid) not in slow))


def _expense(item: pytest.Item) -> int:
    """The group of the Kafka first, then what needs the database, then what needs neither."""
    if distribution.group_of(item.nodeid) == distribution.KAFKA_GROUP:
        return 0
    return 1 if "postgres" in getattr(item, "fixturenames", ()) else 2


def pytest_report_header() -> str:
    """Which PostgreSQL and which Kafka."""
    return engines.describe()


@pytest.fixture(scope="session")
def tables(postgres: engines.Postgres) -> Tables:  # noqa: F811
    """The tables of a migrated database."""
    return Tables.prepare(postgres.create_database("cocreate_tests"))


@pytest.fixture(scope="session")
def database_url(tables: Tables) -> str:
    """Where that database is."""
    return tables.url


@pytest.fixture(scope="session")
async def session_pool(database_url: str) -> AsyncIterator[Pool]:
    """One pool for all tests."""
    pool = await asyncpg.create_pool(database_url, min_size=2, max_size=12)
    yield pool
    await asyncio.wait_for(pool.close(), 10)


@pytest.fixture
async def pool(session_pool: Pool, tables: Tables) -> Pool:
    """A pool on tables that are empty but for the shipped words."""
    async with session_pool.acquire() as connection:
        await tables.clear(connection)
    return session_pool


@pytest.fixture
def encryption() -> Encryption:
    """A encryption with keys of its own."""
    return Encryption.of(KEYS, INDEX_KEY)


@pytest.fixture
async def harness(pool: Pool, encryption: Encryption) -> Harness:
    """A world on a Monday morning."""
    return await Harness(pool, encryption).open()
