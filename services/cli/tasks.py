"""`cocreate tasks`: what people have to do because a message could not."""

import asyncio
import getpass
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from services.cli.log import reachable
from services.cli.terminal import Refused, out
from services.cli.where import settings
from shared import clock, people, places, tasks
from shared.places import Places
from shared.settings import Connections
from shared.states import REASONS
from shared.tasks import BY_PEOPLE, KINDS, OUTCOMES, Outcome, Standing


def list_tasks(patient: str | None = None, *, closed: bool, as_json: bool, limit: int) -> None:
    """Print the open tasks, the next due first, or the closed ones, the last closed first.

    Raises:
        Refused: a patient whom nobody knows.

    """
    found, registry, now = asyncio.run(_read(patient, closed=closed, limit=limit))
    if as_json:
        for task in found:
            told = {"task": KINDS[task.kind], "became": OUTCOMES[task.outcome] if task.outcome else ""}
            out.print_json(json.dumps(asdict(task) | told, default=str), indent=None)
        return
    if not found:
        out.print("No task was closed yet." if closed else "Nothing to do.")
        return
    title = "Closed tasks" if closed else "Tasks"
    table = Table(title=f"{title} at {now:%a %d %b %Y %H:%M %Z}", title_justify="left", expand=True)
    for name in ("id", "closed" if closed else "due", "what", "about", "became" if closed else "why"):
        table.add_column(name, overflow="fold")
    for task in found:
        table.add_row(
            str(task.id)[:8],
            _when(task, registry, now),
            KINDS[task.kind],
            escape("\n".join(task.things)),
            OUTCOMES[task.outcome] if task.outcome else escape(_because(task)),
        )
    out.print(table)
    if not closed:
        out.print("Once one is done: [bold]cocreate tasks close ID[/]")


def close_task(beginning: str, outcome: str) -> None:
    """Note what became of an open task, given by its id or as much of it as names one alone.

    Raises:
        Refused: no open task is called so, or several are; an outcome that people do not choose from.

    """
    if outcome not in BY_PEOPLE:
        raise Refused(f"There is no outcome {outcome!r}; there are {', '.join(BY_PEOPLE)}.")
    task = asyncio.run(_close(beginning.strip(), Outcome(outcome)))
    out.print(f"Closed {task}: {OUTCOMES[Outcome(outcome)]}.")


def _when(task: Standing, registry: Places, now: datetime) -> str:
    """When it is due or was closed, by the clock of its place."""
    at = (task.closed_at or task.due_at).astimezone(
        registry.zone(task.places[0] if task.places else "", ZoneInfo("Europe/London"))
    )
    return f"[red]{at:%a %d %b %H:%M}, overdue[/]" if task.outcome is None and at <= now else f"{at:%a %d %b %H:%M}"


def _because(task: Standing) -> str:
    reason = REASONS[task.why].partition(":")[0]
    return f"{reason} ({task.detail})" if task.detail else reason


async def _read(patient: str | None, *, closed: bool, limit: int) -> tuple[list[Standing], Places, datetime]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        ids: Sequence[UUID] | None = None
        if patient is not None:
            ids = await people.search(connection, connections.vault(), patient)
            if not ids:
                raise Refused(
                    "Nobody is known by that; try the clinic's own id, the NHS number, a phone number or an address."
                )
        found = await tasks.list_tasks(connection, state="closed" if closed else "open", patients=ids, limit=limit)
        return found, await places.load(connection), (await clock.read(connection)).now


async def _close(beginning: str, outcome: Outcome) -> UUID:
    async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
        called = await tasks.named(connection, beginning)
        if len(called) > 1:
            raise Refused(f"Several open tasks begin with {beginning!r}; give more of the id.")
        now = (await clock.read(connection)).now
        if not called or not await tasks.close(connection, called[0], outcome, _login(), now):
            raise Refused(f"No open task is called {beginning!r}; `cocreate tasks list` shows them.")
        return called[0]


def _login() -> str:
    """Who is at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user of that number
        return "terminal"
