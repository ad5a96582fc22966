"""The kinds of message, what their words are filled with, and the calendar entries that go along."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from services.reunions.meetings import ASKS_AGAIN, COMING, PatientReunion, Stands
from shared.rules.plan import CalendarEntry, Message

CATEGORY = "groups"
IN_PERSON = "in-person"


class ReunionKind(StrEnum):
    """What a message is for."""

    INVITATION = "invitation"
    AGAIN = "invitation.again"
    IN = "seat.in"
    WAITING = "seat.waiting"
    OFFERED = "place_offered"
    OUT = "seat.out"
    LATER = "seat.later"
    LAPSED = "seat.lapsed"
    CLOSED = "seat.closed"
    PARTY = ASKS_AGAIN
    CONFIRM = "reunion.confirm"
    REMINDER = "reunion.reminder"
    MOVED = "reunion.moved"
    CANCELLED = "reunion.cancelled"


TELLS: Mapping[Stands, ReunionKind] = {
    Stands.IN: ReunionKind.IN,
    Stands.WAITING: ReunionKind.WAITING,
    Stands.OFFERED: ReunionKind.OFFERED,
    Stands.OUT: ReunionKind.OUT,
    Stands.LATER: ReunionKind.LATER,
    Stands.LAPSED: ReunionKind.LAPSED,
    Stands.CLOSED: ReunionKind.CLOSED,
}
"""Which message tells where somebody stands."""


class News(StrEnum):
    """What else the message says that tells of a place."""

    NONE = "none"
    MOVED = "moved"
    """It is at another time or place than the patient was last told."""
    ON_AGAIN = "on_again"
    """The patient was told that it is cancelled."""


def naming(meeting: PatientReunion) -> dict[str, Any]:
    """What it is, when, and where; and that signs."""
    return {
        "what": meeting.kind,
        "start": shown(meeting.start, meeting),
        "place": {"place": meeting.place},
    }


def standing(kind: ReunionKind, meeting: PatientReunion, asked_for: int | None = None) -> dict[str, Any]:
    """What the words are filled with that tell where somebody stands. `asked_for`: the party of their answer."""
    data = naming(meeting)
    if kind in {ReunionKind.IN, ReunionKind.WAITING, ReunionKind.OFFERED}:
        party = meeting.party
        data |= {"several": party > 1, "party": str(party), "news": _news(meeting).value}
    if kind is ReunionKind.IN:
        data |= {"fewer": asked_for is not None and asked_for > meeting.party}
    if kind is ReunionKind.OFFERED:
        data |= {"reply_by": shown(closes(meeting), meeting)}
    if kind in {ReunionKind.OUT, ReunionKind.LATER, ReunionKind.LAPSED}:
        is_open = meeting.seat is not None and meeting.seat.at < meeting.rsvp_by
        data |= {"open": is_open, "reply_by": shown(meeting.rsvp_by, meeting)}
    if kind is ReunionKind.PARTY:
        data |= {"most": str(meeting.most), "guests": meeting.most > 1}
    return data


def closes(meeting: PatientReunion) -> datetime:
    """Until when an answer to what tells somebody where they stand acts. Whoever comes may say so until it begins."""
    until = meeting.seat.until if meeting.seat else None
    if meeting.stands is Stands.OFFERED and until is not None:
        return until
    return meeting.start if meeting.stands in COMING else meeting.rsvp_by


def tells(meeting: PatientReunion, send_at: datetime, key: str, reply_to: str | None = None, **more: Any) -> Message:
    """A message that tells where somebody stands. `key` names why it goes; `more` are other parts of a message."""
    kind = TELLS[meeting.stands]
    ends = closes(meeting)
    parts: dict[str, Any] = {
        "key": f"{meeting.key}/{key}{meeting.tail}",
        "kind": kind,
        "template": kind,
        "category": CATEGORY,
        "send_at": send_at,
        "expires_at": ends if meeting.stands is Stands.OFFERED else meeting.start,
        "says": {meeting.thing: meeting.says},
        "places": (meeting.place,),
        "data": standing(kind, meeting),
        "calendar": (entry(meeting),) if kind is ReunionKind.IN else (),
        "answers_until": ends if meeting.stands is not Stands.CLOSED else None,
        "reply_to": reply_to,
    }
    return Message(**{**parts, **more})


def entry(meeting: PatientReunion, *, cancelled: bool = False) -> CalendarEntry:
    """The reunion in its reader's calendar. Its sequence counts what the patient was told of it before."""
    count = len(meeting.earlier) + len(meeting.said)
    return CalendarEntry(
        meeting.thing, count, meeting.start, meeting.end, IN_PERSON, meeting.place, cancelled=cancelled
    )


def shown(at: datetime, meeting: PatientReunion) -> dict[str, str]:
    """An instant that words show by the venue's clock."""
    return {"at": at.isoformat(), "zone": meeting.zone.key}


def stamp(at: datetime) -> str:
    """A full UTC instant, for keys."""
    return at.astimezone(UTC).isoformat(timespec="seconds" if at.second else "minutes").replace("+00:00", "Z")


def digest(said: Mapping[str, Any]) -> str:
    """What a message says, for keys."""
    return blake2b(repr(sorted(said.items(), key=lambda item: item[0])).encode(), digest_size=8).hexdigest()


def _news(meeting: PatientReunion) -> News:
    if meeting.last is None and meeting.earlier:
        return News.ON_AGAIN
    return News.MOVED if meeting.has_moved else News.NONE
