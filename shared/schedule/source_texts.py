"""How many texts went out for each source on each day: a row for both, so that a claim counts nothing else."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from shared.platform.clock import Connection
from shared.platform.database import columns

TODAY = "SELECT source, texts FROM schedule.source_texts WHERE day = $1 AND source = ANY($2)"

# In one order, so that two replicas that count for the same sources do not lock each other out.
COUNT = """
INSERT INTO schedule.source_texts AS t (day, source, texts)
SELECT $1, source, texts FROM unnest($2::text[], $3::integer[]) AS n(source, texts) ORDER BY source
ON CONFLICT (day, source) DO UPDATE SET texts = t.texts + excluded.texts
"""


async def today(connection: Connection, now: datetime, sources: Iterable[str]) -> dict[str, int]:
    """How many texts went out today (UTC) for these sources. Two claims at once may each miss the other's."""
    rows = await connection.fetch(TODAY, now.astimezone(UTC).date(), sorted(set(sources)))
    return {row["source"]: row["texts"] for row in rows}


async def count(connection: Connection, now: datetime, texts: Mapping[str, int]) -> None:
    """Count texts that go out now."""
    if texts:
        await connection.execute(COUNT, now.astimezone(UTC).date(), *columns(sorted(texts.items()), 2))
