"""What waits is looked at again once its cure is there, whatever claims do meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.prompts.forms import FORMS
from shared.kafka import client
from shared.patients import identity
from shared.platform.clock import Connection
from shared.schedule.states import Why
from shared.service.service import Service
from shared.settings import Connections, load
from shared.words import store, waiting
from shared.words.wording import Part, Slot
from tests.harness import INDEX_KEY, KEYS, MONDAY, Harness, appointment

AGENDA = Slot(planner="prompts", name="agenda", part=Part.SMS)
DUE = MONDAY + timedelta(days=14, hours=8)
NO_WORDS = "UPDATE schedule.messages SET why = 'no_words', due_at = send_at + interval '15 minutes' WHERE id = $1"
SOMEBODY_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


async def messages(harness: Harness) -> list[Any]:
    """The ids of two messages of one patient, as they lie on the disk."""
    await harness.clinic_says(appointment())
    return [row["id"] for row in await harness.pool.fetch("SELECT id FROM schedule.messages ORDER BY ctid")]


async def postponed(harness: Harness) -> int:
    """How many messages are looked at later than they are due."""
    return int(await harness.pool.fetchval("SELECT count(*) FROM schedule.messages WHERE due_at > send_at"))


@asynccontextmanager
async def looking_again(harness: Harness) -> AsyncIterator[None]:
    """`look_again` has come as far as it can, and waits; afterwards it comes to its end."""
    task = asyncio.create_task(waiting.recheck_waiting(harness.pool, Why.NO_WORDS))
    while not task.done() and not await harness.pool.fetchval(SOMEBODY_WAITS):
        await harness.pool.execute("SELECT")
    assert not task.done()
    yield
    await asyncio.wait_for(task, 10)


async def hold(connection: Connection, harness: Harness) -> None:
    """Take the patients' locks as a claim does."""
    patients = [row["patient_id"] for row in await harness.pool.fetch("SELECT patient_id FROM schedule.messages")]
    assert await identity.lock_free(connection, patients, 10)


@pytest.mark.parametrize("why", [Why.NO_WORDS, Why.PLACE_UNMAPPED])
async def test_only_what_waits_for_it_is_looked_at_again(harness: Harness, why: Why) -> None:
    """What waits for another reason keeps its pause."""
    one, other = await messages(harness)
    for message in (one, other):
        await harness.pool.execute(NO_WORDS, message)
    await harness.pool.execute("UPDATE schedule.messages SET why = $2 WHERE id = $1", one, why)
    await harness.pool.execute("UPDATE schedule.messages SET why = 'paused' WHERE id = $1", other)
    await waiting.recheck_waiting(harness.pool, why)
    late = await harness.pool.fetch("SELECT id FROM schedule.messages WHERE due_at > send_at")
    assert [row["id"] for row in late] == [other]


async def test_many_patients_are_looked_at_in_parts(harness: Harness) -> None:
    """More patients than one transaction takes: none is forgotten."""
    number = waiting.AT_ONCE + 1
    await harness.clinic_says(*(appointment(f"{one}", patient=f"p{one}") for one in range(number)))
    await harness.pool.execute(NO_WORDS.replace("id = $1", "true"))
    assert await postponed(harness) == 2 * number
    await waiting.recheck_waiting(harness.pool, Why.NO_WORDS)
    assert await postponed(harness) == 0


async def test_it_never_waits_in_a_circle_with_a_claim(harness: Harness) -> None:
    """It touches no message of a patient whom a claim has: that goes on in whatever order, and then they are seen."""
    first, second = await messages(harness)
    await harness.pool.execute(NO_WORDS, first)
    await harness.pool.execute(NO_WORDS, second)
    async with harness.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await hold(connection, harness)
        async with looking_again(harness):
            await connection.execute(NO_WORDS, second)
            await connection.execute(NO_WORDS, first)
            await transaction.commit()
    assert await postponed(harness) == 0


async def test_a_claim_that_still_reads_the_old_words_is_waited_for(harness: Harness) -> None:
    """It makes a message wait that nobody saw waiting when words were published: that one is looked at again too."""
    message, _ = await messages(harness)
    async with harness.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await hold(connection, harness)
        await store.open_book(connection)
        async with looking_again(harness):
            await connection.execute(NO_WORDS, message)
            await transaction.commit()
    assert await postponed(harness) == 0


async def test_claims_go_on_while_words_are_published(harness: Harness) -> None:
    """Claims and publishers together: nobody is refused, and in the end everything is sent."""
    days = [MONDAY + timedelta(days=21, minutes=one) for one in range(60)]
    await harness.clinic_says(
        *(
            appointment(f"{one}", start=at, patient=f"p{one}", phone=f"07700 9000{one:02d}")
            for one, at in enumerate(days)
        )
    )
    await harness.pool.execute(
        "UPDATE words.templates SET body = '{{ nobody }}' WHERE (name, part) = ('agenda', 'sms')"
    )
    await harness.turn(DUE)
    await harness.beat()

    async def claim() -> None:
        for _ in range(20):
            await harness.claims().claim(50)

    async def publish(who: int) -> None:
        for one in range(10):
            async with harness.pool.acquire() as connection, connection.transaction():
                draft = await store.save(connection, AGENDA, f"Hello, {'call' * one} {{{{ place.phone }}}}", f"{who}")
                await store.publish(connection, AGENDA, draft.version)
            await waiting.recheck_waiting(harness.pool, Why.NO_WORDS)

    await asyncio.gather(claim(), claim(), publish(1), publish(2))
    await harness.claims().claim(100)
    waits = "SELECT count(*) FROM schedule.messages WHERE kind = 'agenda' AND state = 'scheduled'"
    assert await harness.pool.fetchval(waits) == 0


async def test_a_service_that_starts_brings_words_and_wakes_what_waits(harness: Harness, database_url: str) -> None:
    """Whoever waits for words need not wait for the next look; to start again changes nothing."""
    one, _ = await messages(harness)
    await harness.pool.execute(NO_WORDS, one)
    await harness.pool.execute("TRUNCATE words.templates")
    settings = load(Connections, database_url=database_url, keys=KEYS, index_key=INDEX_KEY, kafka_url="localhost:1")
    service = Service(
        name="prompts", settings=settings, broker=client.broker(settings, "prompts"), encryption=harness.encryption
    )
    service._pool = harness.pool
    folder: Path = harness.engine.planner.words
    for _ in range(2):
        await service.ship(folder, FORMS)
    assert await postponed(harness) == 0
    async with harness.pool.acquire() as connection:
        assert [one.version for one in await store.versions(connection, AGENDA)] == [1]
