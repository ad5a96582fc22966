"""The kinds of messages, their data, and their calendar entries."""

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
    """The kinds of messages."""

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


KIND_OF_STATUS: Mapping[Stands, ReunionKind] = {
    Stands.IN: ReunionKind.IN,
    Stands.WAITING: ReunionKind.WAITING,
    Stands.OFFERED: ReunionKind.OFFERED,
    Stands.OUT: ReunionKind.OUT,
    Stands.LATER: ReunionKind.LATER,
    Stands.LAPSED: ReunionKind.LAPSED,
    Stands.CLOSED: ReunionKind.CLOSED,
}
"""Status → the kind of message that tells it."""


class SeatNews(StrEnum):
    """Further news in a message about the status of a seat."""

    NONE = "none"
    MOVED = "moved"
    """The reunion is at another time or place than in the last message."""
    ON_AGAIN = "on_again"
    """The last message was a cancellation."""


def naming(meeting: PatientReunion) -> dict[str, Any]:
    """The data of every message: the kind of meeting, its start, and its place, which signs."""
    return {
        "what": meeting.kind,
        "start": shown(meeting.start, meeting),
        "place": {"place": meeting.place},
    }


def standing(kind: ReunionKind, meeting: PatientReunion, asked_for: int | None = None) -> dict[str, Any]:
    """The data of a message about the status of a seat. `asked_for`: the party in the patient's answer."""
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
    """Until when an answer to a message about a seat acts: for a patient who may come, until the reunion begins."""
    until = meeting.seat.until if meeting.seat else None
    if meeting.stands is Stands.OFFERED and until is not None:
        return until
    return meeting.start if meeting.stands in COMING else meeting.rsvp_by


def seat_message(
    meeting: PatientReunion, send_at: datetime, key: str, reply_to: str | None = None, **more: Any
) -> Message:
    """A message about the status of a seat. `key` names its cause; `more` are other parts of a message."""
    kind = KIND_OF_STATUS[meeting.stands]
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
        # Of what they did not just ask for, and what changes whether they come.
        "must_reach": reply_to is None and kind in {ReunionKind.IN, ReunionKind.OFFERED},
    }
    return Message(**{**parts, **more})


def entry(meeting: PatientReunion, *, cancelled: bool = False) -> CalendarEntry:
    """The calendar entry of the reunion. Its sequence is the number of messages sent about it before."""
    count = len(meeting.earlier) + len(meeting.said)
    return CalendarEntry(
        thing=meeting.thing,
        sequence=count,
        start=meeting.start,
        end=meeting.end,
        mode=IN_PERSON,
        place=meeting.place,
        cancelled=cancelled,
    )


def shown(at: datetime, meeting: PatientReunion) -> dict[str, str]:
    """An instant as a placeholder's value, shown in the venue's time zone."""
    return {"at": at.isoformat(), "zone": meeting.zone.key}


def stamp(at: datetime) -> str:
    """A full UTC instant as text, for keys."""
    return at.astimezone(UTC).isoformat(timespec="seconds" if at.second else "minutes").replace("+00:00", "Z")


def digest(said: Mapping[str, Any]) -> str:
    """A digest of a message's content, for keys."""
    return blake2b(repr(sorted(said.items(), key=lambda item: item[0])).encode(), digest_size=8).hexdigest()


def _news(meeting: PatientReunion) -> SeatNews:
    if meeting.last is None and meeting.earlier:
        return SeatNews.ON_AGAIN
    return SeatNews.MOVED if meeting.has_moved else SeatNews.NONE
