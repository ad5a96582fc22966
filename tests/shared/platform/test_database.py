"""PostgreSQL that goes away is waited for; what waiting cannot cure is raised."""

import asyncio
import logging
from pathlib import Path

import asyncpg
import pytest

from shared.embedded import EmbeddedPostgres
from shared.platform import database
from shared.platform.backoff import FIRST, LONGEST, Backoff
from shared.platform.database import NotMigrated, Pool, patiently


async def test_a_stopped_server_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Work that meets a stopped PostgreSQL goes on by itself once it is back, and the log says so once."""
    caplog.set_level(logging.INFO, "cocreate.database")
    server = EmbeddedPostgres(tmp_path / "pg", durable=False)
    with server:
        url = server.database_url()
        pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
        assert await pool.fetchval("SELECT 1") == 1
    waiting = asyncio.create_task(patiently(lambda: pool.fetchval("SELECT 2"), database.where(url)))
    while not caplog.records:  # noqa: ASYNC110 - a log wakes nobody
        await asyncio.sleep(0)
    assert not waiting.done()
    with server:
        assert await waiting == 2
        await pool.close()
    away = [record for record in caplog.records if "is away" in record.getMessage()]
    assert len(away) == 1


async def test_patience_ends_where_it_is_told_to() -> None:
    """With `within` the fault is raised after all."""

    async def away() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await patiently(away, "a server", within=0)


async def test_a_fault_of_ours_is_not_waited_for(pool: Pool) -> None:
    """A wrong query does not become right by waiting."""
    with pytest.raises(asyncpg.UndefinedTableError):
        await patiently(lambda: pool.fetchval("SELECT 1 FROM nowhere"), "PostgreSQL")


async def test_two_that_collide_try_again(pool: Pool) -> None:
    """A deadlock is tried again at once, however often the server is there."""
    faults: list[Exception] = [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")]

    async def collide() -> str:
        if faults:
            raise faults.pop()
        return "through"

    assert await patiently(collide, "PostgreSQL") == "through"


def test_pauses_grow_to_a_limit() -> None:
    """Pauses double from a tenth of a second to a quarter of a minute, half of each left to chance."""
    backoff = Backoff()
    for tries in (0, 1, 5, 50, 5_000):
        backoff.tries = tries
        longest = min(LONGEST, FIRST * 2.0 ** min(tries, 16))
        assert longest / 2 <= backoff.next() <= longest


URLS = [
    ("postgresql://u:secret@db.example.org:5433/cocreate", "PostgreSQL at db.example.org:5433, database cocreate"),
    ("postgresql:///cocreate?host=/tmp", "PostgreSQL at local socket, database cocreate"),
    ("postgresql://db", "PostgreSQL at db, database postgres"),
]


@pytest.mark.parametrize(("url", "shown"), URLS)
def test_a_server_is_named_without_its_password(url: str, shown: str) -> None:
    """People learn where, and no log learns the password."""
    assert database.where(url) == shown


async def test_old_tables_are_refused(pool: Pool) -> None:
    """A service refuses to work on tables of another version, and says what to run."""
    await database.check_migrated(pool)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE public.alembic_version SET version_num = '0000'")
        with pytest.raises(NotMigrated, match="cocreate migrate"):
            await database.check_migrated(connection)  # type: ignore[arg-type]
        await transaction.rollback()


async def test_patience_counts_the_time_of_the_tries() -> None:
    """`within` is time since the first fault: slow tries use it up as pauses do."""
    tries = 0

    async def slow() -> None:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.2)
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await patiently(slow, "a server", within=0.15)
    assert tries == 2


async def test_a_wrong_argument_is_not_waited_for(pool: Pool) -> None:
    """An argument of the wrong type is our fault, though asyncpg counts it among the faults of a connection."""
    with pytest.raises(asyncpg.DataError):
        await asyncio.wait_for(patiently(lambda: pool.fetchval("SELECT $1::int", "x"), "PostgreSQL"), 5)


AWAYS = [
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
    asyncpg.QueryCanceledError,
    asyncpg.InvalidPasswordError,
]


@pytest.mark.parametrize("fault", AWAYS)
def test_a_server_in_trouble_is_away(fault: type[Exception]) -> None:
    """A standby, a full disk, a statement out of time and a refused password cost no record."""
    assert issubclass(fault, database.AWAY)
