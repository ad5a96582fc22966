"""What a patient believes of appointments and sessions: what each time reads as that a message has shown.

Patients know nothing of ids. What reads the same is the same: the day and minute on the clinic's clock, how to meet,
and the place by its name. Identifiers, seconds, clinic codes and time zones lie beneath, and may change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.clinic.appointment import Mode
from shared.clinic.places import Places
from shared.rules.plan import SentMessage

MOVES = frozenset({"moved", "session.moved", "reinstated"})
"""The kinds of message that take back the time that they had told before."""


class AsRead(NamedTuple):
    """When, how and where a reader expects to meet. A call finds the patient anywhere: it has no place."""

    minute: datetime
    mode: Mode
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """A time, a mode and a place, as an event or a sent message has them.

    Attributes:
        start: the instant, however the clinic's clock shows it.
        minute: what the clinic's clock shows, without a zone.
        place: key of the place.
        moves: how often the place had moved; see `Places.where`.

    """

    start: datetime
    minute: datetime
    mode: Mode
    place: str
    moves: int = 0

    @property
    def content(self) -> dict[str, Any]:
        """As JSON, as a message `says` it."""
        return {
            "start": self.start.isoformat(),
            "minute": self.minute.isoformat(timespec="minutes"),
            "mode": self.mode.value,
            "place": self.place,
            "moves": self.moves,
        }

    def reading(self, places: Places) -> AsRead:
        """What a reader sees of it."""
        return reading_of(self.minute, self.mode, places.where(self.place, self.moves))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one sent message says of one appointment or session.

    Attributes:
        reading: the time, mode and place that it shows.
        on: whether they stand.
        takes_back: what it says no longer stands, beside that.
        named: whether it shows the time, and not only that there is another one.
        arranged: the same as the message has it.
        site: the site of its place, as the registry has it now.

    """

    message_id: str
    kind: str
    told_at: datetime
    thing: str
    reading: AsRead
    on: bool
    takes_back: tuple[AsRead, ...]
    named: bool
    arranged: Arranged
    site: str

    @property
    def start(self) -> datetime:
        """The instant that it tells."""
        return self.arranged.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A time that a patient was told of, under whatever ids, and what they were last told of it.

    Attributes:
        on: whether they believe that it stands.
        things: under which names it was told.
        since: when it was first told.
        last: the message that spoke of it last.

    """

    reading: AsRead
    on: bool
    things: frozenset[str]
    since: datetime
    last: Statement

    @property
    def start(self) -> datetime:
        """The instant."""
        return self.last.start


def reading_of(minute: datetime, mode: Mode, where: str) -> AsRead:
    """What a reader sees of a time, a mode and a place."""
    return AsRead(minute, mode, where if mode is Mode.IN_PERSON else "")


def minute_of(start: datetime, zone: ZoneInfo) -> datetime:
    """What the clinic's clock shows at an instant: seconds are never shown."""
    return start.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)


def statement(thing: str, sent: SentMessage, places: Places, zone: ZoneInfo) -> Statement:
    """What a message says of a thing; `zone`: the clock of a message that does not hold what its clock showed."""
    arranged = arranged_of(sent.said, zone)
    return Statement(
        message_id=str(sent.message_id),
        kind=sent.kind,
        told_at=sent.told_at,
        thing=thing,
        reading=arranged.reading(places),
        on=bool(sent.said["on"]),
        takes_back=tuple(arranged_of(old, zone).reading(places) for old in sent.said.get("instead_of", ())),
        named=bool(sent.said.get("named", True)),
        arranged=arranged,
        site=places.site(arranged.place),
    )


def arranged_of(said: Mapping[str, Any], zone: ZoneInfo) -> Arranged:
    """A time, mode and place of a message's content."""
    start = datetime.fromisoformat(said["start"])
    minute = datetime.fromisoformat(said["minute"]) if "minute" in said else minute_of(start, zone)
    return Arranged(
        start=start.astimezone(UTC),
        minute=minute,
        mode=Mode(said["mode"]),
        place=said["place"],
        moves=said.get("moves", 0),
    )


def beliefs(statements: Iterable[Statement]) -> Mapping[AsRead, Belief]:
    """What is believed after these statements, in the order of their times.

    A statement about an hour stays believed until a message takes it back, under whatever name either was sent.
    """
    known: dict[AsRead, Belief] = {}
    for said in with_what_they_take_back(sorted(statements, key=lambda one: (one.told_at, one.on, one.thing))):
        for reading in said.takes_back:
            if (before := known.get(reading)) is not None and reading != said.reading:
                known[reading] = replace(before, on=False, things=before.things | {said.thing})
        if said.named:
            known[said.reading] = _after(known.get(said.reading), said)
        else:  # they know that there is another time, and wait to hear which
            known.pop(said.reading, None)
    return known


def with_what_they_take_back(statements: Sequence[Statement]) -> Iterator[Statement]:
    """Statements of moves, with the time told before of the same thing: older messages do not hold it themselves."""
    last: dict[str, AsRead] = {}
    for said in statements:
        before = last.get(said.thing)
        if said.on and said.kind in MOVES and not said.takes_back and before not in {None, said.reading}:
            yield replace(said, takes_back=(before,))
        else:
            yield said
        last[said.thing] = said.reading


def _after(before: Belief | None, said: Statement) -> Belief:
    if before is None:
        return Belief(reading=said.reading, on=said.on, things=frozenset({said.thing}), since=said.told_at, last=said)
    since = before.since if before.on or not said.on else said.told_at
    return replace(before, on=said.on, things=before.things | {said.thing}, since=since, last=said)
