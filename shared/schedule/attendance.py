"""Who comes to a reunion, for its organiser: first names and parties, and the counts, all from the list's entries."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.events.things import source_of
from shared.patients import details
from shared.platform.clock import Connection
from shared.rules.waiting_list import ListEntry, SeatStatus, WaitingList, seat
from shared.schedule import waiting_lists
from shared.security.encryption import Encryption

ORDER = tuple(SeatStatus)
"""In this order an organiser reads a list: who comes, who waits, who is being asked, who does not come."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the list.

    Attributes:
        patient_id: who it is.
        first_name: None where nobody told it.
        party: how many come with it, themselves included; 0 where they do not come.
        since_at: when they came to stand there.

    """

    patient_id: UUID
    first_name: str | None = field(repr=False)
    party: int
    standing: SeatStatus
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Attendance:
    """A reunion's list as it stands.

    Attributes:
        capacity: all places; 0 until anybody was planned for it.
        counts: people, guests included, by where they stand; whoever does not come counts once.
        people: everybody who answered, those who come first, each in the order in which they came there.

    """

    capacity: int
    counts: Mapping[SeatStatus, int]
    people: tuple[Attendee, ...] = ()


async def load(connection: Connection, encryption: Encryption, reunion: str) -> Attendance:
    """One reunion's list, with first names. Whoever has died is not on it, though their place is not free.

    Raises:
        shared.security.encryption.CannotOpen: the key of somebody's details is not configured.

    """
    state = _folded((await waiting_lists.read(connection, [reunion]))[reunion])
    whose = frozenset({source_of(reunion)})
    known = await details.load_for(connection, encryption, ((patient, whose) for patient in state.seats))
    there = [(patient, one) for patient, one in state.seats.items() if not known[patient, whose].deceased]
    there.sort(key=lambda pair: (ORDER.index(pair[1].standing), pair[1].since))
    people = tuple(
        Attendee(patient, known[patient, whose].first_name, one.party, one.standing, one.at) for patient, one in there
    )
    return Attendance(state.capacity, _counts(state), people)


async def counts(connection: Connection, reunions: Iterable[str]) -> dict[str, Attendance]:
    """These reunions' counts, without anybody's name."""
    states = {thing: _folded(entries) for thing, entries in (await waiting_lists.read(connection, reunions)).items()}
    return {thing: Attendance(state.capacity, _counts(state)) for thing, state in states.items()}


def _folded(entries: Iterable[ListEntry]) -> WaitingList:
    return seat(WaitingList(), entries, lambda at: at)  # when an offer ends is not shown, and moves nobody by itself


def _counts(state: WaitingList) -> Mapping[SeatStatus, int]:
    counted: Counter[SeatStatus] = Counter()
    for one in state.seats.values():
        counted[one.standing] += max(one.party, 1)
    return counted
