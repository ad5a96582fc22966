"""What `cocreate sources` does: lists and imports the registry, and grants and withdraws what each source may do."""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from services.cli import on_record
from services.cli.harmless import tamed
from services.cli.on_record import operator
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.clinic.submissions import TOPICS
from shared.patients import sources
from shared.patients.identity import NHS
from shared.patients.sources import GRANTS, Grant, GrantDecision, GrantRecord, Source
from shared.platform import clock
from shared.platform.clock import Connection
from shared.schedule import reconciliation, wakeups
from shared.settings import Connections

T = TypeVar("T")

FIELDS = ("source", "organisation", "name", "topics")

KNOWN_TO = "SELECT DISTINCT patient_id FROM people.identifiers WHERE source = ANY($1)"

COLUMNS = (
    Column("source", Fit.THING),
    Column("organisation"),
    Column("name", Fit.PROSE),
    Column("topics", Fit.PROSE),
    Column("may", Fit.PROSE),
)

RECORD = (
    Column("source", Fit.THING),
    Column("may"),
    Column("granted"),
    Column("why", Fit.PROSE),
    Column("withdrawn"),
    Column("and why", Fit.PROSE),
)


def list_sources(*, record: bool) -> None:
    """Print the registry, or the record of who granted what, and why."""

    async def read(connection: Connection) -> tuple[Sequence[Source], Sequence[GrantRecord]]:
        return list((await sources.load(connection)).known.values()), await sources.record(connection)

    known, grants = asyncio.run(_with_connection(read))
    if record:
        show(Listing(title="Grants", columns=RECORD, rows=[_granted(one) for one in grants]))
    elif known:
        show(Listing(title="Sources", columns=COLUMNS, rows=[_row(one) for one in known]))
    else:
        out.print("No sources yet: each is an organisation of its own. [bold]cocreate sources import sources.csv[/]")


def import_sources(file: Path) -> None:
    """Import the sources of a CSV, and have everybody whom they know looked at again.

    Raises:
        CommandRefused: a line is wrong; no line of the file is imported.

    """
    found = list(read_sources(file))

    async def store(connection: Connection) -> None:
        await sources.store(connection, found)
        await _look_again(connection, [one.source for one in found])
        await on_record.act(connection, "sources import", things=[one.source for one in found])

    asyncio.run(_with_connection(store))
    out.print(f"Taken into the registry: {len(found)}. What each may do beyond its own things is granted one by one.")


def change_grant(source: str, may: str, why: str, *, withdraw: bool) -> None:
    """Grant a source something, or withdraw it, in the operator's name and on record.

    Raises:
        CommandRefused: there is no such grant, no reason, or the source is not registered, or had it (or had it not).

    """
    if may not in set(Grant):
        listed = "; ".join(f"{one}: {meaning}" for one, meaning in GRANTS.items())
        raise CommandRefused(f"There is no grant {may!r}. There are {listed}.")
    if not why.strip():
        raise CommandRefused('Say why, for the record: --why "…".')
    decision = GrantDecision(source.strip().rstrip("/"), Grant(may), operator(), why.strip())

    async def change(connection: Connection) -> bool:
        moment = await clock.read(connection)
        made = await (sources.take_back if withdraw else sources.give)(connection, decision, moment.now)
        await _look_again(connection, [decision.source])
        if made:
            action = f"sources {'withdraw' if withdraw else 'grant'}"
            await on_record.act(
                connection, action, why=decision.reason, things=[decision.source], detail=decision.grant
            )
        return made

    if not asyncio.run(_with_connection(change)):
        state = "does not have it" if withdraw else "is not registered, or has it already"
        raise CommandRefused(f"{decision.source} {state}: see `cocreate sources list`.")
    done = "Withdrawn from" if withdraw else "Granted to"
    out.print(f"{done} {tamed(decision.source)} by {tamed(decision.by)}: {GRANTS[decision.grant]}.", soft_wrap=True)


def read_sources(file: Path) -> Iterator[Source]:
    """The sources of a CSV.

    Raises:
        CommandRefused: a line is wrong; the error names the line, the fault and the cure.

    """
    with file.open(newline="", encoding="utf-8-sig") as text:
        rows = csv.DictReader(text)
        missing = [name for name in FIELDS[:2] if name not in (rows.fieldnames or ())]
        if missing:
            raise CommandRefused(f"{file} lacks the columns {', '.join(missing)}; the first line: {','.join(FIELDS)}.")
        seen: dict[str, int] = {}
        for row in rows:
            cells = {name: (row.get(name) or "").strip() for name in FIELDS}
            one = _source(f"{file}:{rows.line_num}", cells)
            if one.source in seen:
                raise CommandRefused(f"{file}:{rows.line_num}: line {seen[one.source]} has this source already.")
            seen[one.source] = rows.line_num
            yield one


def _source(where: str, row: dict[str, str]) -> Source:
    source, topics = row["source"].rstrip("/"), frozenset(row["topics"].split())
    if not source or not row["organisation"]:
        raise CommandRefused(f"{where}: source and organisation must not be empty.")
    if source == NHS:
        raise CommandRefused(f"{where}: no clinic speaks as {NHS!r}: that is whose numbers are the NHS's own.")
    if topics - TOPICS.keys():
        unknown = ", ".join(sorted(topics - TOPICS.keys()))
        raise CommandRefused(f"{where}: no topic {unknown}; there are {', '.join(sorted(TOPICS))}, apart by spaces.")
    return Source(source=source, organisation=row["organisation"], name=row["name"], topics=topics)


def _row(one: Source) -> list[str]:
    return [one.source, one.organisation, one.name, " ".join(sorted(one.topics)) or "any", " ".join(sorted(one.grants))]


def _granted(one: GrantRecord) -> list[str]:
    withdrawn = f"{one.withdrawn_at:%Y-%m-%d} by {one.withdrawn_by}" if one.withdrawn_at else ""
    given = f"{one.granted_at:%Y-%m-%d} by {one.granted_by}"
    return [one.source, one.may, given, one.granted_for, withdrawn, one.withdrawn_for or ""]


async def _look_again(connection: Connection, those: Iterable[str]) -> None:
    """Have delivery and planners look again at everybody whom these sources know."""
    moment = await clock.read(connection)
    patients = {row["patient_id"] for row in await connection.fetch(KNOWN_TO, list(those))}
    await reconciliation.recheck(connection, patients)
    await wakeups.request_replan_everywhere(connection, patients, moment.now)


async def _with_connection(work: Callable[[Connection], Awaitable[T]]) -> T:
    async with reachable(settings(Connections)) as pool, pool.acquire() as connection, connection.transaction():
        return await work(connection)
