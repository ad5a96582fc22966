"""How fast places are given: the rule alone, and under a list's lock, by how many answer in a batch.

    .venv/bin/python benchmarks/seats.py [answers]

Everything runs in one process on the embedded PostgreSQL, so read the ratios, not the rates.
"""

import asyncio
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from services.reunions.ledger import before
from services.reunions.policy import Policy
from shared.clinic.courses import Reunion
from shared.clinic.places import Places
from shared.embedded import EmbeddedPostgres
from shared.platform import database
from shared.rules.facts import Fact
from shared.rules.plan import Facts
from shared.rules.reply import Reply
from shared.rules.waiting_list import Act, ListEntry, WaitingList, seat
from tests.harness import MONDAY, SOURCE

BATCHES = (1, 10, 100, 300)
START = MONDAY + timedelta(days=42)


def row(name: str, number: int, seconds: float) -> None:
    """One line: the time of all, and the rate."""
    print(f"  {name:<40} {seconds * 1000:>10,.1f} ms   {number / seconds:>12,.0f} a second")


def fold(number: int) -> None:
    """All entries of one list, folded at once."""
    entries = [ListEntry(arrival=1, at=MONDAY, act=Act.CAPACITY, patient_id=None, party=40)]
    entries += [
        ListEntry(arrival=n, at=MONDAY, act=Act.IN if n % 7 else Act.OUT, patient_id=UUID(int=n % number))
        for n in range(2, number + 2)
    ]
    begun = time.perf_counter()
    seat(WaitingList(), entries, lambda at: at)
    row(f"{number} entries", number, time.perf_counter() - begun)


def knows(number: int, thing: str) -> Facts:
    """Somebody who says that they come."""
    said = {"start": START.isoformat(), "rsvp_by": START.isoformat(), "capacity": 40, "courses": ["smp-1"]}
    reunion = Reunion.model_validate(said)
    fact = Fact(
        thing=thing,
        patient_id=UUID(int=0),
        reference=b"",
        source=SOURCE,
        kind="reunion",
        version="1",
        seen=("1",),
        first_at=MONDAY,
        since_at=MONDAY,
        digest="",
        holder=0,
        data=reunion,
    )
    at: datetime = MONDAY + timedelta(seconds=number)
    reply = Reply(
        id=f"{thing}/{number}",
        at=at,
        planner="reunions",
        message_id=UUID(int=9),
        kind="invitation",
        said={thing: {}},
        token="IN",  # noqa: S106 - an answer, no secret
    )
    return Facts(patient=str(number), things=(), places=Places(), replies=(reply,), shared_things=(fact,))


async def main(url: str, number: int) -> None:
    """Run all tables."""
    pool = await asyncpg.create_pool(url, min_size=1, max_size=4)
    settle = before(Policy())
    print("the rule, on a whole list at once")
    for size in (300, 3_000):
        fold(size)
    print(f"{number} answers for 40 places, by patients in a batch")
    for size in BATCHES:
        thing = f"{SOURCE}/reunion/{size}"
        seen = {UUID(int=n): knows(n, thing) for n in range(1, number + 1)}
        patients = list(seen)
        begun = time.perf_counter()
        for i in range(0, number, size):
            async with pool.acquire() as connection, connection.transaction():
                await settle(connection, {p: seen[p] for p in patients[i : i + size]}, MONDAY + timedelta(days=1))
        row(f"batches of {size}", number, time.perf_counter() - begun)
    await pool.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "pg", durable=False) as postgres:
        address = postgres.create_database("benchmark")
        database.migrate(address)
        asyncio.run(main(address, int(sys.argv[1]) if len(sys.argv) > 1 else 300))
