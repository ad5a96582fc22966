"""Two clinics: Riverside, whose patient Una is, and Hillside, which says that she is its own."""

from dataclasses import replace

from shared.clinic import places
from shared.patients.sources import Grant, Source
from tests.harness import OTHER_SOURCE, PLACES, SOURCE, WRITER, Harness, register

RIVERSIDE = Source(source=SOURCE, organisation="riverside")
HILLSIDE = Source(source=OTHER_SOURCE, organisation="hillside")


async def strangers(harness: Harness) -> Harness:
    """Two organisations, neither of which may do anything beyond its own things."""
    return await _asking(harness, RIVERSIDE, HILLSIDE)


async def partners(harness: Harness) -> Harness:
    """Two organisations whose patients an NHS number may unite, and which may speak of deaths."""
    each = (replace(one, grants=frozenset(Grant)) for one in (RIVERSIDE, HILLSIDE))
    return await _asking(harness, *each)


async def _asking(harness: Harness, *registered: Source) -> Harness:
    """Texts ask for answers, and somebody reads what else is written."""
    harness.writer = replace(WRITER, can_answer=True)
    async with harness.pool.acquire() as connection:
        await places.store(connection, [replace(place, staffed=True) for place in PLACES])
        await register(connection, *registered)
    return harness
