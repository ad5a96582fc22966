"""`cocreate messages`: the message log."""

import asyncio
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.cli import on_record
from services.cli.tables import Column, Fit, Listing, coloured, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.clinic import places
from shared.clinic.places import Places
from shared.patients import identity
from shared.platform import clock
from shared.schedule.states import REASONS, MessageState, Why
from shared.settings import Connections

LOG = """
SELECT id, patient_id, planner, kind, category, things, places, state, why, detail, channel, send_at, expires_at,
    due_at, claimed_at, sent_at, attempt, resends, words, segments, version
FROM schedule.messages
WHERE ($1::uuid[] IS NULL OR patient_id = ANY($1)) AND ($2::text IS NULL OR state = $2)
    AND ($3::text IS NULL OR EXISTS (SELECT FROM unnest(things) AS thing WHERE thing = $3 OR thing LIKE '%/' || $3))
ORDER BY send_at DESC, id LIMIT $4
"""

COLUMNS = (
    Column("when"),
    Column("what"),
    Column("about", Fit.THING),
    Column("state"),
    Column("why", Fit.PROSE),
    Column("segments", Fit.NUMBER),
)

COLOURS = {
    "sent": "green",
    "delivered": "green",
    "withheld": "yellow",
    "failed": "red",
    "parked": "red",
    "unknown": "red",
}


def show_messages(patient: str | None, subject: str | None, state: str | None, *, as_json: bool, limit: int) -> None:
    """Print the message log, as a table or as JSON lines.

    Raises:
        CommandRefused: the state does not exist, or no patient is known by this identifier.

    """
    if state is not None and state not in set(MessageState):
        raise CommandRefused(f"There is no state {state!r}; there are {', '.join(MessageState)}.")
    rows, registry, now = asyncio.run(_read(patient, subject, state, limit))
    if as_json:
        for row in rows:
            out.print_json(json.dumps(row | {"because": because(row)}, default=str), indent=None)
        return
    if not rows:
        out.print("No messages.")
        return
    shown = [
        (
            f"{_local(row, registry):%a %d %b %H:%M}",
            row["kind"] + (f" ({row['channel']})" if row["channel"] else ""),
            "\n".join(row["things"]),
            coloured(row["state"], COLOURS.get(row["state"], "")),
            because(row),
            str(row["segments"] or ""),
        )
        for row in rows
    ]
    show(Listing(title=f"Messages at {now:%a %d %b %Y %H:%M %Z}", columns=COLUMNS, rows=shown))
    segments = sum(row["segments"] or 0 for row in rows)
    if segments:
        out.print(f"These texts are billed as {segments} segment{'' if segments == 1 else 's'}.")


def because(row: dict[str, Any]) -> str:
    """The reason for a message's state, as a sentence."""
    sentence = REASONS[Why(row["why"])]
    if row["state"] == MessageState.WITHHELD and sentence.startswith("waits"):
        sentence = f"waited in vain: {sentence.partition(':')[2].strip() or sentence.removeprefix('waits ')}"
    return f"{sentence} ({row['detail']})" if row["detail"] else sentence


def _local(row: dict[str, Any], registry: Places) -> datetime:
    at: datetime = row["claimed_at"] or row["send_at"]
    return at.astimezone(registry.zone(row["places"][0] if row["places"] else "", ZoneInfo("Europe/London")))


async def _read(
    patient: str | None, subject: str | None, state: str | None, limit: int
) -> tuple[list[dict[str, Any]], Places, datetime]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        ids = None
        if patient is not None:
            ids = await identity.search(connection, connections.encryption(), patient)
            if not ids:
                raise CommandRefused(
                    "Nobody is known by that; try the clinic's own id, the NHS number, a phone number or an address."
                )
        rows = [dict(row) for row in await connection.fetch(LOG, ids, state, subject, limit)]
        registry = await places.load(connection)
        moment = await clock.read(connection)
        concerned = {row.pop("patient_id") for row in rows} | {*(ids or ())}
        await on_record.look(
            connection, "messages", patients=concerned - {None}, things=[subject or ""], detail=f"{len(rows)} messages"
        )
    return rows, registry, moment.now
