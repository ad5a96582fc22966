"""The timeline of a rehearsal: its entries, and the messages that wait in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.delivery.due import DueMessage
from shared.rules.plan import Message
from shared.schedule.states import Why
from shared.words.book import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
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


@dataclass(slots=True)
class Pending:
    """A wanted message that waits in the rehearsal until it is due."""

    planner: str
    message: Message
    due_at: datetime
    why: str = Why.PLANNED
    detail: str = ""


def reconciled(old: Pending | None, message: Message, planner: str) -> Pending:
    """A wanted message as it waits: as it did before where it has not changed."""
    if old is not None and old.message.digest() == message.digest():
        return old
    return Pending(planner, message, message.send_at)


def nowhere(_: UUID, __: str) -> str:
    """An empty unsubscribe link: a rehearsal sends nothing."""
    return ""


def later_than(now: datetime) -> Callable[[timedelta], datetime]:
    """How a decision looks ahead: a rehearsal's clock runs at the real rate."""
    return lambda span: now + span


def due_message(message_id: UUID, planner: str, patient: UUID, pending: Pending) -> DueMessage:
    """A pending message as delivery sees it once it is due."""
    message = pending.message
    return DueMessage(
        id=message_id,
        planner=planner,
        patient_id=patient,
        category=message.category,
        template=message.template,
        things=tuple(message.says),
        places=message.places,
        data=message.data,
        send_at=message.send_at,
        expires_at=message.expires_at,
        urgent_by=message.urgent_by,
        why=pending.why,
        detail=pending.detail,
        attempt=0,
        tried=frozenset(),
        calendar=message.calendar,
        answers_until=message.answers_until,
        ask_instead=message.ask_instead,
        must_reach=message.must_reach,
    )
