"""`cocreate places`: the registry of public names."""

import asyncio
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rich.table import Table

from services.cli.log import reachable
from services.cli.terminal import Refused, out
from services.cli.where import settings
from shared import clock, places, schedule
from shared.places import LANGUAGES, Place
from shared.settings import Connections
from shared.states import Why
from shared.window import parse_zone
from shared.words.filling import LONGEST, clean, has_link

FIELDS = places.FIELDS
REQUIRED = ("source", "clinic", "name", "phone", "sender")

PUBLIC: Mapping[str, int] = MappingProxyType(
    {name: longest for name in FIELDS if (longest := LONGEST.get(name.removesuffix("_cy")))}
)
"""The columns that patients are shown, and how long each may be."""

DEFAULTS: Mapping[str, str] = MappingProxyType({"zone": "Europe/London", "language": "en", "staffed": "no"})
"""What an empty column means, where it means something."""

YES_OR_NO: Mapping[str, bool] = MappingProxyType({"yes": True, "no": False, "true": True, "false": False})
"""Spreadsheets write TRUE."""

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
    out.print(table_of(known))


def table_of(known: Sequence[Place]) -> Table:
    """The registry as a table; columns that nobody fills are left out, for thirteen are too many for a screen."""
    rows = [{name: _cell(place, name) for name in FIELDS} for place in known]
    used = [name for name in FIELDS if name in REQUIRED or any(row[name] for row in rows)]
    table = Table(*used, title="Places", title_justify="left")
    for row in rows:
        table.add_row(*(row[name] for name in used))
    return table


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
        seen: dict[str, int] = {}
        for row in rows:
            where = f"{file}:{rows.line_num}"
            place = _place(where, {name: (row.get(name) or "").strip() for name in FIELDS})
            if place.key in seen:
                raise Refused(f"{where}: line {seen[place.key]} has this source and clinic already; leave one of them.")
            seen[place.key] = rows.line_num
            yield place


def _place(where: str, row: dict[str, str]) -> Place:
    row |= {name: _public(f"{where}: {name}", row[name], longest) for name, longest in PUBLIC.items()}
    empty = [name for name in REQUIRED if name != "clinic" and not row[name]]
    if empty:
        raise Refused(f"{where}: {', '.join(empty)} must not be empty.")
    row |= {name: row[name] or default for name, default in DEFAULTS.items()}
    try:
        parse_zone(row["zone"])
    except ValueError as error:
        raise Refused(f"{where}: {error}") from None
    if row["language"] not in LANGUAGES:
        raise Refused(f"{where}: language is {row['language'][:20]!r}; write one of {', '.join(LANGUAGES)}.")
    staffed = YES_OR_NO.get(row.pop("staffed").lower())
    if staffed is None:
        raise Refused(f"{where}: staffed must be yes, where somebody reads what patients write there, or no.")
    return Place(**{**row, "source": row["source"].rstrip("/")}, staffed=staffed)


def _public(where: str, value: str, longest: int) -> str:
    """A value as patients will see it: what would be cut or dropped there is refused here."""
    if len(value) > longest:
        raise Refused(f"{where} has {len(value)} characters; patients are shown at most {longest}.")
    if has_link(value):
        raise Refused(f"{where} holds what phones make a link of; links stand only in approved wordings.")
    return clean(value, longest)


def _cell(place: Place, column: str) -> str:
    if column == "staffed":
        return "yes" if place.staffed else ""
    return str(getattr(place, column))


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
