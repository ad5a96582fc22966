"""The timeline of a rehearsal: what is sent or not, what people have to do, and what the clinic is told."""

from dataclasses import dataclass
from datetime import datetime

from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from shared.words.book import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEntry:
    """One message of the timeline: its time, and its rendered words or the reason why it is not sent."""

    at: datetime
    kind: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    words: Rendered | None
    why: Why = Why.ACCEPTED
    detail: str = ""
    channel: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task of the timeline: when it is raised, or closes by itself (`is_over`) because it is no longer wanted."""

    at: datetime
    kind: TaskKind
    things: tuple[str, ...]
    places: tuple[str, ...]
    why: Why
    due_at: datetime
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEntry:
    """An event that the clinic gets on `clinic.responses`."""

    at: datetime
    type: str
    things: tuple[str, ...]
    places: tuple[str, ...]


Entry = MessageEntry | TaskEntry | ResponseEntry
