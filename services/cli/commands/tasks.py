"""`cocreate tasks`: lists, shows and closes the tasks of staff."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.cli import on_record
from services.cli.harmless import tamed
from services.cli.on_record import operator
from services.cli.tables import Cell, Column, Fit, Listing, coloured, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.clinic import places
from shared.clinic.patient import Contact
from shared.clinic.places import Places
from shared.patients import details, identity
from shared.platform import clock
from shared.platform.clock import Connection
from shared.rules.task_requests import KINDS
from shared.schedule import task_list, tasks, texts
from shared.schedule.states import REASONS
from shared.schedule.task_list import TaskView
from shared.schedule.tasks import BY_PEOPLE, HOLDING, OUTCOMES, Outcome
from shared.schedule.texts import StoredText
from shared.security.encryption import Encryption, EncryptionError
from shared.settings import Connections

LONDON = ZoneInfo("Europe/London")

UNSAFE = "Do not text or call this number"

LANGUAGES = {
    "bn": "Bengali", "pa": "Punjabi", "pl": "Polish", "ro": "Romanian", "ur": "Urdu or Hindi", "uk": "Ukrainian",
    "pt": "Portuguese",
}  # fmt: skip
"""Languages that we do not write, by the code that a task is marked with."""


def list_tasks(patient: str | None = None, *, closed: bool, as_json: bool, limit: int) -> None:
    """Print the open tasks, the next due first, or the closed ones, the last closed first.

    Raises:
        CommandRefused: no patient is known by this identifier.

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
    columns = (
        Column("id"),
        Column("closed" if closed else "due"),
        Column("about", Fit.THING),
        Column("what", Fit.PROSE),
        Column("became" if closed else "why", Fit.PROSE),
    )
    rows = [
        (
            str(task.id)[:8],
            _when(task, registry, now),
            "\n".join(task.things),
            KINDS[task.kind],
            OUTCOMES[task.outcome] if task.outcome else _because(task),
        )
        for task in found
    ]
    show(Listing(title=f"{title} at {now:%a %d %b %Y %H:%M %Z}", columns=columns, rows=rows))
    if not closed:
        if any(task.text_id for task in found):
            out.print("What was texted: [bold]cocreate tasks show ID[/]")
        out.print("Once one is done: [bold]cocreate tasks close ID[/]")


def show_task(beginning: str) -> None:
    """Print a task, open or closed, and the full text that it is about, with the phone that it came from.

    Raises:
        CommandRefused: no task has this id, or several have; the text was encrypted with a key that is not configured.

    """
    task, about, registry = asyncio.run(_show(beginning.strip()))
    told, later = about.text, about.later
    zone = registry.zone(task.places[0] if task.places else "", LONDON)
    _line("task", f"{task.id}, {KINDS[task.kind]}")
    _line("why", _because(task))
    _line("due", f"{task.due_at.astimezone(zone):%a %d %b %Y %H:%M %Z}")
    if task.outcome is not None and task.closed_at is not None:
        _line("closed", f"{task.closed_at.astimezone(zone):%a %d %b %Y %H:%M %Z}: {OUTCOMES[task.outcome]}")
    for thing in task.things:
        _line("about", thing)
    if told is None:
        return
    _line("came", f"{told.received_at.astimezone(zone):%a %d %b %Y %H:%M %Z}")
    if told.after:
        kind, at = told.after
        _line("after", f"{kind}, sent there {at.astimezone(zone):%a %d %b %Y %H:%M %Z}")
    whose = {0: "nobody whom we know", 1: "a patient of ours"}
    _line("whose", whose.get(len(told.patients), f"{len(told.patients)} patients share this phone: ask who wrote it"))
    _show_patients(about, told)
    if told.words is None:
        _line("text", "its words have been erased")
        return
    _line("phone", told.words.sender)
    _line("text", _visible(told.words.body))
    if told.words.pictures:
        _line("pictures", f"{told.words.pictures} came with it; they are not kept")
    _show_later(later, zone)


def _show_patients(about: "TaskText", told: StoredText) -> None:
    """Print whose phone it is, and what whoever calls them must know."""
    for patient in told.patients:
        _line("patient", f"{patient} (see `cocreate messages --patient`)")
        for note in filter(None, map(_how_to_call, about.contacts.get(patient, ()))):
            _line("contact", note)


def _how_to_call(contact: Contact) -> str:
    """What whoever calls must know of a contact; empty: nothing but the number."""
    notes = (
        "" if contact.role == "self" else f"a {contact.role}'s",
        "" if contact.safe_to_text else "do not text",
        "" if contact.safe_to_call else "do not call",
        f"best: {_visible(contact.best_times)}" if contact.best_times else "",
    )
    said = ", ".join(filter(None, notes))
    return f"{contact.value}: {said}" if said else ""


def _show_later(later: Sequence[StoredText], zone: ZoneInfo) -> None:
    """Print the urgent texts that came from the same phone afterwards."""
    for one in later:
        words = _visible(one.words.body) if one.words else "its words have been erased"
        _line("then", f"{one.received_at.astimezone(zone):%a %d %b %H:%M %Z}: {words}")


def _line(name: str, value: str) -> None:
    out.print(f"[bold]{tamed(name):<9}[/]{tamed(value)}", highlight=False, soft_wrap=True)


def _visible(body: str) -> str:
    """The text without control characters, which could move the terminal's cursor or reverse the line."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in body)


def close_task(beginning: str, outcome: str) -> None:
    """Close an open task with this outcome; the task is given by the unambiguous beginning of its id.

    Raises:
        CommandRefused: no open task has this id, or several have; the outcome is not one that staff may choose.

    """
    if outcome not in BY_PEOPLE:
        raise CommandRefused(f"There is no outcome {outcome!r}; there are {', '.join(BY_PEOPLE)}.")
    task = asyncio.run(_close(beginning.strip(), Outcome(outcome)))
    out.print(f"Closed {task.id}: {OUTCOMES[Outcome(outcome)]}.")
    if task.kind in HOLDING and outcome != Outcome.NOT_NEEDED:
        out.print(
            "What waits for it still waits, until the clinic's own record is right. If nothing was wrong: "
            f"[bold]cocreate tasks close {str(task.id)[:8]} --as not_needed[/]"
        )


def _when(task: TaskView, registry: Places, now: datetime) -> Cell:
    """When it is due or was closed, by the clock of its place."""
    at = (task.closed_at or task.due_at).astimezone(registry.zone(task.places[0] if task.places else "", LONDON))
    late = task.outcome is None and at <= now
    return coloured(f"{at:%a %d %b %H:%M}{', overdue' if late else ''}", "red" if late else "")


def _because(task: TaskView) -> str:
    reason = REASONS[task.why].partition(":")[0]
    notes = (
        task.detail,
        f"{task.people} people" if task.people is not None else "",
        f"{task.texts} texts" if task.texts > 1 else "",
        f"in {LANGUAGES.get(task.language, task.language)}" if task.language else "",
    )
    more = ", ".join(filter(None, notes))
    because = f"{reason} ({more})" if more else reason
    return f"{UNSAFE}. {because}" if task.unsafe_phone and not reason.startswith(UNSAFE) else because


async def _read(patient: str | None, *, closed: bool, limit: int) -> tuple[list[TaskView], Places, datetime]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        ids: Sequence[UUID] | None = None
        if patient is not None:
            ids = await identity.search(connection, connections.encryption(), patient)
            if not ids:
                raise CommandRefused(
                    "Nobody is known by that; try the clinic's own id, the NHS number, a phone number or an address."
                )
        found = await task_list.list_tasks(connection, state="closed" if closed else "open", patients=ids, limit=limit)
        concerned = await task_list.patients_of(connection, [task.id for task in found])
        await on_record.look(
            connection, "tasks list", patients={*concerned, *(ids or ())}, detail=f"{len(found)} tasks"
        )
        return found, await places.load(connection), (await clock.read(connection)).now


@dataclass(frozen=True, slots=True)
class TaskText:
    """The text that a task is about, the urgent ones that followed from its phone, and how its patients are reached."""

    text: StoredText | None = None
    later: Sequence[StoredText] = ()
    contacts: Mapping[UUID, tuple[Contact, ...]] = field(default_factory=dict)


async def _show(beginning: str) -> tuple[TaskView, TaskText, Places]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        called = await task_list.named(connection, beginning, closed_too=True)
        if len(called) > 1:
            raise CommandRefused(f"Several tasks begin with {beginning!r}; give more of the id.")
        if not called:
            raise CommandRefused(f"No task is called {beginning!r}; `cocreate tasks list` shows them.")
        (task,) = await task_list.list_tasks(connection, state=None, ids=called)
        try:
            about = await _text_of(connection, connections.encryption(), task)
        except EncryptionError as error:
            raise CommandRefused(f"What was texted cannot be opened: {error}.") from error
        concerned = await task_list.patients_of(connection, called)
        await on_record.look(connection, "tasks show", patients=concerned, things=(f"task/{task.id}", *task.things))
        return task, about, await places.load(connection)


async def _text_of(connection: Connection, encryption: Encryption, task: TaskView) -> TaskText:
    told = await texts.load(connection, encryption, task.text_id) if task.text_id else None
    if told is None:
        return TaskText()
    later = await texts.urgent_since(connection, encryption, told.id) if task.texts > 1 else ()
    return TaskText(told, later, await details.contacts(connection, encryption, told.patients))


async def _close(beginning: str, outcome: Outcome) -> TaskView:
    async with reachable(settings(Connections)) as pool, pool.acquire() as connection, connection.transaction():
        called = await task_list.named(connection, beginning)
        if not called and outcome is Outcome.NOT_NEEDED:
            called = await task_list.named(connection, beginning, closed_too=True)
        if len(called) > 1:
            raise CommandRefused(f"Several open tasks begin with {beginning!r}; give more of the id.")
        now = (await clock.read(connection)).now
        if not called or not await tasks.close(connection, called[0], outcome, operator(), now):
            raise CommandRefused(f"No open task is called {beginning!r}; `cocreate tasks list` shows them.")
        (task,) = await task_list.list_tasks(connection, state=None, ids=called)
        concerned = await task_list.patients_of(connection, called)
        things = (f"task/{task.id}", *task.things)
        await on_record.act(connection, "tasks close", patients=concerned, things=things, detail=outcome)
        return task
