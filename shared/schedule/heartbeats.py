"""Heartbeats: a planner says for each partition that it has read it all; only then is anything of its claimed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.platform.clock import Connection

HEARTBEAT_LIFE = timedelta(seconds=30)
"""How long "caught up" is believed: planners say it every 5 s, so that six are lost before it matters."""

UNKNOWN = -1
"""The partition of a topic that is not there yet: nobody can read it, so its planner counts as behind."""

BEAT = """
INSERT INTO schedule.heartbeats (planner, topic, partition, caught_up_at)
SELECT $1, topic, partition, $4 FROM unnest($2::text[], $3::integer[]) AS n(topic, partition)
ON CONFLICT (planner, topic, partition) DO UPDATE SET caught_up_at = excluded.caught_up_at
"""

EXPECT_BEATS = """
INSERT INTO schedule.heartbeats (planner, topic, partition, caught_up_at)
SELECT $1, topic, partition, '-infinity' FROM unnest($2::text[], $3::integer[]) AS n(topic, partition)
ON CONFLICT DO NOTHING
"""

FORGET_BEATS = """
DELETE FROM schedule.heartbeats WHERE planner = $1
AND (topic, partition) NOT IN (SELECT topic, partition FROM unnest($2::text[], $3::integer[]) AS n(topic, partition))
"""

CAUGHT_UP = "SELECT planner FROM schedule.heartbeats GROUP BY planner HAVING min(caught_up_at) >= $1"


async def beat(connection: Connection, planner: str, partitions: Iterable[tuple[str, int]], now: datetime) -> None:
    """Say that a planner has read all of these partitions."""
    rows = sorted(partitions)
    await connection.execute(BEAT, planner, [topic for topic, _ in rows], [number for _, number in rows], now)


async def expect_beats(connection: Connection, planner: str, partitions: Iterable[tuple[str, int]]) -> None:
    """Say which partitions a planner must have read before anything of its is claimed."""
    rows = sorted(partitions)
    topics, numbers = [topic for topic, _ in rows], [number for _, number in rows]
    async with connection.transaction():
        await connection.execute(FORGET_BEATS, planner, topics, numbers)
        await connection.execute(EXPECT_BEATS, planner, topics, numbers)


async def caught_up(connection: Connection, since: datetime) -> frozenset[str]:
    """The planners that have said since then, for every partition, that they have read it all."""
    return frozenset(row["planner"] for row in await connection.fetch(CAUGHT_UP, since))
