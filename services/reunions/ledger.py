"""Settles the waiting list of each reunion, under the list's lock, before its patients are planned."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reunions.arriving import Arriving, ReunionState
from services.reunions.meetings import ANSWERS, PLANNER
from services.reunions.over_capacity import over_capacity_task, update_tasks
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
"""The time after its start in which a reunion's list is still settled; later it causes no messages."""


class Policy(Protocol):
    """The numbers of the policy that the ledger uses."""

    @property
    def offer_hours(self) -> int:
        """Hours for which an offered place is reserved."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of clinics that neither the event nor the registry gives one."""

    def window(self, zone: ZoneInfo) -> Window:
        """The usual sending window in this time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReunionBatch:
    """A reunion, with the patients of the batch whom it concerns, and their replies to messages about it."""

    thing: str
    source: str
    reunion: Reunion
    places: Places
    people: set[UUID] = field(default_factory=set)
    dead: set[UUID] = field(default_factory=set)
    replies: list[tuple[UUID, Reply]] = field(default_factory=list)


def before(policy: Policy) -> Callable[[Connection, Mapping[UUID, Facts], datetime], Awaitable[Before]]:
    """The function that the engine calls under its patients' locks before it plans them.

    It adds these patients' answers to the reunions' lists, and changes of the lists: ended offers, a new capacity, the
    closing. Lists grow under the lock of their own row, taken in one order, and arrivals are numbered under it: so any
    number of replicas gives each place once.
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
    """The list when its patients were last planned, and the list now."""
    reunion = gathering.reunion
    hours = policy.window(zone_of(gathering, policy))

    def until(at: datetime) -> datetime:
        return offer_end(at, timedelta(hours=policy.offer_hours), hours, reunion.start)

    was = seat(WaitingList(), (e for e in listed.entries if e.arrival <= listed.planned), until)
    known = seat(was, (e for e in listed.entries if e.arrival > listed.planned), until)
    fresh = [(patient, reply) for patient, reply in gathering.replies if reply.id not in listed.replies]
    arriving = Arriving(known, until, now)
    arriving.take(ReunionState(reunion, frozenset(gathering.people), frozenset(gathering.dead)), fresh)
    stands = arriving.state
    if stands.last > listed.planned:
        await waiting_lists.append(connection, gathering.thing, arriving.entries)
        await waiting_lists.note_planned(connection, gathering.thing, stands.last)
    if stands.last > listed.planned or reunion.status != "planned":
        task = over_capacity_task(gathering.thing, reunion, stands, hours, now)
        await update_tasks(connection, gathering.thing, task, now)
    return was, stands


def moved(was: WaitingList, stands: WaitingList) -> set[UUID]:
    """The patients whose seat has changed; without a patient who was merged into another, who has the seat now."""
    return {patient for patient, seat in stands.seats.items() if was.seats.get(patient) != seat}


def zone_of(gathering: ReunionBatch, policy: Policy) -> ZoneInfo:
    """The time zone of a reunion's venue."""
    zone = gathering.reunion.zone
    return zone or gathering.places.zone(place_key(gathering.source, gathering.reunion.clinic), policy.zone)


def _gatherings(seen: Mapping[UUID, Facts], now: datetime) -> dict[str, ReunionBatch]:
    gatherings: dict[str, ReunionBatch] = {}
    for patient, facts in seen.items():
        for fact, reunion in facts.held(Reunion):
            if now < reunion.start + KEPT_FOR:
                gathering = gatherings.setdefault(
                    fact.thing, ReunionBatch(thing=fact.thing, source=fact.source, reunion=reunion, places=facts.places)
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
