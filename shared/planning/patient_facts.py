"""What all planners know of one patient: counted, named and deleted, whichever planners there are."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.planning.fact_store import WAKEUP
from shared.platform.clock import Connection

# A planner's name becomes an SQL identifier: these come from the catalogue, where they are.
PLANNERS = "SELECT quote_ident(schemaname) FROM pg_catalog.pg_tables WHERE tablename = 'facts' ORDER BY schemaname"

COUNT = "SELECT count(*) FROM {name}.facts WHERE patient_id = ANY($1)"

THINGS = "SELECT DISTINCT thing FROM {name}.facts WHERE patient_id = ANY($1) AND kind <> $2"

ROWS = (
    "SELECT kind, thing, source, first_at, since_at, data FROM {name}.facts WHERE patient_id = ANY($1) ORDER BY thing"
)

FORGET = "DELETE FROM {name}.facts WHERE patient_id = ANY($1)"


async def planners(connection: Connection) -> list[str]:
    """Every planner that has facts."""
    return [name for (name,) in await connection.fetch(PLANNERS)]


async def count(connection: Connection, patients: Iterable[UUID]) -> int:
    """How many facts all planners know of these patients."""
    ids = list(patients)
    return sum([await connection.fetchval(COUNT.format(name=name), ids) for name in await planners(connection)])


async def things(connection: Connection, patients: Iterable[UUID]) -> list[str]:
    """The names of all that sources told any planner of these patients: each is the key of its records."""
    ids = list(patients)
    found = [await connection.fetch(THINGS.format(name=name), ids, WAKEUP) for name in await planners(connection)]
    return sorted({row["thing"] for rows in found for row in rows})


async def rows(connection: Connection, patients: Iterable[UUID]) -> dict[str, list[dict[str, Any]]]:
    """What each planner knows of these patients: kind, thing, source, since when, and what is told of it."""
    ids = list(patients)
    found = {name: await connection.fetch(ROWS.format(name=name), ids) for name in await planners(connection)}
    return {
        name: [dict(row) | {"data": None if row["data"] is None else json.loads(row["data"])} for row in those]
        for name, those in found.items()
    }


async def forget(connection: Connection, patients: Iterable[UUID]) -> None:
    """Delete all that any planner knows of these patients."""
    ids = list(patients)
    for name in await planners(connection):
        await connection.execute(FORGET.format(name=name), ids)
