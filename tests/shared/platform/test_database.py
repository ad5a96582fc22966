"""PostgreSQL that goes away is waited for; what waiting cannot cure is raised."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from shared.embedded import EmbeddedPostgres
from shared.platform import database
from shared.platform.backoff import FIRST, LONGEST, Backoff
from shared.platform.database import NotMigrated, Pool, columns_of, retry_while_unavailable, takes_rows


async def test_a_stopped_server_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Work that meets a stopped PostgreSQL goes on by itself once it is back, and the log says so once."""
    caplog.set_level(logging.INFO, "cocreate.database")
    server = EmbeddedPostgres(tmp_path / "pg", durable=False)
    with server:
        url = server.database_url()
        pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
        assert await pool.fetchval("SELECT 1") == 1
    waiting = asyncio.create_task(retry_while_unavailable(lambda: pool.fetchval("SELECT 2"), database.where(url)))
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
        await retry_while_unavailable(away, "a server", within=0)


async def test_a_fault_of_ours_is_not_waited_for(pool: Pool) -> None:
    """A wrong query does not become right by waiting."""
    with pytest.raises(asyncpg.UndefinedTableError):
        await retry_while_unavailable(lambda: pool.fetchval("SELECT 1 FROM nowhere"), "PostgreSQL")


async def test_two_that_collide_try_again(pool: Pool) -> None:
    """A deadlock is tried again at once, however often the server is there."""
    faults: list[Exception] = [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")]

    async def collide() -> str:
        if faults:
            raise faults.pop()
        return "through"

    assert await retry_while_unavailable(collide, "PostgreSQL") == "through"


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
        await retry_while_unavailable(slow, "a server", within=0.15)
    assert tries == 2


WRONG: list[tuple[str, str, tuple[object, ...]]] = [
    ("too few arguments", "SELECT $1::int + $2::int", (1,)),
    ("too many arguments", "SELECT $1::int", (1, 2)),
    ("no argument", "SELECT $1::int", ()),
    ("another type", "SELECT $1::int", ("x",)),
]


@pytest.mark.parametrize(("query", "arguments"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
async def test_a_wrong_argument_is_not_waited_for(pool: Pool, query: str, arguments: tuple[object, ...]) -> None:
    """A wrong number or type of arguments is our fault at once, though asyncpg may call it one of its interface."""
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)) as raised:
        await asyncio.wait_for(retry_while_unavailable(lambda: pool.fetchval(query, *arguments), "PostgreSQL"), 5)
    assert not database.is_transient(raised.value)


async def _closed(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.close()
        await connection.fetchval("SELECT 1")


async def _lost_within_a_transaction(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        connection.terminate()
        await connection.fetchval("SELECT 1")


async def _of_a_closed_pool(pool: Pool) -> None:
    await pool.close()
    await pool.fetchval("SELECT 1")


async def _of_a_pool_that_closed_meanwhile(pool: Pool) -> None:
    async with pool.acquire() as connection:
        pool.terminate()
        await connection.fetchval("SELECT 1")


async def _out_of_time(pool: Pool) -> None:
    await pool.fetchval("SELECT pg_sleep(9)", timeout=0.01)


LOST = [_closed, _lost_within_a_transaction, _of_a_closed_pool, _of_a_pool_that_closed_meanwhile, _out_of_time]


@pytest.mark.parametrize("lose", LOST, ids=lambda lose: lose.__name__.strip("_"))
async def test_a_lost_connection_is_an_outage(database_url: str, lose: Callable[[Pool], Awaitable[None]]) -> None:
    """A connection or a pool that is gone, whichever way asyncpg says so, is waited for like a server that is."""
    own: Pool = await asyncpg.create_pool(database_url, min_size=1, max_size=1)
    try:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what the test asks
            await lose(own)
        assert database.is_unavailable(raised.value), repr(raised.value)
    finally:
        own.terminate()


async def test_a_connection_that_two_share_is_a_fault_of_ours(pool: Pool) -> None:
    """Two statements at once on one connection, or a transaction never begun, is no outage."""
    async with pool.acquire() as connection:
        first = asyncio.create_task(connection.fetchval("SELECT pg_sleep(0.05)"))
        await asyncio.sleep(0)
        with pytest.raises(asyncpg.InterfaceError) as raised:
            await connection.fetchval("SELECT 1")
        await first
        with pytest.raises(asyncpg.InterfaceError) as never_begun:
            await connection.transaction().commit()
    assert not database.is_transient(raised.value)
    assert not database.is_transient(never_begun.value)


@dataclass(frozen=True)
class Pair:
    """A row of two columns that no type tells apart."""

    first: str
    second: str


async def test_rows_go_into_columns_of_their_names(pool: Pool) -> None:
    """A statement gets each field of a row under the field's name."""
    query = takes_rows(Pair, "SELECT first, second FROM unnest($1::text[], $2::text[]) AS n(first, second)")
    rows = [Pair("a", "b"), Pair(second="d", first="c")]
    assert [tuple(row) for row in await pool.fetch(query, *columns_of(Pair, rows))] == [("a", "b"), ("c", "d")]
    assert columns_of(Pair, []) == [[], []]


@pytest.mark.parametrize("said", ["n(second, first)", "n(first)", "n(first, second, third)", "n(first, seconds)", "m"])
def test_a_statement_that_takes_other_columns_is_refused(said: str) -> None:
    """A wrong order, number or name of columns stops the import, rather than putting values in the wrong place."""
    with pytest.raises(TypeError, match="a Pair has first, second"):
        takes_rows(Pair, f"SELECT * FROM unnest($1::text[], $2::text[]) AS {said}")  # noqa: S608 - a test's own


AWAYS = [
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
    asyncpg.QueryCanceledError,
    asyncpg.InvalidPasswordError,
]


@pytest.mark.parametrize("fault", AWAYS)
def test_a_server_in_trouble_is_away(fault: type[Exception]) -> None:
    """A standby, a full disk, a statement out of time and a refused password cost no record."""
    assert issubclass(fault, database.UNAVAILABLE)
