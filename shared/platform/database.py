"""PostgreSQL: one pool a process, patience while the server is away, and migrations.

DatabaseError
├── DatabaseAway   the server does not answer
└── NotMigrated    the tables are missing or old
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import asyncpg

from shared.platform import metrics
from shared.platform.backoff import Backoff

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from alembic.config import Config

log = logging.getLogger("cocreate.database")

MIGRATIONS = Path(__file__).resolve().parents[2] / "deploy" / "migrations"

Pool: TypeAlias = "asyncpg.Pool[Any]"
T = TypeVar("T")
Row = TypeVar("Row", bound="DataclassInstance")

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # the server's farewell crossed a query
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk or memory, too many connections
    asyncpg.QueryCanceledError,  # a statement's time ran out
    asyncpg.ReadOnlySQLTransactionError,  # a standby, until it takes over
    asyncpg.InvalidAuthorizationSpecificationError,  # also a password that is being changed
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The server is away, or coming back: waiting helps. See `is_unavailable` for what no class tells."""

LOST = re.compile(r"(connection|pool) is clos(ed|ing)$|released back to the pool$|another operation is cancelling$")
"""What asyncpg's plain InterfaceError says of a lost connection, which its pool takes back at once, and of one whose
statement ran out of time. All else that it says is about a call of ours: a wrong number of arguments, a transaction
that was not begun, two that share a connection (asyncpg 0.32: protocol.pyx, prepared_stmt.pyx, pool.py)."""

COLLIDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Two transactions met: once more helps."""


def is_unavailable(error: BaseException) -> bool:
    """Whether the server is away, or coming back: an InterfaceError is only where it tells of a lost connection."""
    if type(error) is asyncpg.InterfaceError:  # its subclasses are all about how we ask
        return bool(error.args) and LOST.search(str(error.args[0])) is not None
    return isinstance(error, UNAVAILABLE)


def is_transient(error: BaseException) -> bool:
    """Whether the same thing, tried again later, may work: the server is away, or two transactions met."""
    return is_unavailable(error) or isinstance(error, COLLIDED)


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

    pool = await retry_while_unavailable(open_pool, what=where(url))
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
    except (*UNAVAILABLE, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
        cure = "is it running, and is COCREATE_DATABASE_URL right?"
        raise DatabaseAway(f"{where(url)} cannot be reached ({type(error).__name__}): {cure}") from error
    try:
        await check_migrated(pool)
        yield pool
    finally:
        await pool.close()


_told_away: set[str] = set()  # several parts of a service meet the same outage: it is told once


def _tell_outage(what: str, error: Exception) -> None:
    if what not in _told_away:
        _told_away.add(what)
        log.warning("%s is away (%s); trying again until it is back", what, type(error).__name__)
        metrics.OUTAGES.labels("postgresql").inc()


async def retry_while_unavailable(attempt: Callable[[], Awaitable[T]], what: str, within: float | None = None) -> T:
    """Try until it works, with growing pauses, as long as the fault is one that waiting cures.

    Args:
        attempt: what to do; must be safe to do again.
        what: the server, for the log.
        within: seconds since the first fault after which the fault is raised after all; None: never.

    """
    patience = Patience(what, within)
    while True:
        try:
            result = await attempt()
        except Exception as error:
            if not await patience.bears(error):
                raise
        else:
            patience.ends()
            return result


class Patience:
    """One outage, for whoever tries again until it ends: with growing pauses, and told once.

    Args:
        what: the server, for the log.
        within: seconds since the first fault after which a fault is borne no longer; None: never.

    """

    def __init__(self, what: str, within: float | None = None) -> None:
        self._what = what
        self._within = within
        self._backoff = Backoff()
        self._since: float | None = None

    async def bears(self, error: Exception) -> bool:
        """Whether to try again, after a pause, or to raise the fault after all."""
        if not is_transient(error):
            return False
        if is_unavailable(error):
            if self._is_over():
                return False
            self._tell(error)
        await self._backoff.pause()
        return True

    def ends(self) -> None:
        """It works: say so, where it was said that it did not."""
        if self._since is not None and self._what in _told_away:
            _told_away.discard(self._what)
            log.info("%s is back", self._what)

    def _is_over(self) -> bool:
        self._since = time.monotonic() if self._since is None else self._since
        return self._within is not None and time.monotonic() - self._since >= self._within

    def _tell(self, error: Exception) -> None:
        if self._what not in _told_away:
            _told_away.add(self._what)
            log.warning("%s is away (%s); trying again until it is back", self._what, type(error).__name__)
            metrics.OUTAGES.labels("postgresql").inc()


def takes_rows(row: type["DataclassInstance"], sql: str) -> str:
    """Check a statement that takes rows by `unnest(…) AS n(…)`: its names are the row's fields, in their order.

    Raises:
        TypeError: when its module is imported, rather than values in the wrong columns.

    """
    found = re.search(r"\bAS n\s*\(([^)]*)\)", sql)
    said = re.split(r",\s*", found[1].strip()) if found else []
    names = [field.name for field in fields(row)]
    if said != names:
        raise TypeError(f"a {row.__name__} has {', '.join(names)}; the statement takes {', '.join(said)}")
    return sql


def columns_of(row: type[Row], rows: Iterable[Row]) -> list[list[Any]]:
    """Rows as columns for a statement that `takes_rows`, one for each field."""
    listed = list(rows)
    return [[getattr(one, field.name) for one in listed] for field in fields(row)]


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
    """Rows as columns, for `unnest`. Where rows have more than a few fields, see `database.columns_of`."""
    listed = list(rows)
    if {len(row) for row in listed} - {width}:
        raise ValueError(f"the statement takes rows of {width}, these have {', '.join(str(len(r)) for r in listed)}")
    return [[row[i] for row in listed] for i in range(width)]
