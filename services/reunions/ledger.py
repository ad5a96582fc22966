"""Who has a place, settled under the lock of each reunion's list before its people are planned."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reunions.arriving import Arriving, Open
from services.reunions.meetings import ANSWERS, PLANNER
from services.reunions.over_capacity import crowded, follow
from shared.calendar.sending_window import Window
from shared.clinic.courses import Reunion
from shared.clinic.places import Places, place_key
from shared.planning.planner import Before
from shared.platform.clock import Connection
from shared.rules.plan import Facts
from shared.rules.reply import Reply
from shared.rules.waiting_list import Seat, WaitingList, offer_end, seat
from shared.schedule import waiting_lists
from shared.schedule.waiting_lists import StoredList

KEPT_FOR = timedelta(days=30)
"""So long after its start a reunion's list is still looked at; later it tells nobody anything."""


class Policy(Protocol):
    """What the ledger needs to know of the policy."""

    @property
    def offer_hours(self) -> int:
        """How long an offered place is held."""

    @property
    def zone(self) -> ZoneInfo:
        """Of clinics that are not in the registry and do not say."""

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""


@dataclass(frozen=True, slots=True)
class ReunionBatch:
    """A reunion, with everybody of the batch whom it concerns and what they answered to our messages about it."""

    thing: str
    source: str
    reunion: Reunion
    places: Places
    people: set[UUID] = field(default_factory=set)
    dead: set[UUID] = field(default_factory=set)
    replies: list[tuple[UUID, Reply]] = field(default_factory=list)


def before(policy: Policy) -> Callable[[Connection, Mapping[UUID, Facts], datetime], Awaitable[Before]]:
    """What the engine calls under its patients' locks before it plans them.

    What these patients answered is added to the reunions' lists, and what became of these: offers that ended, another
    capacity, the close. Lists grow under the lock of their own row, taken in one order, and arrival is the number given
    under it: so any number of replicas gives each place once.
    """

    async def settle(connection: Connection, seen: Mapping[UUID, Facts], now: datetime) -> Before:
        gatherings = _gatherings(seen, now)
        seats: dict[UUID, dict[str, Seat]] = {patient: {} for patient in seen}
        others: set[UUID] = set()
        if not gatherings:
            return Before(seats)
        listed = await waiting_lists.lock(connection, gatherings)
        for thing, gathering in gatherings.items():
            was, now_stands = await _settle(connection, gathering, listed[thing], policy, now)
            for patient in gathering.people & now_stands.seats.keys():
                seats[patient][thing] = now_stands.seats[patient]
            others |= moved(was, now_stands)
        return Before(seats, frozenset(others - seen.keys()))

    return settle


async def _settle(
    connection: Connection, gathering: ReunionBatch, listed: StoredList, policy: Policy, now: datetime
) -> tuple[WaitingList, WaitingList]:
    """Where everybody stood when they were last planned, and where they stand now."""
    reunion = gathering.reunion
    hours = policy.window(zone_of(gathering, policy))

    def until(at: datetime) -> datetime:
        return offer_end(at, timedelta(hours=policy.offer_hours), hours, reunion.start)

    was = seat(WaitingList(), (e for e in listed.entries if e.arrival <= listed.planned), until)
    known = seat(was, (e for e in listed.entries if e.arrival > listed.planned), until)
    fresh = [(patient, reply) for patient, reply in gathering.replies if reply.id not in listed.replies]
    arriving = Arriving(known, until, now)
    arriving.take(Open(reunion, frozenset(gathering.people), frozenset(gathering.dead)), fresh)
    stands = arriving.state
    if stands.last > listed.planned:
        await waiting_lists.append(connection, gathering.thing, arriving.entries)
        await waiting_lists.note_planned(connection, gathering.thing, stands.last)
    if stands.last > listed.planned or reunion.status != "planned":
        task = crowded(gathering.thing, reunion, stands, hours, now)
        await follow(connection, gathering.thing, task, now)
    return was, stands


def moved(was: WaitingList, stands: WaitingList) -> set[UUID]:
    """Everybody who stands elsewhere than before; not whoever turned out to be another, who has their place now."""
    return {patient for patient, seat in stands.seats.items() if was.seats.get(patient) != seat}


def zone_of(gathering: ReunionBatch, policy: Policy) -> ZoneInfo:
    """The zone of the clocks where it takes place."""
    zone = gathering.reunion.zone
    return zone or gathering.places.zone(place_key(gathering.source, gathering.reunion.clinic), policy.zone)


def _gatherings(seen: Mapping[UUID, Facts], now: datetime) -> dict[str, ReunionBatch]:
    gatherings: dict[str, ReunionBatch] = {}
    for patient, facts in seen.items():
        for fact, reunion in facts.held(Reunion):
            if now < reunion.start + KEPT_FOR:
                gathering = gatherings.setdefault(
                    fact.thing, ReunionBatch(fact.thing, fact.source, reunion, facts.places)
                )
                gathering.people.add(patient)
                if facts.has_died:
                    gathering.dead.add(patient)
        for reply in filter(_is_answer, facts.replies):
            about = gatherings.get(reply.things[0])
            if about is not None and patient in about.people:
                about.replies.append((patient, reply))
    return dict(sorted(gatherings.items()))


def _is_answer(reply: Reply) -> bool:
    """Whether it answers a message of ours about one reunion."""
    return reply.planner == PLANNER and reply.token in ANSWERS and len(reply.things) == 1
