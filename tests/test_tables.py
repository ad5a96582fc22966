"""The tables of the test database: what one test leaves, the next does not find."""

from datetime import timedelta

import pytest

from shared.platform.clock import Connection
from shared.words import store
from shared.words.wording import Part, Slot
from tests.harness import MONDAY, Harness, appointment
from tests.tables import ALL, WORDS, Tables

DUE = MONDAY + timedelta(days=14, hours=8)
AGENDA = Slot(planner="prompts", name="agenda", part=Part.SMS)


async def rows(connection: Connection, table: str) -> list[str]:
    """What a table holds."""
    found = await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} AS t")  # noqa: S608 - from the catalogue
    return sorted(row["row"] for row in found)


async def words(connection: Connection) -> list[list[str]]:
    """Every wording and every form."""
    return [await rows(connection, f"words.{table}") for table in WORDS]


async def test_every_table_that_fills_is_emptied(harness: Harness, tables: Tables) -> None:
    """What migrations or the shipped words have filled stays; all other tables of the catalogue are empty then."""
    await harness.clinic_says(appointment())
    assert await harness.deliver_at(DUE)
    async with harness.pool.acquire() as connection:
        await tables.clear(connection)
        filled = {name for (name,) in await connection.fetch(ALL) if await rows(connection, name)}
    legal = {"schedule.transitions", "tasks.transitions"}
    words = {"words.edition", "words.templates", "words.forms"}
    assert filled == {"clock.setting", "public.alembic_version", *legal, *words}


CHANGES = [
    "TRUNCATE words.templates",
    "DELETE FROM words.forms",
    "UPDATE words.templates SET body = 'by hand' WHERE name = 'agenda'",
    "UPDATE words.forms SET form = '{}' WHERE name = 'agenda'",
    "INSERT INTO words.forms (planner, name, form) VALUES ('p', 'hello', '{}')",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_changed_words_are_the_shipped_ones_again(harness: Harness, tables: Tables, change: str) -> None:
    """Whatever a test does to wordings and forms, the next finds those that the services ship, in their edition."""
    async with harness.pool.acquire() as connection:
        before = await words(connection)
        await connection.execute(change)
        assert await words(connection) != before
        await tables.clear(connection)
        assert await words(connection) == before
        assert await connection.fetchval("SELECT id FROM words.edition") == tables.edition


async def test_the_book_is_opened_anew(harness: Harness, tables: Tables) -> None:
    """A book that was opened on changed words is not believed once the shipped ones are back."""
    async with harness.pool.acquire() as connection:
        async with connection.transaction():
            shipped = (await store.open_book(connection)).find(AGENDA)
        await connection.execute("UPDATE words.templates SET body = 'by hand'")
        async with connection.transaction():
            changed = (await store.open_book(connection)).find(AGENDA)
        await tables.clear(connection)
        async with connection.transaction():
            again = (await store.open_book(connection)).find(AGENDA)
    assert shipped is not None
    assert changed is not None
    assert (again, changed.body) == (shipped, "by hand")


async def test_shipping_again_adds_nothing(harness: Harness) -> None:
    """The words that tests find are to the last form what a service's start brings."""
    async with harness.pool.acquire() as connection:
        before = await words(connection)
        planner = harness.engine.planner
        assert await store.ship(connection, planner.name, planner.words, planner.forms) == []
        assert await words(connection) == before
