"""PostgreSQL: one pool a process, patience while the server is away, and migrations.

DatabaseError
├── DatabaseAway   the server does not answer
└── NotMigrated    the tables are missing or old
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import asyncpg

from shared.platform import metrics
from shared.platform.backoff import Backoff

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger("cocreate.database")

MIGRATIONS = Path(__file__).resolve().parents[2] / "deploy" / "migrations"

Pool: TypeAlias = "asyncpg.Pool[Any]"
T = TypeVar("T")

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # a closed connection or pool; also a wrong count of arguments: only its message differs
    asyncpg.InternalClientError,  # the server's farewell crossed a query
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk or memory, too many connections
    asyncpg.QueryCanceledError,  # a statement's time ran out
    asyncpg.ReadOnlySQLTransactionError,  # a standby, until it takes over
    asyncpg.InvalidAuthorizationSpecificationError,  # also a password that is being changed
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The server is away, or coming back: waiting helps."""

OURS = (asyncpg.DataError, asyncpg.ClientConfigurationError)
"""Faults of ours among asyncpg's InterfaceErrors: no waiting helps, so they are caught before `AWAY`."""

COLLIDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Two transactions met: once more helps."""


def passes(error: BaseException) -> bool:
    """Whether the same thing, tried again later, may work: the server is away, or two transactions met."""
    return isinstance(error, (*AWAY, *COLLIDED)) and not isinstance(error, OURS)


class DatabaseError(Exception):
    """PostgreSQL cannot be used as it is."""


class DatabaseAway(DatabaseError):
    """The server does not answer. Is it running, and is COCREATE_DATABASE_URL right?"""


class NotMigrated(DatabaseError):
    """The tables are missing or of an older version. Run `cocreate migrate`."""


def where(url: str) -> str:
    """Host, port and name of a database, for people: never the password."""
    parts = urlsplit(url)
    host = parts.hostname or "local socket"
    port = f":{parts.port}" if parts.port else ""
    return f"PostgreSQL at {host}{port}, database {parts.path.lstrip('/') or 'postgres'}"


@asynccontextmanager
async def connect(url: str, size: int = 4) -> AsyncIterator[Pool]:
    """A pool, once the server answers. Says which server it waits for, once an outage."""

    async def open_pool() -> Pool:
        return await asyncpg.create_pool(url, min_size=1, max_size=size, command_timeout=60, timeout=10)

    pool = await patiently(open_pool, what=where(url))
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=10)
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def connect_at_once(url: str) -> AsyncIterator[Pool]:
    """A pool for a command that a person waits for.

    Raises:
        DatabaseAway: the server does not answer now.
        NotMigrated: its tables are missing or old.

    """
    try:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=2, timeout=5)
    except (*AWAY, asyncpg.PostgresError) as error:
        cure = "is it running, and is COCREATE_DATABASE_URL right?"
        raise DatabaseAway(f"{where(url)} cannot be reached ({type(error).__name__}): {cure}") from error
    try:
        await check_migrated(pool)
        yield pool
    finally:
        await pool.close()


_told_away: set[str] = set()  # several parts of a service meet the same outage: it is told once


async def patiently(attempt: Callable[[], Awaitable[T]], what: str, within: float | None = None) -> T:
    """Try until it works, with growing pauses, as long as the fault is one that waiting cures.

    Args:
        attempt: what to do; must be safe to do again.
        what: the server, for the log.
        within: seconds since the first fault after which the fault is raised after all; None: never.

    """
    backoff = Backoff()
    since: float | None = None
    while True:
        try:
            result = await attempt()
        except OURS:
            raise
        except COLLIDED:
            await backoff.pause()
        except AWAY as error:
            since = since if since is not None else time.monotonic()
            if within is not None and time.monotonic() - since >= within:
                raise
            if what not in _told_away:
                _told_away.add(what)
                log.warning("%s is away (%s); trying again until it is back", what, type(error).__name__)
                metrics.OUTAGES.labels("postgresql").inc()
            await backoff.pause()
        else:
            if since is not None and what in _told_away:
                _told_away.discard(what)
                log.info("%s is back", what)
            return result


def migrate(url: str) -> None:
    """Bring the database up to date. Blocks; two callers take turns."""
    from alembic import command  # noqa: PLC0415 - a second to load, for what most processes never do

    command.upgrade(_alembic(url), "head")


async def check_migrated(pool: Pool) -> None:
    """Refuse to work on old tables.

    Raises:
        NotMigrated: with the cure.

    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    head = ScriptDirectory.from_config(_alembic("")).get_current_head()
    known = await pool.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL")
    version = await pool.fetchval("SELECT version_num FROM public.alembic_version") if known else None
    if version != head:
        message = f"the database is at version {version or 'none'}, this program needs {head}: run `cocreate migrate`"
        raise NotMigrated(message)


def _alembic(url: str) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", _sqlalchemy(url).replace("%", "%%"))
    return config


def _sqlalchemy(url: str) -> str:
    _, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}"


def columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns, for `unnest`."""
    listed = list(rows)
    return [[row[i] for row in listed] for i in range(width)]
