"""`cocreate places`: lists, imports and checks the registry of places' public names."""

import asyncio
import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from services.cli import on_record
from services.cli.commands.renamed import changed_names, what_it_means
from services.cli.harmless import tamed
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.calendar.zones import parse_zone
from shared.clinic import clinic_policy, places
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import LANGUAGES, MISSED, Place
from shared.platform import clock, database
from shared.schedule import wakeups
from shared.schedule.states import Why
from shared.settings import Connections
from shared.words import sms, waiting
from shared.words.filling import LONGEST, clean
from shared.words.links import has_link

FIELDS = (*places.FIELDS, *clinic_policy.COLUMNS)
REQUIRED = ("source", "clinic", "name", "phone", "sender")

PUBLIC: Mapping[str, int] = MappingProxyType(
    {name: longest for name in FIELDS if (longest := LONGEST.get(name.removesuffix("_cy")))}
)
"""The columns that messages show to patients, with the most characters of each."""

IN_TEXTS = tuple(name for name in PUBLIC if not name.startswith("address"))
"""The public columns that text messages use; only e-mails use an address."""

A_TEXT = 300  # characters of a typical text, to show what a letter outside GSM-7 costs

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {"zone": "Europe/London", "language": "en", "staffed": "no", "missed": "tell", "later_rounds": "no"}
)
"""The values of empty columns that have a default."""

YES_OR_NO: Mapping[str, bool] = MappingProxyType({"yes": True, "no": False, "true": True, "false": False})
"""Accepted spellings of yes and no; spreadsheets write TRUE and FALSE."""

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "staffed": "yes, where somebody reads what patients write there, or no",
        "later_rounds": "yes, where patients are asked about a goal again after six weeks and three months, or no",
    }
)
"""The columns that hold yes or no, with the meaning of each answer."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"language": LANGUAGES, "missed": MISSED})
"""The columns that hold one of a few words, with these words."""

FITS = {"source": Fit.THING, "address": Fit.PROSE, "address_cy": Fit.PROSE}

UNMAPPED = (
    Column("source", Fit.THING),
    Column("clinic"),
    Column("messages waiting", Fit.NUMBER),
    Column("first due"),
)

WAITING_FOR = """
SELECT place, count(*) AS messages, min(send_at) AS first_at
FROM schedule.messages, unnest(places) AS place
WHERE state = 'scheduled' AND NOT EXISTS (SELECT FROM places.places p WHERE p.source || '#' || p.clinic = place)
GROUP BY place ORDER BY first_at
"""

# Whom something waits for, and who was told of a place: what they read may be no longer so.
EVERYBODY = """
SELECT DISTINCT patient_id FROM schedule.messages
WHERE state = 'scheduled' OR (expires_at > $1 AND state IN ('sending', 'unknown', 'parked', 'sent', 'delivered'))
"""


def list_places() -> None:
    """Print the registry."""

    async def read() -> list[Place]:
        async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
            return list((await places.load(connection)).known.values())

    known = asyncio.run(read())
    if not known:
        out.print("No places yet. Add some: [bold]cocreate places import places.csv[/]")
        return
    show(table_of(known))


def table_of(known: Sequence[Place]) -> Listing:
    """The registry as a table; columns that nobody fills are left out, for fifteen are too many for a screen."""
    rows = [{name: _cell(place, name) for name in FIELDS} for place in known]
    used = [name for name in FIELDS if name in REQUIRED or any(row[name] for row in rows)]
    columns = [Column(name, FITS.get(name, Fit.WHOLE)) for name in used]
    return Listing(title="Places", columns=columns, rows=[[row[name] for name in used] for row in rows])


def import_places(file: Path, *, spelling: bool = False, moved: bool = False) -> None:
    """Import the places of a CSV into the registry, and have waiting messages checked again.

    Args:
        file: the CSV.
        spelling: names and addresses that change are only written otherwise; nobody is told.
        moved: places whose names or addresses change are elsewhere now: whoever was sent there is told.

    Raises:
        CommandRefused: a row is wrong, or nobody says what a changed name means; no row of the file is imported.

    """
    found = list(read_places(file))
    if spelling and moved:
        raise CommandRefused("Say either --spelling or --moved; import what moved from a file of its own.")

    async def store() -> None:
        connections = settings(Connections)
        async with reachable(connections) as pool:

            async def taken() -> None:
                async with pool.acquire() as connection, connection.transaction():
                    elsewhere = changed_names((await places.load(connection)).known, found)
                    if elsewhere and not (spelling or moved):
                        raise CommandRefused(what_it_means(elsewhere))
                    await places.store(connection, found, elsewhere if moved else ())
                    moment = await clock.read(connection)
                    everybody = [row["patient_id"] for row in await connection.fetch(EVERYBODY, moment.now)]
                    await wakeups.request_replan_everywhere(connection, everybody, moment.now)  # new zones and sites
                    meant, keys = "moved" if moved else "spelling" if spelling else "", [place.key for place in found]
                    await on_record.act(connection, "places import", things=keys, detail=meant)

            await database.retry_while_unavailable(
                taken, database.where(connections.database_url), waiting.COMMAND_SECONDS
            )
            await waiting.recheck_waiting(pool, Why.PLACE_UNMAPPED, waiting.COMMAND_SECONDS)

    if found:
        asyncio.run(store())
    for place in found:
        for warning in costly(place):
            out.print(f"[yellow]{tamed(warning)}[/]", highlight=False, soft_wrap=True)
    out.print(f"Taken into the registry: {len(found)}. What waited for them goes on.")


def costly(place: Place) -> Iterator[str]:
    """A warning for each public value of a place that turns texts into UCS-2, with the cost."""
    plain, dear = (sms.count(letter * A_TEXT).segments for letter in ("w", "\u0175"))
    for name in IN_TEXTS:
        value = _cell(place, name)
        letters = "".join(dict.fromkeys(letter for letter in value if not _is_cheap(letter)))
        if letters:
            cost = f"a text of {A_TEXT} characters with it is billed as {dear} segments and not {plain}"
            without = sms.sanitise(_bare(value))
            cure = f' "{without}" would not cost that.' if _is_cheap(without) else ""
            yield f'{place.key}: {name} "{value}" holds {letters}, so {cost}.{cure}'


def too_long(place: Place) -> Iterator[str]:
    """A warning for each public value of a place that is longer than the present limit."""
    for name, longest in PUBLIC.items():
        number = len(_cell(place, name))
        if number > longest:
            so = "texts with it may take a segment more" if name == "phone" else "patients see it cut"
            yield f"{place.key}: {name} has {number} characters, {longest} are taken now, so {so}: import a shorter one"


def read_places(file: Path) -> Iterator[Place]:
    """The places of a CSV.

    Raises:
        CommandRefused: a line is wrong; the error names the line, the fault and the cure.

    """
    with file.open(newline="", encoding="utf-8-sig") as text:
        rows = csv.DictReader(text)
        missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
        if missing:
            raise CommandRefused(
                f"{file} lacks the columns {', '.join(missing)}; the first line names them: {','.join(FIELDS)}."
            )
        seen: dict[str, int] = {}
        for row in rows:
            where = f"{file}:{rows.line_num}"
            place = _place(where, {name: (row.get(name) or "").strip() for name in FIELDS})
            if place.key in seen:
                raise CommandRefused(
                    f"{where}: line {seen[place.key]} has this source and clinic already; leave one of them."
                )
            seen[place.key] = rows.line_num
            yield place


def _place(where: str, row: dict[str, str]) -> Place:
    row |= {name: _public(where, name, row[name]) for name in PUBLIC}
    empty = [name for name in REQUIRED if name != "clinic" and not row[name]]
    if empty:
        raise CommandRefused(f"{where}: {', '.join(empty)} must not be empty.")
    row |= {name: row[name] or default for name, default in DEFAULTS.items()}
    try:
        parse_zone(row["zone"])
    except ValueError as error:
        raise CommandRefused(f"{where}: {error}") from None
    for name, choices in CHOICES.items():
        if row[name] not in choices:
            raise CommandRefused(f"{where}: {name} is {row[name][:20]!r}; write one of {', '.join(choices)}.")
    answers = {name: _answer(where, name, row.pop(name)) for name in QUESTIONS}
    policy = _policy(where, {name: value for name in clinic_policy.COLUMNS if (value := row.pop(name))})
    return Place(
        **{**row, "source": row["source"].rstrip("/")},  # type: ignore[arg-type]
        policy=policy,
        staffed=answers["staffed"],
        later_rounds=answers["later_rounds"],
    )


def _policy(where: str, cells: Mapping[str, str]) -> ClinicPolicy:
    """What the clinic wants otherwise than the house."""
    try:
        return ClinicPolicy.model_validate(cells)
    except ValidationError as error:
        (first, *_) = error.errors()
        column = str(first["loc"][0]) if first["loc"] else ""
        fault = first["msg"].removeprefix("Value error, ")
        raise CommandRefused(
            f"{where}: {' '.join(filter(None, (column, cells.get(column, '')[:20])))}: {fault}."
        ) from None


def _answer(where: str, name: str, value: str) -> bool:
    answer = YES_OR_NO.get(value.lower())
    if answer is None:
        raise CommandRefused(f"{where}: {name} must be {QUESTIONS[name]}.")
    return answer


def _public(where: str, name: str, value: str) -> str:
    """A public value, cleaned as messages show it; a value that messages would cut or drop is refused."""
    longest = PUBLIC[name]
    if len(value) > longest:
        cure = (
            "as it is dialled in the country, and nothing beside it" if name == "phone" else "by which patients know it"
        )
        raise CommandRefused(
            f"{where}: {name} has {len(value)} characters, {longest} at most. Write a shorter one, {cure}."
        )
    if has_link(value):
        raise CommandRefused(
            f"{where}: {name} holds what phones make a link of; links stand only in approved wordings."
        )
    return clean(value, longest)


def _is_cheap(text: str) -> bool:
    return sms.count(sms.sanitise(text)).encoding is sms.Encoding.GSM7


def _bare(text: str) -> str:
    """The text without diacritics."""
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def _cell(place: Place, column: str) -> str:
    """A value for the table; empty for a default, so that a column of defaults is left out."""
    if column in clinic_policy.COLUMNS:
        return place.policy.cell(column)
    value = getattr(place, column)
    if column in QUESTIONS:
        return "yes" if value else ""
    return "" if column == "missed" and value == DEFAULTS[column] else str(value)


def list_unmapped() -> None:
    """Print the clinics without an approved public name that messages wait for."""

    async def read() -> list[dict[str, object]]:
        async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch(WAITING_FOR)]

    rows = asyncio.run(read())
    if not rows:
        out.print("Every clinic that messages speak of has an approved public name.")
        return
    shown = []
    for row in rows:
        source, _, clinic = str(row["place"]).partition("#")
        first = f"{row['first_at']:%a %d %b %H:%M %Z}"
        shown.append((source, clinic or "(events that name no clinic)", str(row["messages"]), first))
    show(Listing(title="Unmapped clinics", columns=UNMAPPED, rows=shown))
    out.print(
        f"Add them: [bold]cocreate places import places.csv[/] with the columns {','.join(FIELDS)}", soft_wrap=True
    )
