"""The kinds of message, which words each uses, and what the words are filled with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from services.prompts.visits import Visit
from shared.clinic import Mode

CATEGORY = "appointments"


class Kind(StrEnum):
    """What a message is for."""

    AGENDA = "agenda"
    REMINDER = "reminder"
    SHORT_NOTICE = "short_notice"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"


ALIKE = frozenset({Kind.CANCELLED})
"""Kinds whose words do not depend on how patient and clinician would have met."""


def template(kind: Kind, visits: Sequence[Visit]) -> str:
    """The words for these appointments: several on one day, and those by telephone or video, have their own."""
    if len(visits) > 1:
        return f"{kind}.several"
    mode = visits[0].mode
    return kind.value if mode is Mode.IN_PERSON or kind in ALIKE else f"{kind}.{mode}"


def filling(visits: Sequence[Visit]) -> dict[str, Any]:
    """What the words are filled with: the first appointment by itself, and all of them."""
    each = [_each(visit) for visit in visits]
    return {**each[0], "visits": each, "count": str(len(each))}


def instant(at: datetime, visit: Visit) -> dict[str, str]:
    """An instant that words show by the clinic's clock."""
    return {"at": at.isoformat(), "zone": visit.zone.key}


def stamp(at: datetime) -> str:
    """A full UTC instant, for keys."""
    return at.astimezone(UTC).isoformat(timespec="seconds" if at.second else "minutes").replace("+00:00", "Z")


def _each(visit: Visit) -> dict[str, Any]:
    start = instant(visit.start, visit)
    return {
        "start": start,
        "end": instant(visit.end, visit) if visit.end else start,
        "mode": visit.mode.value,
        "place": {"place": visit.place},
    }
