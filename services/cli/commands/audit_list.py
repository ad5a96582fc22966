"""Lists the audit trail, on the screen or as a file."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from services.cli import on_record
from services.cli.harmless import csv_text, tamed, write_private
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.audit import trail
from shared.audit.trail import AuditFilter, AuditRecord
from shared.patients import identity
from shared.platform import clock
from shared.platform.clock import Connection
from shared.settings import Connections

LONDON = ZoneInfo("Europe/London")

COLUMNS = (
    Column("when"),
    Column("who"),
    Column("what"),
    Column("why", Fit.PROSE),
    Column("about", Fit.THING),
    Column("patients", Fit.THING),
    Column("more", Fit.PROSE),
)

WRITTEN = ("id", "at", "who", "means", "role", "action", "changes", "why", "patients", "things", "detail")
"""The columns of the file."""

SHOWN = 3
"""How many patients and things of one entry stand in the list; all of them are in the file."""

# Patients who became these, one after the other.
WERE = """
WITH RECURSIVE same AS (
    SELECT unnest($1::uuid[]) AS id UNION SELECT p.id FROM people.patients p JOIN same s ON p.merged_into = s.id
) SELECT id FROM same
"""

SPAN = re.compile(r"(\d{1,4})([hd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuestion:
    """What somebody asks of the trail, as they typed it."""

    patient: str | None
    who: str | None
    since: str | None
    acts_only: bool


def show_trail(question: AuditQuestion, limit: int, file: Path | None) -> None:
    """Print the trail, or write it to a file for its owner alone; `-` prints that.

    Raises:
        CommandRefused: nobody is known by that, or it is no day and no span.

    """
    found = asyncio.run(_read(question, limit, file))
    if file is None:
        _print(found)
        return
    written = csv_text(WRITTEN, [_cells(one) for one in found])
    if str(file) == "-":
        out.print(written, end="", markup=False, highlight=False, soft_wrap=True)
        return
    write_private(file, written)
    out.print(f"Wrote {tamed(file)}: {len(found)} entries.")


def since_when(text: str, now: datetime) -> datetime:
    """The instant that a day, an instant or a span before now names.

    Raises:
        CommandRefused: it names none.

    """
    span = SPAN.fullmatch(text.strip())
    if span:
        return now - (timedelta(hours=int(span[1])) if span[2] == "h" else timedelta(days=int(span[1])))
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CommandRefused(f"{text!r} is no day or span; write 2026-11-23, 12h or 7d.") from None
    return at if at.tzinfo else at.replace(tzinfo=LONDON)


async def _read(question: AuditQuestion, limit: int, file: Path | None) -> list[AuditRecord]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        patients = None if question.patient is None else await _patients(connection, connections, question.patient)
        since = None if question.since is None else since_when(question.since, await clock.real(connection))
        which = AuditFilter(patients=patients, who=question.who, since=since, acts_only=question.acts_only)
        found = await trail.load(connection, which, limit)
        how = f"{len(found)} entries{', as a file' if file else ''}"
        await on_record.look(connection, "audit", patients=patients or (), detail=how)
        return found


async def _patients(connection: Connection, connections: Connections, text: str) -> Sequence[UUID]:
    """Whom a text means. Our own id is understood though the patient is forgotten: what was done to them stays."""
    found = await identity.search(connection, connections.encryption(), text)
    if found:
        return [row["id"] for row in await connection.fetch(WERE, found)]
    try:
        return [UUID(text.strip())]
    except ValueError:
        raise CommandRefused("Nobody is known by that; of those who are forgotten, give our own id.") from None


def _print(found: Sequence[AuditRecord]) -> None:
    if not found:
        out.print("Nothing is on record.")
        return
    rows = [
        (
            f"{one.at.astimezone(LONDON):%a %d %b %Y %H:%M:%S}",
            f"{one.who} by {one.means}",
            one.action if one.changes else f"{one.action} (looked)",
            one.why,
            _some(one.things),
            _some(list(map(str, one.patients))),
            one.detail,
        )
        for one in found
    ]
    show(Listing(title="On record", columns=COLUMNS, rows=rows))


def _some(those: Sequence[str]) -> str:
    more = len(those) - SHOWN
    return "\n".join([*those[:SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _cells(one: AuditRecord) -> list[str]:
    return [
        str(one.id),
        one.at.astimezone(UTC).isoformat(),
        one.who,
        one.means,
        one.role,
        one.action,
        "yes" if one.changes else "no",
        one.why,
        " ".join(map(str, one.patients)),
        " ".join(one.things),
        one.detail,
    ]
