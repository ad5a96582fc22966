"""What arrives at a reunion's list, in the order in which it happened, and what it becomes there. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from shared.clinic.courses import Reunion
from shared.rules.reply import Reply
from shared.rules.waiting_list import HOLDING, QUEUED, Act, ListEntry, Seat, SeatStatus, Until, WaitingList, seat

Happening: TypeAlias = tuple[datetime, int, str, Callable[[], None]]
"""When it happened, what goes first of one instant, whose it is, and what adds it to the list."""

ABANDONED = timedelta(days=1)
"""So long after its end an offer lapses though nobody plans whoever had it: they do not hold the others up for ever."""


@dataclass(frozen=True, slots=True)
class Open:
    """A reunion as it is now, and whose answers have all been read: only their offers can be known to have lapsed.

    Attributes:
        dead: those of them who have died: theirs is nobody's place.

    """

    reunion: Reunion
    people: frozenset[UUID]
    dead: frozenset[UUID] = frozenset()

    @property
    def is_planned(self) -> bool:
        """Whether it takes place."""
        return self.reunion.status == "planned"


class Arriving:
    """New entries of one list, each judged by where everybody stood when it came."""

    def __init__(self, state: WaitingList, until: Until, now: datetime) -> None:
        self.state = state
        self.entries: list[tuple[ListEntry, str | None]] = []
        self._until = until
        self._now = now

    def take(self, now: Open, replies: Iterable[tuple[UUID, Reply]]) -> None:
        """Add what these answers, the reunion as it is now, and the passing of time make of the list.

        What the organiser decided counts first, then everything in the order in which it happened: an answer of the
        last minute before the ones after it, an offer's end before what was answered too late.
        """
        happened: list[Happening] = []
        if now.is_planned:
            self._follow_organiser(now.reunion)
            happened += self._passing(now)
        happened += [(reply.at, 0, reply.id, self._answering(now, patient, reply)) for patient, reply in replies]
        for *_, happen in sorted(happened, key=lambda one: one[:3]):
            happen()
        self._free_the_places_of(now.dead)

    def _follow_organiser(self, reunion: Reunion) -> None:
        if reunion.capacity != self.state.capacity:
            self._add(Act.CAPACITY, None, reunion.capacity)
        if self.state.closed and self._now < reunion.rsvp_by:
            self._add(Act.OPEN, None, 0)

    def _passing(self, now: Open) -> Iterator[Happening]:
        """What the passing of time brings: offers end, and the list closes."""
        for patient, since, until in self._ended(now.people):
            yield until, 1, str(patient), self._lapsing(patient, since)
        if self._now >= now.reunion.rsvp_by and not self.state.closed:
            yield now.reunion.rsvp_by, 2, "", lambda: self._add(Act.CLOSE, None, 0)

    def _free_the_places_of(self, dead: Iterable[UUID]) -> None:
        for patient in sorted(dead):
            stands = self.state.seats.get(patient)
            if stands is not None and stands.standing in HOLDING | QUEUED:
                self._add(Act.OUT, patient, 0)

    def _ended(self, planned: frozenset[UUID]) -> list[tuple[UUID, int, datetime]]:
        """Offers that have ended: whose, since when, and when they did."""
        return [
            (patient, one.since, one.until)
            for patient, one in self.state.seats.items()
            if one.standing is SeatStatus.OFFERED
            and one.until is not None
            and self._now >= one.until + (timedelta() if patient in planned else ABANDONED)
        ]

    def _lapsing(self, patient: UUID, since: int) -> Callable[[], None]:
        def lapse() -> None:
            stands = self.state.seats.get(patient)
            if stands is not None and stands.standing is SeatStatus.OFFERED and stands.since == since:
                self._add(Act.LAPSE, patient, since)

        return lapse

    def _answering(self, now: Open, patient: UUID, reply: Reply) -> Callable[[], None]:
        return lambda: self._add(*judged(now, self.state, patient, reply), reply_id=reply.id)

    def _add(self, act: Act, patient: UUID | None, party: int, reply_id: str | None = None) -> None:
        entry = ListEntry(self.state.last + 1, self._now, act, patient, party)
        self.entries.append((entry, reply_id))
        self.state = seat(self.state, [entry], self._until)


def judged(now: Open, state: WaitingList, patient: UUID, reply: Reply) -> tuple[Act, UUID, int]:
    """What an answer does: `Act.VOID` where it came too late or its party is larger than parties may be.

    IN counts until `rsvp_by`; later only of somebody who has a place, or is offered one. OUT and LATER count until it
    starts: a place that nobody uses is worth knowing of. IN without a number is the party that they said before, else
    themselves alone.
    """
    if not now.is_planned or reply.at >= now.reunion.start:
        return Act.VOID, patient, 0
    if reply.token != Act.IN.name:
        return Act[reply.token or ""], patient, 0
    return _judged_in(now.reunion, state.seats.get(patient), patient, reply)


def _judged_in(reunion: Reunion, had: Seat | None, patient: UUID, reply: Reply) -> tuple[Act, UUID, int]:
    """What an IN does that came before the start, of somebody who stood there."""
    standing = None if had is None else had.standing
    if reply.at > reunion.rsvp_by and standing not in HOLDING:
        return Act.VOID, patient, 0
    if reply.number is None:
        return Act.IN, patient, had.party if had is not None and standing in HOLDING | QUEUED else 1
    fits = 1 <= reply.number <= reunion.most_in_party
    return Act.IN if fits else Act.VOID, patient, reply.number
