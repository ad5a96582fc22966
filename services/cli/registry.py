"""`cocreate places`: the registry of public names."""

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from rich.table import Table

from services.cli.log import reachable
from services.cli.terminal import Refused, out
from services.cli.where import settings
from shared import clock, places, schedule
from shared.places import Place
from shared.settings import Connections
from shared.states import Why
from shared.window import parse_zone

FIELDS = tuple(field.name for field in fields(Place))
REQUIRED = ("source", "clinic", "name", "phone", "sender")

EVERYBODY = "SELECT DISTINCT patient_id FROM schedule.messages WHERE state = 'scheduled'"


def list_places() -> None:
    """Print the registry."""

    async def read() -> list[Place]:
        async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
            return list((await places.load(connection)).known.values())

    known = asyncio.run(read())
    if not known:
        out.print("No places yet. Add some: [bold]cocreate places import places.csv[/]")
        return
    table = Table(*FIELDS, title="Places", title_justify="left")
    for place in known:
        table.add_row(*(str(getattr(place, name)) for name in FIELDS))
    out.print(table)


def import_places(file: Path) -> None:
    """Import a CSV.

    Raises:
        Refused: a row is wrong; nothing of the file is imported.

    """
    found = list(read_places(file))

    async def store() -> None:
        async with reachable(settings(Connections)) as pool, pool.acquire() as connection, connection.transaction():
            await places.store(connection, found)
            await schedule.nudge_waiting_for(connection, Why.PLACE_UNMAPPED)
            moment = await clock.read(connection)
            everybody = [row["patient_id"] for row in await connection.fetch(EVERYBODY)]
            await schedule.wake_everywhere(connection, everybody, moment.now)  # zones and sites may have changed

    if found:
        asyncio.run(store())
    out.print(f"Taken into the registry: {len(found)}. What waited for them goes on.")


def read_places(file: Path) -> Iterator[Place]:
    """The places of a CSV.

    Raises:
        Refused: naming the line, what is wrong and the cure.

    """
    with file.open(newline="", encoding="utf-8-sig") as text:
        rows = csv.DictReader(text)
        missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
        if missing:
            raise Refused(
                f"{file} lacks the columns {', '.join(missing)}; the first line names them: {','.join(FIELDS)}."
            )
        for row in rows:
            yield _place(f"{file}:{rows.line_num}", {name: (row.get(name) or "").strip() for name in FIELDS})


def _place(where: str, row: dict[str, str]) -> Place:
    empty = [name for name in REQUIRED if name != "clinic" and not row[name]]
    if empty:
        raise Refused(f"{where}: {', '.join(empty)} must not be empty.")
    row["zone"] = row["zone"] or "Europe/London"
    try:
        parse_zone(row["zone"])
    except ValueError as error:
        raise Refused(f"{where}: {error}") from None
    return Place(**{**row, "source": row["source"].rstrip("/")})


def list_unmapped() -> None:
    """Print the places that messages wait for."""

    async def read() -> list[dict[str, object]]:
        async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
            return await places.unmapped(connection)

    rows = asyncio.run(read())
    if not rows:
        out.print("Every clinic that messages speak of has an approved public name.")
        return
    table = Table("source", "clinic", "messages waiting", "first due", title="Unmapped clinics", title_justify="left")
    for row in rows:
        source, _, clinic = str(row["place"]).partition("#")
        table.add_row(
            source,
            clinic or "(events that name no clinic)",
            str(row["messages"]),
            f"{row['first_at']:%a %d %b %H:%M %Z}",
        )
    out.print(table)
    out.print("Add them: [bold]cocreate places import places.csv[/] with the columns " + ",".join(FIELDS))
