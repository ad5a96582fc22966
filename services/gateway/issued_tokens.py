"""Access tokens that operators issue, kept in the database as hashes: each is somebody's, expires and can be withdrawn.

RecordAway    the database does not answer: who asks cannot be known, and what they do cannot be put on record
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from services.gateway.tokens import Token, Tokens
from shared.audit import trail
from shared.audit.trail import AuditEntry, Means
from shared.platform import database
from shared.platform.clock import Connection
from shared.platform.database import Pool

CACHED_SECONDS = 5.0
"""For so long a withdrawn token may still be taken: a read of some dozens of rows each 5 s is nothing."""

SECONDS_TO_ANSWER = 3.0  # of the database; a client that waits longer tries again anyway

VALID = """
SELECT name, digest, sources FROM gateway.tokens WHERE withdrawn_at IS NULL AND expires_at > clock_timestamp()
"""

ISSUE = """
INSERT INTO gateway.tokens (name, digest, issued_to, sources, issued_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING name
"""

WITHDRAW = """
UPDATE gateway.tokens SET withdrawn_at = clock_timestamp(), withdrawn_by = $2, withdrawn_because = $3
WHERE name = $1 AND withdrawn_at IS NULL RETURNING name
"""

LIST = """
SELECT name, issued_to, sources, issued_by, issued_at, expires_at, withdrawn_at, withdrawn_by, withdrawn_because,
    withdrawn_at IS NULL AND expires_at > clock_timestamp() AS is_valid
FROM gateway.tokens ORDER BY issued_at, name
"""


class RecordAway(Exception):
    """The database does not answer. A client posts again later; nothing of its request was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token as it is kept; the token itself is not."""

    name: str
    issued_to: str
    sources: tuple[str, ...]
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_because: str | None
    is_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token to be kept: its name, its hash, whose it is, for which sources, and until when."""

    name: str
    digest: bytes = field(repr=False)
    issued_to: str
    sources: tuple[str, ...]
    issued_by: str
    expires_at: datetime


async def issue(connection: Connection, token: NewToken) -> bool:
    """Keep a token; False where one of this name was issued before, valid or not: a name stays whose it was."""
    kept = (token.name, token.digest, token.issued_to, list(token.sources), token.issued_by, token.expires_at)
    return await connection.fetchval(ISSUE, *kept) is not None


async def withdraw(connection: Connection, name: str, by: str, because: str) -> bool:
    """Withdraw a token; False where none of this name stands."""
    return await connection.fetchval(WITHDRAW, name, by, because) is not None


async def load(connection: Connection) -> list[IssuedToken]:
    """Every token that was ever issued, the oldest first."""
    return [IssuedToken(**{**row, "sources": tuple(row["sources"])}) for row in await connection.fetch(LIST)]


class TokenDesk:
    """Knows whose a token is, of the environment or of the database, and puts on record what is done with it."""

    def __init__(self, configured: Tokens, topics: Mapping[str, frozenset[str]], url: str | None = None) -> None:
        """Know the tokens of the environment, and with the address of a database those that are kept there."""
        self._configured = configured
        self._topics = topics
        self._url = url
        self._pool: Pool | None = None
        self._issued = Tokens()
        self._read_at = -CACHED_SECONDS
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold connections to the database while entered; it need not be there yet."""
        if self._url is None:
            yield
            return
        async with asyncpg.create_pool(self._url, min_size=0, max_size=4, timeout=SECONDS_TO_ANSWER) as self._pool:
            yield

    async def whose(self, authorizations: Sequence[str]) -> Token | None:
        """The token of a request by its `Authorization` headers; None where they hold no known token.

        Raises:
            RecordAway: it is none of the environment's, and the database does not answer.

        """
        return self._configured.whose(authorizations) or (await self._valid()).whose(authorizations)

    async def known(self, token: str) -> Token | None:
        """The entry of this token; None where it is unknown, has expired or was withdrawn.

        Raises:
            RecordAway: as `whose`.

        """
        return self._configured.known(token) or (await self._valid()).known(token)

    async def put_on_record(self, token: Token, route: str, sources: Sequence[str]) -> None:
        """Put on record that a token's bearer is about to write events of these sources; not which events.

        Raises:
            RecordAway: the database does not answer. Without one there is no record.

        """
        if self._pool is None or not sources:
            return
        entry = AuditEntry(
            who=token.name,
            means=Means.GATEWAY,
            action=f"post {route}",
            changes=True,
            things=tuple(sorted(set(sources))),
            detail=f"{len(sources)} events",
        )
        async with _in_time(), self._pool.acquire() as connection:
            await trail.record(connection, entry)

    async def _valid(self) -> Tokens:
        """The valid tokens of the database, as of a few seconds ago at most."""
        if self._pool is None:
            return self._issued
        async with self._reading:
            if time.monotonic() - self._read_at >= CACHED_SECONDS:
                async with _in_time():
                    rows = await self._pool.fetch(VALID)
                every = (Token(row["name"], row["digest"], frozenset(row["sources"]), self._topics) for row in rows)
                self._issued, self._read_at = Tokens(tuple(every)), time.monotonic()
            return self._issued


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Asks the database, and not for long: an outage of any kind is `RecordAway`, a fault of ours stays itself."""
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            yield
    except Exception as error:  # which kinds are an outage, `database` alone knows
        if database.is_unavailable(error):
            raise RecordAway from error
        raise
