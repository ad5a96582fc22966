"""Reunions through the real engine, schedule and delivery: from the invitation to the last word about a place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.reunions.app import planner
from services.reunions.policy import Policy
from shared.clinic.courses import COURSES
from tests.harness import MONDAY, SOURCE, Harness, patient

START = datetime(2026, 12, 15, 14, tzinfo=UTC)  # a Tuesday
RSVP_BY = START - timedelta(days=7)
INVITED = MONDAY + timedelta(days=1, hours=8)  # Tuesday 17:00, once every patient's time has come


def event(kind: str, name: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """An organiser's event."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{name}-{at:%m%dT%H%M%S}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{name}",
        "time": at.isoformat(),
        "data": data,
    }


def course(name: str = "smp-1", at: datetime = MONDAY, **data: Any) -> dict[str, Any]:
    """A course that is over."""
    sessions = [{"number": n, "start": (MONDAY - timedelta(weeks=20 - n)).isoformat()} for n in range(1, 8)]
    return event("course", name, at, {"sessions": sessions, "clinic": "MSK", **data})


def graduate(number: int, at: datetime = MONDAY, nhs: str | None = None, **data: Any) -> dict[str, Any]:
    """One who came to six sessions of it."""
    contacts = [{"channel": "sms", "value": phone(number)}]
    who = {"id": f"p{number}", "first_name": "Ada", "contacts": contacts} | ({"nhs_number": nhs} if nhs else {})
    came = {"course": "smp-1", "status": "completed", "attended": [1, 2, 3, 4, 5, 6], "patient": who}
    return event("enrolment", f"E{number}", at, {**came, **data})


def reunion(at: datetime = MONDAY, **data: Any) -> dict[str, Any]:
    """A reunion of that course's graduates."""
    usual = {"start": START.isoformat(), "rsvp_by": RSVP_BY.isoformat(), "courses": ["smp-1"], "clinic": "MSK"}
    return event("reunion", "autumn", at, {**usual, "capacity": 2, **data})


def phone(number: int) -> str:
    """Everybody has one."""
    return f"+4477009000{number:02d}"


class Site:
    """A reunion, whoever is invited to it, and what each was told, by their numbers."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.at = INVITED

    async def invite(self, people: int, **data: Any) -> "Site":
        """All graduates of the course are invited."""
        self.harness.engines = [await self.harness.join(planner(Policy()))]
        self.harness.writer = replace(self.harness.writer, can_answer=True)
        events = [course(), *(graduate(number) for number in range(1, people + 1)), reunion(**data)]
        assert await self.harness.planners_hear(COURSES, *events) == []
        assert len(await self.harness.deliver_at(INVITED)) == people
        return self

    async def until(self, at: datetime) -> dict[int, list[str]]:
        """What each was told by then."""
        before = len(self.harness.texts.letters)
        self.at = at
        await self.harness.deliver_at(at)
        kinds = {row["id"]: row["kind"] for row in await self.harness.messages()}
        told: dict[int, list[str]] = {}
        for letter in self.harness.texts.letters[before:]:
            told.setdefault(int(letter.address[-2:]), []).append(kinds[letter.message_id])
        return told

    async def later(self, **span: float) -> dict[int, list[str]]:
        """The same, so much later."""
        return await self.until(self.at + timedelta(**span))

    async def says(self, number: int, words: str) -> dict[int, list[str]]:
        """One of them texts; what each was told a minute after."""
        self.at += timedelta(minutes=1)
        await self.harness.turn(self.at)
        await self.harness.phone_says(words, phone=phone(number), at=self.at)
        return await self.later(minutes=1)

    async def hears(self, *changes: Callable[[datetime], dict[str, Any]]) -> dict[int, list[str]]:
        """The organiser publishes; what each was told a minute after."""
        self.at += timedelta(minutes=1)
        await self.harness.turn(self.at)
        assert await self.harness.planners_hear(COURSES, *(change(self.at) for change in changes)) == []
        return await self.later(minutes=1)

    async def has_died(self, number: int) -> dict[int, list[str]]:
        """The NHS says so; what each was told a minute after."""
        self.at += timedelta(minutes=1)
        await self.harness.turn(self.at)
        assert await self.harness.registry_says(patient(f"p{number}", self.at, deceased=True)) == []
        return await self.later(minutes=1)


EVE = START - timedelta(days=1) + timedelta(hours=3)
NEXT_DAY = INVITED + timedelta(days=1, hours=-5)  # Wednesday noon: no conversation is going on


@pytest.fixture
async def site(harness: Harness) -> Site:
    """A reunion with two places, and three who answered IN: the third of them waits."""
    site = await Site(harness).invite(4)
    assert await site.says(1, "IN") == {1: ["seat.in"]}
    assert await site.says(2, "in") == {2: ["seat.in"]}
    assert await site.says(3, "IN") == {3: ["seat.waiting"]}
    assert await site.until(NEXT_DAY) == {}
    return site


async def test_a_place_is_passed_on(site: Site) -> None:
    """Who leaves is thanked, the first who waits is offered the place at once, takes it, and is told so: each once."""
    assert await site.says(1, "OUT") == {1: ["seat.out"], 3: ["place_offered"]}
    assert await site.says(3, "IN") == {3: ["seat.in"]}
    assert await site.says(1, "IN") == {1: ["seat.waiting"]}
    assert await site.later(days=2) == {}
    assert await site.until(INVITED + timedelta(days=15)) == {4: ["invitation.again"]}
    assert await site.until(RSVP_BY + timedelta(hours=3)) == {
        1: ["seat.closed"],
        2: ["reunion.confirm"],
        3: ["reunion.confirm"],
    }
    assert await site.until(EVE) == {2: ["reunion.reminder"], 3: ["reunion.reminder"]}


async def test_an_offer_that_nobody_takes(site: Site) -> None:
    """It ends after 48 hours, whoever had it hears so, and the next who waits is offered the place."""
    assert await site.says(4, "IN") == {4: ["seat.waiting"]}
    assert await site.until(NEXT_DAY + timedelta(hours=1)) == {}
    assert await site.says(2, "OUT") == {2: ["seat.out"], 3: ["place_offered"]}
    assert await site.later(days=1, hours=23) == {}
    assert await site.later(days=3) == {3: ["seat.lapsed"], 4: ["place_offered"]}
    assert await site.says(4, "IN") == {4: ["seat.in"]}


async def test_more_places_and_fewer(site: Site) -> None:
    """More places move the list up; fewer put nobody out, and a person is asked to find room."""
    assert await site.hears(lambda at: reunion(at, capacity=3)) == {3: ["place_offered"]}
    assert await site.says(3, "IN") == {3: ["seat.in"]}
    assert await site.hears(lambda at: reunion(at, capacity=1)) == {}
    assert [task["why"] for task in await site.harness.tasks(state="open")] == ["fewer_places"]
    assert await site.hears(lambda at: reunion(at, capacity=3)) == {}
    assert await site.harness.tasks(state="open") == []


async def test_a_cancellation_reaches_who_is_no_longer_meant(site: Site) -> None:
    """Whoever was told of a reunion that names other courses since keeps their place, and hears what becomes of it."""
    assert await site.hears(lambda at: reunion(at, courses=["smp-2"])) == {}
    assert await site.says(1, "OUT") == {1: ["seat.out"], 3: ["place_offered"]}
    gone = await site.hears(lambda at: reunion(at, courses=["smp-2"], status="cancelled"))
    assert gone == {number: ["reunion.cancelled"] for number in (2, 3, 4)}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([lambda at: graduate(2, at, course="smp-2")], id="enrolled in another course"),
        pytest.param([lambda at: graduate(2, at, status="entered-in-error")], id="never enrolled"),
        pytest.param([lambda at: course(at=at, clinic="HILL")], id="the course was held elsewhere"),
    ],
)
async def test_a_place_outlives_what_it_was_given_for(
    harness: Harness, changes: list[Callable[[datetime], dict[str, Any]]]
) -> None:
    """Whoever was told that they have a place is reminded of it, whatever is corrected about their course."""
    site = await Site(harness).invite(2, courses=[], sites=["MSK"])
    assert await site.says(2, "IN") == {2: ["seat.in"]}
    assert await site.hears(*changes) == {}
    told = await site.until(RSVP_BY + timedelta(hours=3))
    assert told.pop(2) == ["reunion.confirm"]
    assert (await site.until(EVE))[2] == ["reunion.reminder"]


async def test_the_place_of_the_dead(site: Site) -> None:
    """Whoever has died has no place and waits for none: theirs is offered to the next, and nothing is sent to them."""
    assert await site.has_died(1) == {3: ["place_offered"]}
    assert await site.has_died(3) == {}
    assert await site.says(4, "IN") == {4: ["seat.in"]}
    assert await site.hears(lambda at: reunion(at, status="cancelled")) == {
        2: ["reunion.cancelled"],
        4: ["reunion.cancelled"],
    }


async def test_whoever_stopped_is_called_where_they_come(site: Site) -> None:
    """A cancellation becomes a call where somebody has a place and wants no texts, not where they never answered."""
    await site.says(2, "STOP")
    await site.says(4, "9")
    await site.hears(lambda at: reunion(at, status="cancelled"))
    calls = await site.harness.tasks(kind="reach_otherwise", state="open")
    rows = await site.harness.messages(kind="invitation")
    called = {row["id"] for row in rows if row["patient_id"] in {call["patient_id"] for call in calls}}
    assert {int(one.address[-2:]) for one in site.harness.texts.letters if one.message_id in called} == {2}


async def test_one_person_under_two_names(site: Site) -> None:
    """Two of the invited turn out to be one: they have one place, and the other's is offered to who waits."""
    number = "9434765919"
    site.at += timedelta(minutes=1)
    await site.harness.turn(site.at)
    for one in (1, 2):
        assert await site.harness.registry_says(patient(f"p{one}", site.at, nhs_number=number)) == []
    told = await site.later(minutes=1)
    assert told.pop(3) == ["place_offered"]
    assert list(told.values()) in ([], [["seat.in"]])


async def test_a_reunion_that_moves(site: Site) -> None:
    """Whoever has a place or waits hears of the new time, once; the others with whatever comes next."""
    moved = START + timedelta(days=1)
    assert await site.hears(lambda at: reunion(at, start=moved.isoformat())) == {
        number: ["reunion.moved"] for number in (1, 2, 3)
    }
    assert await site.later(days=1) == {}
    assert await site.hears(reunion) == {number: ["reunion.moved"] for number in (1, 2, 3)}
