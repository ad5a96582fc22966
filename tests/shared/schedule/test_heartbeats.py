"""A planner is caught up where it has read every partition that there is, and none that is no more."""

from datetime import UTC, datetime

from shared.platform.database import Pool
from shared.schedule import heartbeats

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


async def test_expected_partitions_follow_the_topics(pool: Pool) -> None:
    """A topic not there yet or a new partition holds the planner back; a partition that is gone does not."""
    async with pool.acquire() as connection:

        async def caught_up(*partitions: int) -> bool:
            rows = [("t", number) for number in partitions]
            await heartbeats.expect_beats(connection, "prompts", rows)
            await heartbeats.beat(connection, "prompts", [r for r in rows if r[1] in {0, 1}], NOW)
            return "prompts" in await heartbeats.caught_up(connection, NOW)

        assert not await caught_up(heartbeats.UNKNOWN)
        assert await caught_up(0, 1)
        assert not await caught_up(0, 1, 2)
        assert await caught_up(0)
