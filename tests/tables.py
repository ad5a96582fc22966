"""The tables of the test database, brought back between tests to what each finds: empty, but for the shipped words."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import asyncpg

from services.cli.words.shipped import ServiceWords, service_words
from shared.platform import database
from shared.platform.clock import Connection
from shared.words import store
from shared.words.files import from_files
from shared.words.forms import as_json

ALL = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""

WORDS = ("templates", "forms")
"""Tables of the schema `words` that the shipped words fill."""

CHANGED = """
SELECT (SELECT id FROM words.edition) AS edition,
       (SELECT md5(string_agg(f::text, '' ORDER BY planner, name)) FROM words.forms AS f) AS forms
"""

# Without triggers and foreign keys: any order will do, and nothing is told.
NO_TRIGGERS = "SET LOCAL session_replication_role = replica"

EDITION = "UPDATE words.edition SET id = $1"


@dataclass(frozen=True)
class Tables:
    """What a test may have left, and what it takes to be rid of it."""

    url: str
    filled: tuple[str, ...]
    """All that migrations leave empty, from the catalogue: no list of ours could forget a new one."""
    words: tuple[bytes, ...]
    """The rows of `WORDS`, as COPY writes them."""
    edition: UUID
    forms: str

    @classmethod
    def prepare(cls, url: str) -> "Tables":
        """Migrate an empty database and have every service ship its words, once for all tests."""
        database.migrate(url)
        return asyncio.run(cls._prepared(url))

    @classmethod
    async def _prepared(cls, url: str) -> "Tables":
        connection = await asyncpg.connect(url)
        try:
            names = [name for (name,) in await connection.fetch(ALL)]
            seeded = {name for name in names if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})")}  # noqa: S608 - from the catalogue
            for house in service_words():
                await _ship(connection, house)
            words = tuple([await _copied(connection, table) for table in WORDS])
            now = await connection.fetchrow(CHANGED)
            assert now is not None
        finally:
            await connection.close()
        kept = seeded | {f"words.{table}" for table in WORDS}
        empty = tuple(name for name in names if name not in kept)
        return cls(url, empty, words, now["edition"], now["forms"])

    async def clear(self, connection: Connection) -> None:
        """Empty every table; bring the words back where a test has changed them."""
        # TRUNCATE makes a new file for each table and index, which takes eight times as long as to delete a few rows.
        statements = (NO_TRIGGERS, *(f"DELETE FROM {name}" for name in self.filled))  # noqa: S608 - from the catalogue
        async with connection.transaction():
            await connection.execute("; ".join(statements))
        if tuple(await connection.fetchrow(CHANGED) or ()) != (self.edition, self.forms):
            await self._bring_words(connection)

    async def _bring_words(self, connection: Connection) -> None:
        """Put the words of the shipped edition in the place of whatever stands there."""
        async with connection.transaction():
            await connection.execute(NO_TRIGGERS)
            for table, rows in zip(WORDS, self.words, strict=True):
                await connection.execute(f"DELETE FROM words.{table}")  # noqa: S608 - a constant
                await connection.copy_to_table(table, schema_name="words", source=BytesIO(rows), format="binary")
            await connection.execute(EDITION, self.edition)


async def _ship(connection: Connection, house: ServiceWords) -> None:
    """What `store.ship` does to empty tables, but for holding each text against its form: tests/words does that."""
    await store._add(connection, store.new_versions(from_files(house.planner, house.folder), ()))
    declared = {form.name: as_json(form) for form in house.forms}
    await connection.execute(store.KEEP_FORMS, house.planner, list(declared), list(declared.values()))


async def _copied(connection: Connection, table: str) -> bytes:
    rows = BytesIO()
    await connection.copy_from_table(table, schema_name="words", output=rows, format="binary")
    return rows.getvalue()
