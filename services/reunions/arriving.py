"""New entries of a reunion's list: answers, ended offers and the closing, in the order in which they happened."""

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
"""The time after its end at which an offer lapses even where its patient is not in the batch: others may wait."""


@dataclass(frozen=True, slots=True)
class ReunionState:
    """A reunion's present state, and the patients whose answers have all been read, so that their offers may lapse.

    Attributes:
        dead: the patients among them who have died, whose places are freed.

    """

    reunion: Reunion
    people: frozenset[UUID]
    dead: frozenset[UUID] = frozenset()

    @property
    def is_planned(self) -> bool:
        """Whether the reunion takes place."""
        return self.reunion.status == "planned"


class Arriving:
    """Collects new entries of one list, each judged by the state of the list when it came."""

    def __init__(self, state: WaitingList, until: Until, now: datetime) -> None:
        self.state = state
        self.entries: list[tuple[ListEntry, str | None]] = []
        self._until = until
        self._now = now

    def take(self, now: ReunionState, replies: Iterable[tuple[UUID, Reply]]) -> None:
        """Add the entries for these answers, for changes of the reunion, and for ended offers.

        The organiser's changes come first, then all others in the order in which they happened: an answer of the last
        minute before later ones, the end of an offer before an answer that came too late.
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

    def _passing(self, now: ReunionState) -> Iterator[Happening]:
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
        """The offers that have ended: patient, arrival of the offer, and its end."""
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

    def _answering(self, now: ReunionState, patient: UUID, reply: Reply) -> Callable[[], None]:
        return lambda: self._add(*entry_of(now, self.state, patient, reply), reply_id=reply.id)

    def _add(self, act: Act, patient: UUID | None, party: int, reply_id: str | None = None) -> None:
        entry = ListEntry(arrival=self.state.last + 1, at=self._now, act=act, patient_id=patient, party=party)
        self.entries.append((entry, reply_id))
        self.state = seat(self.state, [entry], self._until)


def entry_of(now: ReunionState, state: WaitingList, patient: UUID, reply: Reply) -> tuple[Act, UUID, int]:
    """The entry of an answer: `Act.VOID` where it came too late, or its party is larger than allowed.

    IN counts until `rsvp_by`; later only from a patient who has a place, or is offered one. OUT and LATER count until
    the start: a free place is worth knowing of. IN without a number keeps the party of an earlier answer, else the
    patient comes alone.
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
