"""Real parts for all tests: one PostgreSQL and one Kafka a session, clean tables a test."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests import engines
from tests.engines import create_database, kafka, postgres  # noqa: F401 - fixtures
from tests.harness import INDEX_KEY, KEYS, Harness
from tests.tables import Tables

# Half of the usual number: there are hundreds of properties, and those that need more say so.
settings.register_profile(
    "cocreate", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("cocreate")


def pytest_configure() -> None:
    """Refuse to run on less than a real Kafka where CI asks for one."""
    engines.require_real_kafka()


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
