"""Who has a place: answers in the order of arrival, folded by one pure rule."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.calendar.sending_window import Window


class SeatStatus(StrEnum):
    """Where somebody stands with a reunion."""

    IN = "in"
    WAITING = "waiting"
    OFFERED = "offered"
    OUT = "out"
    LATER = "later"
    LAPSED = "lapsed"
    """They were offered a place and let the time pass. They may still say that they come."""
    CLOSED = "closed"
    """They were waiting when the list closed."""


HOLDING = frozenset({SeatStatus.IN, SeatStatus.OFFERED})
"""These hold places; all others hold none."""

QUEUED = frozenset({SeatStatus.WAITING, SeatStatus.CLOSED})
"""These have a turn, and keep it; nobody's turn comes while the list is closed."""


class Act(StrEnum):
    """What changes who has a place."""

    IN = "in"
    OUT = "out"
    LATER = "later"
    LAPSE = "lapse"
    """An offer has ended without an answer: the offer since `party`. It changes nothing where that is none any more."""
    CAPACITY = "capacity"
    """From here on there are so many places (`party` holds the number)."""
    CLOSE = "close"
    """The list is closed: nobody moves up any more."""
    OPEN = "open"
    """It is open again: answers are awaited for longer than they were."""
    SAME = "same"
    """`other` turned out to be the same person as `patient_id`: two places become one."""
    VOID = "void"
    """An answer that changes nothing: it came too late, its party is too large, or the reunion is cancelled. It stands
    here so that it is judged once, by what was true when it was read."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line of a reunion's list, in the order of arrival.

    Attributes:
        arrival: the number that it was given under the reunion's lock.
        at: when it was given that.
        patient_id: whose answer it is; None where it is nobody's.
        party: how many would come, themselves included; places, for `CAPACITY`; since when it stood, for `LAPSE`.
        other: who turned out to be the same person, for `SAME`.

    """

    arrival: int
    at: datetime
    act: Act
    patient_id: UUID | None = None
    party: int = 1
    other: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one person stands.

    Attributes:
        party: how many come with it, themselves included; 0 where they do not come.
        since: arrival of the entry by which they came to stand there.
        at: when that was.
        until: when an offer ends.

    """

    standing: SeatStatus
    party: int
    since: int
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingList:
    """Where everybody stands with one reunion.

    Attributes:
        capacity: all places; 0 until they are known.
        seats: everybody who has ever answered.
        queue: those whose turn is still to come, the first first.
        closed: whether the list is.
        counted: arrival of the entry that gave the capacity.
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
        """Places that somebody has or is offered. More than there are only once the capacity was lowered."""
        return sum(seat.party for seat in self.seats.values() if seat.standing in HOLDING)


TOLD_WITHIN = timedelta(hours=1)
"""So long an offer may take to reach its reader: nothing else crosses a conversation for half an hour."""

Until = Callable[[datetime], datetime]
"""When an offer that is made at an instant ends."""


def seat(state: WaitingList, entries: Iterable[ListEntry], until: Until) -> WaitingList:
    """Where everybody stands after these entries, which come in order of arrival.

    - Never more places than there are are given or offered; first come, first served.
    - Whoever finds no place waits. A freed place, or a new one, is offered to the first who waits, and is theirs until
      the offer ends. Whoever changes a waiting party so that it fits, and is first, is in: they have just said so.
    - A party waits whole, and nobody passes it, unless it is larger than all places together: it could never fit.
    - Whoever is in and says so again changes their party: a smaller one at once; a larger one where it fits and nobody
      waits, else they stay in with the party that they had. So does whoever takes an offer with another party.
    - Whoever waits and changes their party keeps their turn; whoever leaves and comes again goes to the end.
    - Fewer places put nobody out. Nobody is offered any until there are free ones again.
    - Once it is closed nobody moves up. Offers live on. An answer that was given in time and is read only then takes a
      place where there is one for which nobody waited.
    """
    places = _Places(state, until)
    for entry in entries:
        places.take(entry)
    return WaitingList(
        places.capacity, places.seats, tuple(places.queue), places.closed, places.counted, max(state.last, places.last)
    )


def offer_end(at: datetime, lasts: timedelta, hours: Window, start: datetime) -> datetime:
    """When an offer made at `at` ends: `lasts` after it can be told, never in the night, at the latest at the start.

    It is counted from the next opening, when the text that tells of it may leave, and moved on to the next opening:
    48 hours from Thursday noon end on Monday morning, and an offer of a Friday night on Wednesday morning. So does one
    of the window's last hour on a Friday: if its text missed the closing, it would end as the next one opens, unread.
    """
    begins = hours.next_open(at)
    told_by = hours.next_open(begins + TOLD_WITHIN)
    if told_by != begins + TOLD_WITHIN:
        begins = told_by
    return min(hours.next_open(begins + lasts), start)


class _Places:
    """A state while it is folded: copying it for each of 3,000 entries would take seconds."""

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
        """Have somebody stand there. Standing there already, with whatever party, they do since they did."""
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
        """The later word counts where it was a no; else the better of both stands, as it is."""
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
        """Whose turn it is: the first whose party could fit at all."""
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
