"""The outbox: events for Kafka, written in the transaction that they tell of."""

from collections.abc import Sequence

from shared.platform.clock import Connection

PUT = """
INSERT INTO schedule.outbox (topic, key, event) SELECT $1, key, event FROM unnest($2::text[], $3::jsonb[])
    WITH ORDINALITY AS n(key, event, rank) ORDER BY rank
"""


async def put(connection: Connection, topic: str, events: Sequence[tuple[str, str]]) -> None:
    """Leave events, each as (key, JSON), to be published in this order once the caller's transaction is committed."""
    if events:
        await connection.execute(PUT, topic, [key for key, _ in events], [event for _, event in events])
