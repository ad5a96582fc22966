"""The waiting list of a reunion: a pure fold of the answers in order of arrival decides who has a place."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.calendar.sending_window import Window


class SeatStatus(StrEnum):
    """The status of a patient's seat at a reunion."""

    IN = "in"
    WAITING = "waiting"
    OFFERED = "offered"
    OUT = "out"
    LATER = "later"
    LAPSED = "lapsed"
    """An offer ended without an answer. The patient may still answer IN."""
    CLOSED = "closed"
    """The patient was waiting when the list closed."""


HOLDING = frozenset({SeatStatus.IN, SeatStatus.OFFERED})
"""Statuses that hold places."""

QUEUED = frozenset({SeatStatus.WAITING, SeatStatus.CLOSED})
"""Statuses that keep a turn in the queue; no turn comes while the list is closed."""


class Act(StrEnum):
    """The kinds of entries of a reunion's list."""

    IN = "in"
    OUT = "out"
    LATER = "later"
    LAPSE = "lapse"
    """An offer, made at arrival `party`, has ended without an answer. No effect where that offer is no longer open."""
    CAPACITY = "capacity"
    """The capacity from here on; `party` holds the number of places."""
    CLOSE = "close"
    """The list closes: no patient moves up any more."""
    OPEN = "open"
    """The list opens again, as its deadline was moved."""
    SAME = "same"
    """`other` is the same person as `patient_id`: two seats become one."""
    VOID = "void"
    """An answer without effect: it came too late, its party is too large, or the reunion is cancelled. It is recorded
    so that it is judged once, by the state at the time when it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One line of a reunion's list, in the order of arrival.

    Attributes:
        arrival: its number, given under the reunion's lock.
        at: the time at which the number was given.
        patient_id: the patient who answered; None for entries about the list.
        party: the size of the party, the patient included; for `CAPACITY` the places, for `LAPSE` the offer's arrival.
        other: the patient who is the same person, for `SAME`.

    """

    arrival: int
    at: datetime
    act: Act
    patient_id: UUID | None = None
    party: int = 1
    other: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """The seat of one patient.

    Attributes:
        standing: the status of the seat.
        party: the size of the party, the patient included; 0 where the patient does not come.
        since: arrival of the entry that led to this status.
        at: the time of that entry.
        until: the end of an offer; None where there is none.

    """

    standing: SeatStatus
    party: int
    since: int
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingList:
    """The list of one reunion: all seats and the queue.

    Attributes:
        capacity: the number of all places; 0 until it is known.
        seats: the seats of all patients who have ever answered.
        queue: the patients who wait, in order of their turn.
        closed: whether the list is closed.
        counted: arrival of the entry that set the capacity.
        last: arrival of the last entry.

    """

    capacity: int = 0
    seats: Mapping[UUID, Seat] = field(default_factory=dict)
    queue: tuple[UUID, ...] = ()
    closed: bool = False
    counted: int = 0
    last: int = 0

    @property
    def taken(self) -> int:
        """The places that are taken or offered; more than the capacity only after the capacity was lowered."""
        return sum(seat.party for seat in self.seats.values() if seat.standing in HOLDING)


READ_WITHIN = timedelta(hours=1)
"""The time that an offer may take to reach its reader: other messages hold back for half an hour in a conversation."""

Until = Callable[[datetime], datetime]
"""The instant at which an offer is made → the instant at which it ends."""


def seat(state: WaitingList, entries: Iterable[ListEntry], until: Until) -> WaitingList:
    """Fold entries, in order of arrival, into the list.

    - Never more places are given or offered than there are; first come, first served.
    - A patient for whose party there is no place waits. A free place is offered to the first who waits, and is reserved
      until the offer ends. The first in the queue who changes their party so that it fits is in at once.
    - A party waits whole, and no other passes it, unless it is larger than the capacity: it could never fit.
    - A patient who is in and answers IN again changes their party: to a smaller one at once; to a larger one where it
      fits and no patient waits, else the party stays as it was. The same holds for an offer taken with another party.
    - A patient who waits and changes their party keeps their turn; one who leaves and comes again goes to the end.
    - A lower capacity takes no place away. No place is offered until there are free ones again.
    - Once the list is closed no patient moves up. Offers stay open. An answer that was given in time and is read only
      then takes a place where there is one for which no patient waited.
    """
    places = _Places(state, until)
    for entry in entries:
        places.take(entry)
    return WaitingList(
        capacity=places.capacity,
        seats=places.seats,
        queue=tuple(places.queue),
        closed=places.closed,
        counted=places.counted,
        last=max(state.last, places.last),
    )


def offer_end(at: datetime, lasts: timedelta, hours: Window, start: datetime) -> datetime:
    """The end of an offer made at `at`: `lasts` after its text can be sent, never at night, at the latest at `start`.

    It is counted from the next opening, when the text with the offer may leave, and moved on to the next opening: 48
    hours from Thursday noon end on Monday morning, and an offer of a Friday night ends on Wednesday morning. So does an
    offer of the window's last hour on a Friday: a text that missed the closing would be sent only as the offer ends.
    """
    begins = hours.next_open(at)
    told_by = hours.next_open(begins + READ_WITHIN)
    if told_by != begins + READ_WITHIN:
        begins = told_by
    return min(hours.next_open(begins + lasts), start)


class _Places:
    """A mutable waiting list during the fold: a copy for each of 3,000 entries would take seconds."""

    def __init__(self, state: WaitingList, until: Until) -> None:
        self.capacity = state.capacity
        self.seats = dict(state.seats)
        self.queue = dict.fromkeys(state.queue)
        self.closed = state.closed
        self.counted = state.counted
        self.last = state.last
        self._taken = state.taken
        self._until = until

    def take(self, entry: ListEntry) -> None:
        self.last = entry.arrival
        patient = entry.patient_id
        match entry.act:
            case Act.CAPACITY:
                self.capacity, self.counted = entry.party, entry.arrival
            case Act.CLOSE | Act.OPEN:
                self.closed = entry.act is Act.CLOSE
                for one in self.queue:
                    self._put(one, self._queued, self.seats[one].party, entry)
            case Act.IN if patient is not None:
                self._come(patient, entry)
            case Act.OUT | Act.LATER if patient is not None:
                self._put(patient, SeatStatus(entry.act.value), 0, entry)
            case Act.LAPSE if patient is not None and self._is_offer(patient, entry.party):
                self._put(patient, SeatStatus.LAPSED, 0, entry)
            case Act.SAME if patient is not None and entry.other is not None:
                self._unite(patient, entry.other)
            case _:
                pass
        self._move_up(entry)

    def _come(self, patient: UUID, entry: ListEntry) -> None:
        had = self.seats.get(patient)
        if had is not None and had.standing in HOLDING:
            more = entry.party - had.party
            fits = more <= 0 or self._may_take(more)
            self._put(patient, SeatStatus.IN, entry.party if fits else had.party, entry)
        elif had is not None and had.standing in QUEUED:
            self._put(patient, had.standing, entry.party, entry)
            if self._has_turn(patient, entry.party):
                self._put(patient, SeatStatus.IN, entry.party, entry)
        else:
            self._put(patient, SeatStatus.IN if self._may_take(entry.party) else self._queued, entry.party, entry)

    def _may_take(self, places: int) -> bool:
        """Whether somebody who does not wait may have so many places: there are, and nobody waits for them."""
        return places <= self._free and self._first() is None

    def _put(self, patient: UUID, standing: SeatStatus, party: int, entry: ListEntry) -> None:
        """Set the status of a patient's seat. An unchanged status keeps its `since` and `at`, with any party."""
        had = self.seats.get(patient)
        if had is not None and had.standing in HOLDING:
            self._taken -= had.party
        if standing in HOLDING:
            self._taken += party
        if had is not None and had.standing is standing:
            self.seats[patient] = replace(had, party=party)
            return
        until = self._until(entry.at) if standing is SeatStatus.OFFERED else None
        self.seats[patient] = Seat(standing, party, entry.arrival, entry.at, until)
        if standing in QUEUED:
            self.queue.setdefault(patient)
        else:
            self.queue.pop(patient, None)

    def _move_up(self, entry: ListEntry) -> None:
        while (first := self._first()) is not None and self._has_turn(first, self.seats[first].party):
            self._put(first, SeatStatus.OFFERED, self.seats[first].party, entry)

    def _unite(self, patient: UUID, other: UUID) -> None:
        """Unite two seats of one person: the later answer counts where it was a no, else the better seat."""
        seats = {one: self.seats[one] for one in (patient, other) if one in self.seats}
        if not seats:
            return
        kept = self._kept(seats)
        self._taken -= sum(seat.party for one, seat in seats.items() if seat.standing in HOLDING and one != kept)
        self.seats[patient] = seats[kept]
        self.seats.pop(other, None)
        self._pass_turn(patient, seats.keys(), kept if seats[kept].standing in QUEUED else None)

    def _has_turn(self, patient: UUID, places: int) -> bool:
        """Whether somebody who waits may have so many places now."""
        return not self.closed and self._first() == patient and places <= self._free

    def _pass_turn(self, patient: UUID, same: Collection[UUID], kept: UUID | None) -> None:
        """Of the turns of those who are one, only the kept one stays, and is the patient's."""
        left = (one for one in self.queue if one == kept or one not in same)
        self.queue = {patient if one == kept else one: None for one in left}

    def _kept(self, seats: Mapping[UUID, Seat]) -> UUID:
        """By whose place two who are one stand."""
        latest = max(seats, key=lambda one: seats[one].since)
        if seats[latest].standing in {SeatStatus.OUT, SeatStatus.LATER}:
            return latest
        turns = {one: turn for turn, one in enumerate(self.queue)}
        return min(seats, key=lambda one: (BEST.index(seats[one].standing), turns.get(one, 0), seats[one].since))

    def _first(self) -> UUID | None:
        """The patient whose turn it is: the first in the queue whose party is not larger than the capacity."""
        return next((one for one in self.queue if self.seats[one].party <= self.capacity), None)

    def _is_offer(self, patient: UUID, since: int) -> bool:
        had = self.seats.get(patient)
        return had is not None and had.standing is SeatStatus.OFFERED and had.since == since

    @property
    def _free(self) -> int:
        return self.capacity - self._taken

    @property
    def _queued(self) -> SeatStatus:
        return SeatStatus.CLOSED if self.closed else SeatStatus.WAITING


BEST = (
    SeatStatus.IN,
    SeatStatus.OFFERED,
    SeatStatus.WAITING,
    SeatStatus.CLOSED,
    SeatStatus.LAPSED,
    SeatStatus.LATER,
    SeatStatus.OUT,
)
