"""One clock for everybody: the database's, which a demo may hurry and a test may turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"

READ = "SELECT clock.now() AS now, rate FROM clock.setting"

TURN = """
UPDATE clock.setting SET shown_at = coalesce($1, clock.now()), real_at = clock_timestamp(), rate = coalesce($2, rate)
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the clock shows, and how fast it runs."""

    now: datetime
    rate: float = 1.0

    def later(self, span: timedelta) -> datetime:
        """`span` of a machine's time from now: a lease of a minute stays one where the clock is hurried."""
        return self.now + span * max(self.rate, 1.0)

    def earlier(self, span: timedelta) -> datetime:
        """`span` of a machine's time before now."""
        return self.now - span * max(self.rate, 1.0)


async def read(connection: Connection) -> Moment:
    """What the clock shows now."""
    row = await connection.fetchrow(READ)
    assert row is not None  # noqa: S101 - the migration put the row there
    return Moment(row["now"], row["rate"])


async def real(connection: Connection) -> datetime:
    """What a machine's clock shows, however a demo or a test has turned ours: for times that others give."""
    at: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return at


async def turn(connection: Connection, to: datetime | None = None, rate: float | None = None) -> None:
    """Set the clock: for the demo and for tests; production never calls it."""
    await connection.execute(TURN, to, rate)
