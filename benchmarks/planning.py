"""How fast appointments are planned and messages claimed, and what each step costs beside the others.

    .venv/bin/python benchmarks/planning.py [appointments]

Everything runs in one process on the embedded PostgreSQL, so read the ratios, not the rates.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg

from services.prompts.rules import plan
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.places import Places
from shared.embedded import EmbeddedPostgres
from shared.events.cloudevents import Event, read
from shared.planning import fact_store
from shared.platform import database
from shared.rules.plan import SentHistory
from shared.security.encryption import Encryption
from tests.harness import INDEX_KEY, KEYS, MONDAY, PLACES, Harness, appointment

BATCHES = (1, 10, 100, 500)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


def row(name: str, number: int, seconds: float, base: float) -> None:
    """One line: rate, and the ratio to the first line of its table."""
    rate = number / seconds
    print(f"  {name:<44} {rate:>10,.0f} a second   {rate / base:>6.2f} x")


async def main(url: str, number: int) -> None:
    """Run all tables."""
    pool = await asyncpg.create_pool(url, min_size=2, max_size=8)
    world = await Harness(pool, Encryption.of(KEYS, INDEX_KEY)).open()
    gc.collect()
    gc.freeze()  # as `cocreate run` does
    events = [appointment(id=f"b{i}", patient=f"q{i}", phone=f"07700 900{i % 1000:03d}") for i in range(number)]
    records = [world.record(event, APPOINTMENTS) for event in events]

    print("new appointments, by records in a batch")
    base, begun = 0.0, 0
    for size in BATCHES:
        share = records[begun : begun + number // len(BATCHES)]
        begun += len(share)
        if size == 1:
            share = share[:200]

        async def take(share: list[object] = share, size: int = size) -> None:
            for i in range(0, len(share), size):
                await world.engine.take(share[i : i + size])  # type: ignore[arg-type]

        seconds = await timed(take)
        base = base or len(share) / seconds
        row(f"batches of {size}", len(share), seconds, base)

    print("what a batch of 500 is made of")
    kinds = world.engine.planner.topics[APPOINTMENTS]
    begun_at = time.perf_counter()
    read_events = [e for r in records if isinstance(e := read(r, kinds, MONDAY), Event)]
    seconds = time.perf_counter() - begun_at
    base = len(records) / seconds
    row("reading records", len(records), seconds, base)
    async with pool.acquire() as connection:
        patients = [r["patient_id"] for r in await connection.fetch("SELECT DISTINCT patient_id FROM prompts.facts")]
        loaded = await fact_store.load(connection, "prompts", patients, {"appointment": Appointment})
    registry = Places.of(PLACES)
    begun_at = time.perf_counter()
    for fact in loaded:
        plan(fact_store.facts_of(fact.patient_id, [fact], registry), SentHistory(), world.policy)
    row("the rule", len(loaded), time.perf_counter() - begun_at, base)

    async def again() -> None:
        for i in range(0, len(records), 500):
            await world.engine.take(records[i : i + 500])

    row("a full replay, which changes nothing", len(records), await timed(again), base)
    print(f"  ({len(read_events)} events, {len(loaded)} facts)")

    print("claim, hand over and record, to a provider that answers at once")
    await world.turn(MONDAY + timedelta(days=14, hours=7))
    sent: list[object] = []

    async def deliver() -> None:
        sent.extend(await world.deliver())

    seconds = await timed(deliver)
    row("messages", len(sent), seconds, len(sent) / seconds)
    await pool.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "pg", durable=False) as postgres:
        address = postgres.create_database("benchmark")
        database.migrate(address)
        asyncio.run(main(address, int(sys.argv[1]) if len(sys.argv) > 1 else 4_000))
