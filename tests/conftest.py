"""Real parts for all tests: one PostgreSQL and one Kafka a session, a clean schema a test."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from shared.platform import database
from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests import engines
from tests.engines import create_database, kafka, postgres  # noqa: F401 - fixtures
from tests.harness import INDEX_KEY, KEYS, Harness

# Half of the usual number: there are hundreds of properties, and those that need more say so.
settings.register_profile(
    "cocreate", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("cocreate")

EMPTY = """
TRUNCATE people.patients, people.identifiers, people.details, people.addresses, people.opt_outs,
    places.places, words.templates, words.forms, schedule.messages, schedule.wakeups, schedule.holds,
    schedule.heartbeats, schedule.planners, schedule.outbox, schedule.replies, schedule.responses, prompts.facts,
    followup.facts, cards.facts, reunions.facts, reunions.lists, reunions.entries,
    tasks.tasks, texts.texts, texts.holds
"""


def pytest_configure() -> None:
    """Refuse to run on less than a real Kafka where CI asks for one."""
    engines.require_real_kafka()


def pytest_report_header() -> str:
    """Which PostgreSQL and which Kafka."""
    return engines.describe()


@pytest.fixture(scope="session")
def database_url(postgres: engines.Postgres) -> str:  # noqa: F811
    """A migrated database."""
    url = postgres.create_database("cocreate_tests")
    database.migrate(url)
    return url


@pytest.fixture(scope="session")
async def session_pool(database_url: str) -> AsyncIterator[Pool]:
    """One pool for all tests."""
    pool = await asyncpg.create_pool(database_url, min_size=2, max_size=12)
    yield pool
    await asyncio.wait_for(pool.close(), 10)


@pytest.fixture
async def pool(session_pool: Pool) -> Pool:
    """A pool on empty tables."""
    await session_pool.execute(EMPTY)
    return session_pool


@pytest.fixture
def encryption() -> Encryption:
    """A encryption with keys of its own."""
    return Encryption.of(KEYS, INDEX_KEY)


@pytest.fixture
async def harness(pool: Pool, encryption: Encryption) -> Harness:
    """A world on a Monday morning."""
    return await Harness(pool, encryption).open()
