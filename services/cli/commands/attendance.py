"""`cocreate reunions`: prints reunions with their counts, and prints or writes the attendance list of one."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli import on_record
from services.cli.harmless import csv_text, tamed, write_private
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.clinic import places
from shared.clinic.courses import KINDS, Reunion
from shared.clinic.places import Places, place_key
from shared.planning import fact_store
from shared.platform import clock
from shared.platform.clock import Connection
from shared.rules.facts import Fact
from shared.rules.waiting_list import SeatStatus
from shared.schedule import attendance
from shared.schedule.attendance import Attendance
from shared.security.encryption import EncryptionError
from shared.settings import Connections

LONDON = ZoneInfo("Europe/London")

PLANNER = "reunions"

COLUMNS = ("first_name", "party", "standing", "since")

COUNTED = (
    ("in", (SeatStatus.IN,)),
    ("offered", (SeatStatus.OFFERED,)),
    ("waiting", (SeatStatus.WAITING, SeatStatus.CLOSED)),
    ("not coming", (SeatStatus.OUT, SeatStatus.LATER, SeatStatus.LAPSED)),
)
"""The columns of counts and the seat statuses of each; guests are counted."""

REUNIONS = (
    Column("reunion", Fit.THING),
    Column("when"),
    Column("where", Fit.PROSE),
    Column("places", Fit.NUMBER),
    *(Column(name, Fit.NUMBER) for name, _ in COUNTED),
    Column("answers until"),
)

Held = tuple[Fact, Reunion]


def list_reunions() -> None:
    """Print all known reunions, the next first, each with its counts of seats."""
    held, counts, registry, now = asyncio.run(_read())
    if not held:
        out.print("No reunions yet. Publish one: [bold]cocreate publish reunions.csv[/]")
        return
    rows = []
    for fact, reunion in sorted(held, key=lambda one: (one[1].start < now, abs(one[1].start - now))):
        zone, key = _zone(fact, reunion, registry), place_key(fact.source, reunion.clinic)
        place = registry.get(key)
        stands = counts[fact.thing].counts
        row = (
            fact.thing,
            f"{reunion.start.astimezone(zone):%a %d %b %Y %H:%M}" + _called_off(reunion),
            place.name if place else f"{key}: not in the registry (see `cocreate places import`)",
            str(reunion.capacity),
            *(str(sum(stands.get(one, 0) for one in those)) for _, those in COUNTED),
            f"{reunion.rsvp_by.astimezone(zone):%a %d %b %H:%M}",
        )
        rows.append(row)
    show(Listing(title=f"Reunions at {now:%a %d %b %Y %H:%M %Z}", columns=REUNIONS, rows=rows))
    out.print("Who comes: [bold]cocreate reunions --reunion ID[/], or as a file: [bold]--csv FILE[/]")


def show_list(name: str) -> None:
    """Print the attendance list of one reunion: who comes, who waits, and who does not come.

    Raises:
        CommandRefused: no reunion has this name, or several have; the key of encrypted details is not configured.

    """
    (fact, reunion), listed, zone = asyncio.run(_read_one(name, as_file=False))
    if not listed.people:
        out.print(f"Nobody has answered yet. There are {reunion.capacity} places.")
        return
    title = f"{fact.thing}, {reunion.start.astimezone(zone):%a %d %b %Y %H:%M}{_called_off(reunion)}"
    columns = [Column(name.replace("_", " "), Fit.NUMBER if name == "party" else Fit.WHOLE) for name in COLUMNS]
    show(Listing(title=title, columns=columns, rows=_rows(listed, zone, "%a %d %b %H:%M")))


def write_list(name: str, file: Path) -> None:
    """Write the attendance list of one reunion as CSV, readable by the file's owner alone: it names patients.

    `-` prints the list instead.

    Raises:
        CommandRefused: as `show_list`.
        OSError: the file cannot be written.

    """
    _, listed, zone = asyncio.run(_read_one(name, as_file=True))
    written = csv_text(COLUMNS, _rows(listed, zone, "%Y-%m-%d %H:%M"))
    if str(file) == "-":
        out.print(written, end="", markup=False, highlight=False, soft_wrap=True)
        return
    write_private(file, written)
    coming = listed.counts.get(SeatStatus.IN, 0)
    out.print(f"Wrote {tamed(file)}: {len(listed.people)} answered, {coming} come, guests included. It names patients.")


def _rows(listed: Attendance, zone: ZoneInfo, form: str) -> list[tuple[str, ...]]:
    return [
        (one.first_name or "", str(one.party), one.standing.value, f"{one.since_at.astimezone(zone):{form}}")
        for one in listed.people
    ]


def _called_off(reunion: Reunion) -> str:
    return "" if reunion.status == "planned" else f", {reunion.status}"


def _zone(fact: Fact, reunion: Reunion, registry: Places) -> ZoneInfo:
    return reunion.zone or registry.zone(place_key(fact.source, reunion.clinic), LONDON)


async def _read() -> tuple[list[Held], dict[str, Attendance], Places, datetime]:
    async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
        held = await _held(connection)
        counts = await attendance.counts(connection, [fact.thing for fact, _ in held])
        return held, counts, await places.load(connection), (await clock.read(connection)).now


async def _read_one(name: str, *, as_file: bool) -> tuple[Held, Attendance, ZoneInfo]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        fact, reunion = _named(await _held(connection), name.strip())
        try:
            listed = await attendance.load(connection, connections.encryption(), fact.thing)
        except EncryptionError as error:
            raise CommandRefused(f"Who is on the list cannot be opened: {error}.") from error
        await on_record.look(
            connection,
            "reunions",
            patients=[one.patient_id for one in listed.people],
            things=[fact.thing],
            detail=f"{len(listed.people)} people{', as a file' if as_file else ''}",
        )
        return (fact, reunion), listed, _zone(fact, reunion, await places.load(connection))


async def _held(connection: Connection) -> list[Held]:
    shapes = {kind.name: kind.data for kind in KINDS.values()}
    facts = await fact_store.load(connection, PLANNER, [fact_store.NO_PATIENT], shapes)
    return [(fact, fact.data) for fact in facts if isinstance(fact.data, Reunion)]


def _named(held: Sequence[Held], name: str) -> Held:
    called = [one for one in held if one[0].thing == name] or [
        one for one in held if one[0].thing.endswith(f"/{name}") and name
    ]
    if not called:
        raise CommandRefused(f"No reunion is called {name!r}; `cocreate reunions` shows them.")
    if len(called) > 1:
        raise CommandRefused(f"{len(called)} reunions are called {name!r}; give the whole name (`cocreate reunions`).")
    return called[0]
