"""What a rule sees and what it wants: frozen values, no clock, no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal, Self, TypeVar
from uuid import UUID, uuid5

from shared.clinic.places import Places
from shared.events.types import EventData
from shared.platform.ids import NAMESPACE
from shared.rules.facts import Fact
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from shared.rules.waiting_list import Seat

T = TypeVar("T", bound=EventData)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a planner knows of one patient.

    `patient` is an opaque, stable seed: two patients' messages are spread by it.
    `woken` are the wake-ups that came true, by key, with the moment each was wanted for. `replies` is what the patient
    answered, to whichever planner's messages, the oldest first. `done` is what people made of this planner's tasks.
    `occasions` are things of nobody's own that concern the patient: the courses of their enrolments, and whatever names
    these. `seats` is where the patient stands with those that have places, by thing. `has_died`: as far as anybody has
    told us; an informal notice counts.
    """

    patient: str
    things: tuple[Fact, ...]
    places: Places
    woken: Mapping[str, datetime] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    done: Mapping[UUID, Done] = field(default_factory=dict)
    occasions: tuple[Fact, ...] = ()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    has_died: bool = False

    def held(self, data: type[T]) -> tuple[tuple[Fact, T], ...]:
        """The occasions of one shape that are still there, in order of their names."""
        return tuple((f, f.data) for f in sorted(self.occasions, key=lambda f: f.thing) if isinstance(f.data, data))

    def of(self, data: type[T]) -> tuple[tuple[Fact, T], ...]:
        """The things of one shape that are still there, in order of their names."""
        return tuple((f, f.data) for f in sorted(self.things, key=lambda f: f.thing) if isinstance(f.data, data))


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that was told, and what it said of one thing; `asked`: whether it asked for an answer by text."""

    message_id: UUID
    kind: str
    told_at: datetime
    said: Mapping[str, Any]
    asked: bool = False


@dataclass(frozen=True, slots=True)
class SentHistory:
    """What this planner has told this patient: messages that were claimed and have not surely failed."""

    sayings: Mapping[str, tuple[SentMessage, ...]] = field(default_factory=dict)

    def about(self, thing: str) -> tuple[SentMessage, ...]:
        """All that was told of a thing, oldest first."""
        return self.sayings.get(thing, ())

    def last(self, thing: str) -> SentMessage | None:
        """What was last told of a thing."""
        sayings = self.about(thing)
        return sayings[-1] if sayings else None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """What a message changes in its reader's calendar, where it goes by e-mail.

    Attributes:
        thing: what the entry is of: a later one of the same thing takes its place.
        sequence: rises with each change that a reader may be told of. Calendars ignore a lower one than they have seen.
        end: None where nobody knows.
        mode: how the two meet: only in person has an address to go to.
        place: key of the place.
        cancelled: it goes.

    """

    thing: str
    sequence: int
    start: datetime
    end: datetime | None
    mode: str
    place: str
    cancelled: bool = False

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON has it: instants are RFC 3339 in UTC."""
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


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a plan wants.

    Attributes:
        key: the intention, made of ids and full UTC instants, never of formatted text.
        kind: what the message log calls it.
        template: which words.
        category: what a patient can opt out of.
        send_at: due from then on; may lie in the past.
        expires_at: never claimed at or after this instant.
        says: for each thing that it speaks of, what it tells.
        data: what its words are filled with, beside the patient's own details.
        urgent_by: where the usual window opens only after this instant, the urgent window applies.
        on_unknown: what happens when nobody can tell whether it was sent: resend once, or park for a person.
        calendar: what it changes in its reader's calendar, where it goes by e-mail.
        answers_until: until when an answer to it acts; None: until it expires.
        reply_to: the text that it acknowledges, see `Reply.id`. It goes to the phone that wrote, at once, at any hour.
        ask_instead: whether a person asks, when they meet, what this message would have asked a patient who stopped our
            texts.

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

    def id(self, planner: str) -> UUID:
        """UUIDv5 of planner and key: two plans that want the same thing want the same message."""
        return uuid5(NAMESPACE, f"{planner}\n{self.key}")

    def digest(self) -> str:
        """A digest of all that is wanted: equal means that the schedule is up to date."""
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
        return blake2b(json.dumps(wanted, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A moment at which the rule wants to look again: it comes back as a fact."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """What a patient's answer tells the clinic: an event on `clinic.responses`, published once.

    Attributes:
        key: the occasion, of ids: the same key is the same event, whatever else a later plan would say in it.
        type: what it tells, such as `attendance.confirmed`.
        things: what it concerns, by the clinic's own names.
        at: when the patient said it.
        data: what else it says; may hold the patient's own words, so it is kept nowhere but in the event.

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
    errands: tuple[TaskRequest, ...] = ()
    responses: tuple[Response, ...] = ()
