"""Reunions as input of the rules: whether they take place, the patient's seat, and the messages sent about them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.reunions.arranged import KIND, arranged_by, as_told
from services.reunions.invitees import invited_at
from services.reunions.policy import Policy
from shared.calendar.sending_window import Window
from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.places import Places
from shared.rules.facts import Fact
from shared.rules.plan import Facts, SentHistory, SentMessage
from shared.rules.reply import Reply
from shared.rules.waiting_list import Seat

PLANNER = "reunions"
COURSE = "course"
ENROLMENT = "enrolment"

ANSWERS = frozenset({"IN", "OUT", "LATER"})

ASKS_AGAIN = "seat.party"
"""The kind of message that refuses a party: it does not tell the status of a seat."""


class Stands(StrEnum):
    """The status of a patient at a reunion, as messages tell it."""

    INVITED = "invited"
    IN = "in"
    WAITING = "waiting"
    OFFERED = "offered"
    OUT = "out"
    LATER = "later"
    LAPSED = "lapsed"
    """A place was offered, and not taken in time."""
    CLOSED = "closed"
    """The patient waited until the list closed, and no place became free."""
    CANCELLED = "cancelled"


COMING = frozenset({Stands.IN, Stands.WAITING, Stands.OFFERED})
"""Statuses of patients who come, or may come."""

EFFECTS: Mapping[str, frozenset[Stands]] = {
    "IN": frozenset({Stands.IN, Stands.WAITING}),
    "OUT": frozenset({Stands.OUT}),
    "LATER": frozenset({Stands.LATER}),
}
"""Answer → the statuses to which it leads directly. Others result from other patients' answers, or from time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReunion:
    """The content of a sent message about a reunion; `start` is None where it is erased."""

    message_id: str
    kind: str
    told_at: datetime
    asked: bool
    start: datetime | None
    place: str
    site: str
    stands: str
    party: int
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientReunion:
    """One reunion, or taster session, for one patient.

    Attributes:
        key: its name in message keys, which holds the patient as well, for many patients share it.
        on: whether it takes place.
        kind: `reunion` or `taster`.
        most: the largest party.
        invited_at: since when the patient is known to be invited; None where they are not.
        changed_at: when its content for patients last changed.
        stands: the patient's present status.
        said: the messages sent since it was last cancelled, the oldest first.
        earlier: the messages sent before, up to its last cancellation.
        replies: the patient's replies about it, the oldest first.
        enrolments: the patient's enrolments at the same organiser, by which the organiser identifies who answered.

    """

    thing: str
    key: str
    on: bool
    kind: str
    start: datetime
    end: datetime | None
    place: str
    site: str
    zone: ZoneInfo
    window: Window
    rsvp_by: datetime
    most: int
    invited_at: datetime | None
    changed_at: datetime
    seat: Seat | None
    stands: Stands
    said: tuple[SentReunion, ...]
    earlier: tuple[SentReunion, ...]
    replies: tuple[Reply, ...]
    enrolments: tuple[str, ...]

    @property
    def day(self) -> date:
        """The local day of the reunion."""
        return self.start.astimezone(self.zone).date()

    @property
    def last(self) -> SentReunion | None:
        """The last message with the patient's status, since the reunion was last cancelled."""
        return next((one for one in reversed(self.said) if one.kind != ASKS_AGAIN), None)

    @property
    def party(self) -> int:
        """The size of the patient's party."""
        return self.seat.party if self.seat else 1

    @property
    def since(self) -> int | None:
        """The arrival of the entry that led to the patient's status."""
        return self.seat.since if self.seat else None

    @property
    def says(self) -> Mapping[str, Any]:
        """The content of a message about it. Another time, place or status closes earlier questions."""
        until = self.seat.until if self.seat else None
        return {
            "start": self.start.isoformat(),
            "place": self.place,
            "standing": self.stands.value,
            "party": self.party,
            "since": self.since,
            "until": until and until.isoformat(),
        }

    @property
    def is_told(self) -> bool:
        """Whether the last message told the patient's present status."""
        last = self.last
        return last is not None and (last.stands, last.party, last.since) == (self.stands, self.party, self.since)

    @property
    def has_moved(self) -> bool:
        """Whether the last message showed another minute or place: seconds and codes are never shown."""
        last = self.last
        if last is None or last.start is None:
            return False
        return (_minute(last.start), last.site) != (_minute(self.start), self.site)

    @property
    def tail(self) -> str:
        """The suffix of message keys after a cancellation was sent and the reunion is on again; else empty."""
        return f"/{self.earlier[-1].message_id}" if self.earlier else ""


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def says(data: Course | Enrolment | Reunion) -> str:
    """The content that matters to patients: time and place of a reunion; of courses and enrolments, who is invited."""
    match data:
        case Reunion():
            return json.dumps([data.status == "planned", _minute(data.start).isoformat(), data.clinic or ""])
        case Course():
            sessions = sorted(session.number for session in data.sessions if not session.cancelled)
            return json.dumps([data.status, sessions, data.clinic or ""])
        case Enrolment():
            return json.dumps([data.status, data.course, sorted(data.attended)])


def close_key(thing: str) -> str:
    """The key of the wake-up at which a list closes."""
    return f"{thing}/close"


def offer_key(thing: str, seat: Seat) -> str:
    """The key of the wake-up at which an offer ends."""
    return f"{thing}/offer/{seat.since}"


def meetings(facts: Facts, told: SentHistory, policy: Policy) -> tuple[PatientReunion, ...]:
    """The reunions to which a patient is invited, was sent a message, or has a seat; in order of their names."""
    of_kind = sorted((fact for fact in facts.shared_things if fact.kind == KIND), key=lambda fact: fact.thing)
    found = (_meeting(fact, facts, told, policy) for fact in of_kind)
    return tuple(meeting for meeting in found if meeting is not None)


def _meeting(fact: Fact, facts: Facts, told: SentHistory, policy: Policy) -> PatientReunion | None:
    data = fact.data if isinstance(fact.data, Reunion) else None
    every = tuple(_said(saying, facts.places) for saying in told.about(fact.thing))
    seat, last = facts.seats.get(fact.thing), next(reversed(every), None)
    on = _is_on(data)
    since = invited_at(fact, data, facts, policy.graduate_share) if data and on else None
    if (since, seat, last) == (None, None, None):
        return None
    arranged = arranged_by(fact.source, data) if data else as_told(last)
    if arranged is None:
        return None
    zone = arranged.zone or facts.places.zone(arranged.place, policy.zone)
    earlier, said = _since_cancelled(every)
    return PatientReunion(
        thing=fact.thing,
        key=f"{fact.thing}/{facts.patient}",
        on=on,
        kind=arranged.kind,
        start=arranged.start,
        end=arranged.end,
        place=arranged.place,
        site=facts.places.where(arranged.place),
        zone=zone,
        window=policy.window(zone),
        rsvp_by=arranged.rsvp_by,
        most=arranged.most,
        invited_at=since,
        changed_at=fact.since_at,
        seat=seat,
        stands=_stands(seat),
        said=said,
        earlier=earlier,
        replies=_replies(fact.thing, facts),
        enrolments=_enrolments(fact.source, facts),
    )


def _is_on(data: Reunion | None) -> bool:
    return data is not None and data.status == "planned"


def _stands(seat: Seat | None) -> Stands:
    return Stands(seat.standing.value) if seat else Stands.INVITED


def _since_cancelled(every: tuple[SentReunion, ...]) -> tuple[tuple[SentReunion, ...], tuple[SentReunion, ...]]:
    """What was told up to the last cancellation, and since."""
    cut = max((count for count, one in enumerate(every, 1) if one.stands == Stands.CANCELLED), default=0)
    return every[:cut], every[cut:]


def _enrolments(source: str, facts: Facts) -> tuple[str, ...]:
    return tuple(one.thing for one, _ in facts.of(Enrolment) if one.source == source)


def _replies(thing: str, facts: Facts) -> tuple[Reply, ...]:
    ours = (r for r in facts.replies if r.planner == PLANNER and r.token in ANSWERS and r.things == (thing,))
    return tuple(sorted(ours, key=lambda reply: (reply.at, reply.id)))


def _said(saying: SentMessage, places: Places) -> SentReunion:
    said = saying.said
    place = str(said.get("place", ""))
    return SentReunion(
        message_id=str(saying.message_id),
        kind=saying.kind,
        told_at=saying.told_at,
        asked=saying.asked,
        start=datetime.fromisoformat(said["start"]) if "start" in said else None,
        place=place,
        site=places.where(place),
        stands=str(said.get("standing", "")),
        party=int(said.get("party", 1)),
        since=said.get("since"),
    )
