"""Input and output of a planner's rule: facts, sent history and plan, as frozen values without clock or I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Literal, Self, TypeVar
from uuid import UUID, uuid5

from shared.clinic.birth_date import is_child
from shared.clinic.places import Places
from shared.events.types import EventData
from shared.platform.ids import NAMESPACE
from shared.rules.facts import Fact
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from shared.rules.waiting_list import Seat

T = TypeVar("T", bound=EventData)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All facts that a planner has about one patient.

    Attributes:
        patient: an opaque, stable seed by which messages are spread over patients.
        things: facts of the patient's own things.
        places: the registry of places.
        woken: the wake-ups that have come due, by key, with the instant for which each was planned.
        replies: the patient's replies to messages of any planner, the oldest first.
        done: the outcomes of this planner's tasks, by the task's id.
        shared_things: facts of shared things that concern the patient: the courses of their enrolments, and reunions of
            these.
        seats: the patient's seats at reunions, by thing.
        has_died: whether the patient has died, by anybody's word: an informal notice counts.
        is_test: whether the patient stands for nobody: a record by which a clinic tries its system out.
        birth_date: the birth date of somebody who may be a child, as `shared.clinic.birth_date` reads it; else None.
        needs_interpreter: whether somebody has to interpret when they meet.

    """

    patient: str
    things: tuple[Fact, ...]
    places: Places
    woken: Mapping[str, datetime] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    done: Mapping[UUID, Done] = field(default_factory=dict)
    shared_things: tuple[Fact, ...] = ()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    has_died: bool = False
    is_test: bool = False
    birth_date: str | None = field(default=None, repr=False)
    needs_interpreter: bool = False

    def is_child_on(self, day: date) -> bool:
        """Whether the patient is under 18 on a day; False where their birth date is unknown."""
        return is_child(self.birth_date, day)

    def held(self, data: type[T]) -> tuple[tuple[Fact, T], ...]:
        """The shared things of one type that are not gone, in order of their names."""
        return tuple((f, f.data) for f in sorted(self.shared_things, key=lambda f: f.thing) if isinstance(f.data, data))

    def of(self, data: type[T]) -> tuple[tuple[Fact, T], ...]:
        """The patient's own things of one type that are not gone, in order of their names."""
        return tuple((f, f.data) for f in sorted(self.things, key=lambda f: f.thing) if isinstance(f.data, data))


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One sent message, and its content about one thing; `asked`: whether it asked for an answer by text."""

    message_id: UUID
    kind: str
    told_at: datetime
    said: Mapping[str, Any]
    asked: bool = False


@dataclass(frozen=True, slots=True)
class SentHistory:
    """The planner's messages to this patient that were claimed and have not certainly failed."""

    sayings: Mapping[str, tuple[SentMessage, ...]] = field(default_factory=dict)

    def about(self, thing: str) -> tuple[SentMessage, ...]:
        """The messages sent about a thing, oldest first."""
        return self.sayings.get(thing, ())

    def last(self, thing: str) -> SentMessage | None:
        """The last message sent about a thing."""
        sayings = self.about(thing)
        return sayings[-1] if sayings else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """A calendar entry that an e-mail adds to, changes in or removes from its reader's calendar.

    Attributes:
        thing: the thing of the entry: a later entry of the same thing replaces it.
        sequence: rises with each change that a reader may be sent. Calendars ignore one lower than the last.
        end: None where it is unknown.
        mode: the mode of the appointment: only in person has an address.
        place: key of the place.
        cancelled: whether the entry is removed.

    """

    thing: str
    sequence: int
    start: datetime
    end: datetime | None
    mode: str
    place: str
    cancelled: bool = False

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON: instants are RFC 3339 in UTC."""
        return {
            "thing": self.thing,
            "sequence": self.sequence,
            "start": self.start.astimezone(UTC).isoformat(),
            "end": self.end and self.end.astimezone(UTC).isoformat(),
            "mode": self.mode,
            "place": self.place,
            "cancelled": self.cancelled,
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """The entry that `as_json` wrote."""
        start, end = datetime.fromisoformat(entry["start"]), entry["end"] and datetime.fromisoformat(entry["end"])
        return cls(**{**entry, "start": start, "end": end})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that a plan wants.

    Attributes:
        key: identifies the message: made of ids and full UTC instants, never of formatted text.
        kind: its kind in the message log.
        template: the name of its wording.
        category: the category of which a patient can opt out.
        send_at: due from then on; may lie in the past.
        expires_at: never claimed at or after this instant.
        says: its content for each thing that it is about.
        places: keys of its places, its own first.
        data: the values of its template, beside the patient's own details.
        urgent_by: where the usual window opens only after this instant, the urgent window applies.
        on_unknown: what to do when it is unknown whether it was sent: resend once, or park for a person.
        calendar: the calendar entries that it carries, where it goes by e-mail.
        answers_until: until when an answer to it acts; None: until it expires.
        reply_to: the text that it acknowledges, see `Reply.id`. It goes to the sender's phone, at once, at any hour.
        ask_instead: whether a person asks its question at the appointment, where the patient has opted out of texts.
        must_reach: whether a person tells the patient, in time, where it cannot go or may not.

    """

    key: str
    kind: str
    template: str
    category: str
    send_at: datetime
    expires_at: datetime
    says: Mapping[str, Mapping[str, Any]]
    places: tuple[str, ...]
    data: Mapping[str, Any]
    urgent_by: datetime | None = None
    on_unknown: Literal["resend", "park"] = "resend"
    calendar: tuple[CalendarEntry, ...] = ()
    answers_until: datetime | None = None
    reply_to: str | None = None
    ask_instead: bool = False
    must_reach: bool = False

    def id(self, planner: str) -> UUID:
        """UUIDv5 of planner and key: the same key in two plans is the same message."""
        return uuid5(NAMESPACE, f"{planner}\n{self.key}")

    def digest(self) -> str:
        """A digest of the whole message: where it equals the scheduled one's, the schedule is up to date."""
        times = (self.send_at, self.expires_at, self.urgent_by)
        wanted: tuple[Any, ...] = (
            self.kind,
            self.template,
            self.category,
            *map(str, times),
            self.says,
            self.places,
            self.data,
            self.on_unknown,
            [entry.as_json() for entry in self.calendar],
        )
        if self.answers_until or self.reply_to or self.ask_instead:
            wanted = (*wanted, str(self.answers_until), self.reply_to, self.ask_instead)
        if self.must_reach:
            wanted = (*wanted, "must_reach")
        return blake2b(json.dumps(wanted, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class WakeUp:
    """An instant at which the rule is to run again: it comes back as a fact."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """An event for the clinic about a patient's answer: published once, on `clinic.responses`.

    Attributes:
        key: identifies the event, made of ids: the same key is the same event, even if a later plan has other data.
        type: the type of the event, such as `attendance.confirmed`.
        things: the things that it concerns, by the clinic's own names.
        at: the time of the patient's answer.
        data: further data; may hold the patient's own words, so it is stored only in the event.

    """

    key: str
    type: str
    things: tuple[str, ...]
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def id(self, planner: str) -> UUID:
        """UUIDv5 of planner and key."""
        return uuid5(NAMESPACE, f"response\n{planner}\n{self.key}")


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a planner now wants for one patient: messages, wake-ups, tasks for people, and events for the clinic."""

    messages: tuple[Message, ...] = ()
    wakeups: tuple[WakeUp, ...] = ()
    task_requests: tuple[TaskRequest, ...] = ()
    responses: tuple[Response, ...] = ()


def together(*plans: Plan) -> Plan:
    """One plan of several."""
    return Plan(
        messages=tuple(message for each in plans for message in each.messages),
        wakeups=tuple(wakeup for each in plans for wakeup in each.wakeups),
        task_requests=tuple(request for each in plans for request in each.task_requests),
        responses=tuple(response for each in plans for response in each.responses),
    )
