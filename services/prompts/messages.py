"""The kinds of messages, their templates and data, and their calendar entries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.prompts.visits import AskedFor, Visit
from shared.clinic.appointment import Mode
from shared.rules.plan import CalendarEntry

PLANNER = "prompts"
CATEGORY = "appointments"
GROUPS = "groups"
"""The category of messages about courses."""

SESSION = "session."
"""The prefix of the kinds of messages about a course's sessions."""


SHORTEST = timedelta(minutes=5)
"""A call is announced for a window of at least so long; a shorter one is a time."""


class PromptKind(StrEnum):
    """The kinds of messages."""

    BOOKED = "booked"
    AGENDA = "agenda"
    EARLY_REMINDER = "reminder.early"
    REMINDER = "reminder"
    SHORT_NOTICE = "short_notice"
    MOVED = "moved"
    CANCELLED = "cancelled"
    NOT_FOR_NOW = "not_for_now"
    REINSTATED = "reinstated"
    COMING = "answer.coming"
    NEW_TIME = "answer.new_time"
    NOT_NEEDED = "answer.not_needed"
    LIST = "answer.list"
    SESSION_REMINDER = "session.reminder"
    SESSION_ENCOURAGE = "session.encourage"
    SESSION_MOVED = "session.moved"
    SESSION_CANCELLED = "session.cancelled"


def template(kind: PromptKind, visits: Sequence[Visit]) -> str:
    """The template for these appointments: several on one day have their own, and several of one week."""
    if len(visits) == 1:
        return kind.value
    return f"{kind}.several" if len({visit.day for visit in visits}) == 1 else f"{kind}.week"


def filling(visits: Sequence[Visit]) -> dict[str, Any]:
    """The data of a message about these appointments: see `forms`. Several are signed by the place of the first."""
    shown = [each(visit) for visit in visits]
    first = shown[0]
    if len(shown) == 1:
        return {**first, **joining(visits[0])}
    return {"start": first["start"], "place": first["place"], "count": str(len(shown)), "visits": shown}


def joining(visit: Visit) -> dict[str, Any]:
    """How a video visit is joined: by the link of its event, else as its clinic does; any other visit is not."""
    how = (visit.join_link and "link") or visit.own.joining if visit.mode is Mode.VIDEO else ""
    return {"join": how or "none", "join_link": {"link": visit.join_link if how == "link" else ""}}


def reply_data(visits: Sequence[Visit]) -> dict[str, Any]:
    """A reminder's data about the patient's earlier answers."""
    has_list = any(visit.has_list for visit in visits)
    if len(visits) == 1:
        return {"wish": visits[0].wish.value, "has_list": has_list}
    return {"asked": any(visit.wish is not AskedFor.NONE for visit in visits), "has_list": has_list}


def entries(visits: Sequence[Visit], *, cancelled: bool = False) -> tuple[CalendarEntry, ...]:
    """The calendar entry of each appointment.

    Its sequence is the number of messages sent about it before, so the entry of a notice outranks all earlier ones.
    """
    return tuple(
        CalendarEntry(
            thing=visit.thing,
            sequence=sum(said.thing == visit.thing for said in visit.said),
            start=visit.start,
            end=visit.end,
            mode=visit.mode.value,
            place=visit.place,
            cancelled=cancelled,
        )
        for visit in visits
    )


def instant(at: datetime, visit: Visit) -> dict[str, str]:
    """An instant as a placeholder's value, shown in the clinic's time zone."""
    return {"at": at.isoformat(), "zone": visit.zone.key}


def stamp(at: datetime) -> str:
    """A full UTC instant as text, for keys."""
    return at.astimezone(UTC).isoformat(timespec="seconds" if at.second else "minutes").replace("+00:00", "Z")


def each(visit: Visit) -> dict[str, Any]:
    """An appointment as a placeholder's value."""
    start = instant(visit.start, visit)
    return {
        "start": start,
        "end": instant(visit.end, visit) if visit.end and visit.end - visit.start >= SHORTEST else start,
        "mode": visit.mode.value,
        "place": {"place": visit.place},
    }
