"""What arrives at a reunion's list, in the order in which it happened, and what it becomes there. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.clinic.courses import Reunion
from shared.rules.reply import Reply
from shared.rules.waiting_list import HOLDING, QUEUED, Act, ListEntry, SeatStatus, Until, WaitingList, seat

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
        reunion = now.reunion
        if now.is_planned:
            if reunion.capacity != self.state.capacity:
                self._add(Act.CAPACITY, None, reunion.capacity)
            if self.state.closed and self._now < reunion.rsvp_by:
                self._add(Act.OPEN, None, 0)
        happened: list[tuple[datetime, int, str, Callable[[], None]]] = [
            (reply.at, 0, reply.id, self._answering(now, patient, reply)) for patient, reply in replies
        ]
        if now.is_planned:
            happened += [(until, 1, str(p), self._lapsing(p, since)) for p, since, until in self._ended(now.people)]
            if self._now >= reunion.rsvp_by and not self.state.closed:
                happened.append((reunion.rsvp_by, 2, "", lambda: self._add(Act.CLOSE, None, 0)))
        for *_, happen in sorted(happened, key=lambda one: one[:3]):
            happen()
        for patient in sorted(now.dead):
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
    reunion, had = now.reunion, state.seats.get(patient)
    if not now.is_planned or reply.at >= reunion.start:
        return Act.VOID, patient, 0
    if reply.token != Act.IN.name:
        return Act[reply.token or ""], patient, 0
    holds = had is not None and had.standing in HOLDING
    if reply.at > reunion.rsvp_by and not holds:
        return Act.VOID, patient, 0
    if reply.number is not None and not 1 <= reply.number <= reunion.most_in_party:
        return Act.VOID, patient, reply.number
    before = had.party if had is not None and had.standing in HOLDING | QUEUED else 1
    return Act.IN, patient, before if reply.number is None else reply.number
