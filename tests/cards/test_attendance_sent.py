"""An organiser's list on its way: from the reunion and its answers to a mailbox, through real delivery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cards.app import planner
from services.cards.policy import Policy
from services.delivery.providers.message import OutboundMessage
from services.reunions.app import planner as reunions
from services.reunions.policy import Policy as ReunionsPolicy
from shared.clinic.courses import COURSES
from tests.harness import MONDAY, SOURCE, Harness, patient

ORGANISER = "s.stone@nhs.example.org"
THING = f"{SOURCE}/reunion/autumn"
START = datetime(2026, 12, 15, 14, tzinfo=UTC)  # a Tuesday
INVITED = MONDAY + timedelta(days=1, hours=8)
EVE = START - timedelta(days=1) + timedelta(hours=2)  # 16:00 on the Monday before
NAMES = ("Ada", "Bo", "Carys")


def event(kind: str, name: str, at: datetime, **data: Any) -> dict[str, Any]:
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


def reunion(at: datetime = MONDAY, **data: Any) -> dict[str, Any]:
    """A reunion with two places."""
    usual = {"start": START.isoformat(), "rsvp_by": (START - timedelta(hours=1)).isoformat(), "courses": ["smp"]}
    more = {"clinic": "MSK", "capacity": 3, "most_in_party": 2, "organiser_email": ORGANISER}
    return event("reunion", "autumn", at, **{**usual, **more, **data})


def graduate(number: int) -> dict[str, Any]:
    """One who came to six of seven sessions."""
    contacts = [{"channel": "sms", "value": phone(number)}]
    who = {"id": f"p{number}", "first_name": NAMES[number], "contacts": contacts}
    return event("enrolment", f"E{number}", MONDAY, course="smp", attended=[1, 2, 3, 4, 5, 6], patient=who)


def phone(number: int) -> str:
    """Everybody has one."""
    return f"+4477009000{number:02d}"


class Site:
    """A reunion to which three are invited, and what its organiser gets."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness

    async def open(self, **data: Any) -> "Site":
        """Everything is published, and the invitations go out."""
        await self.harness.join(reunions(ReunionsPolicy()))
        await self.harness.join(planner(Policy(domains=("nhs.example.org",))))
        self.harness.writer = replace(self.harness.writer, can_answer=True)
        sessions = [{"number": n, "start": (MONDAY - timedelta(weeks=20 - n)).isoformat()} for n in range(1, 8)]
        course = event("course", "smp", MONDAY, sessions=sessions, clinic="MSK")
        await self.says(course, *map(graduate, range(len(NAMES))), reunion(**data))
        invited = await self.harness.deliver_at(INVITED)
        assert len(invited) == len(NAMES)
        return self

    async def says(self, *events: dict[str, Any]) -> None:
        """Every planner reads it, no earlier than it is published."""
        await self.harness.turn(max(await self.harness.now(), *(datetime.fromisoformat(one["time"]) for one in events)))
        assert await self.harness.planners_hear(COURSES, *events) == []

    async def answers(self, *bodies: str) -> None:
        """The first, the second and the third of them text, one after the other."""
        for number, body in enumerate(bodies):
            at = INVITED + timedelta(minutes=number + 1)
            await self.harness.turn(at)
            await self.harness.phone_says(body, phone=phone(number), at=at)
            assert await self.harness.deliver_at(at)

    async def lists(self, at: datetime = EVE) -> list[OutboundMessage]:
        """What went to mailboxes of staff by then."""
        return [one for one in await self.harness.deliver_at(at) if one.address.endswith("nhs.example.org")]


@pytest.fixture
async def site(harness: Harness) -> Site:
    return Site(harness)


async def test_an_organiser_gets_the_list_the_day_before(site: Site) -> None:
    """Once, with first names and parties, and how many wait; nobody's phone, and no course's name."""
    await site.open()
    await site.answers("IN", "In 2", "IN")
    (letter,) = await site.lists()
    assert (letter.channel, letter.address) == ("email", ORGANISER)
    assert letter.subject == "For Tuesday 15 December: 3 coming, 1 waiting"
    assert letter.text == (
        "Hello,\n\n"
        "The course group meets on Tuesday 15 December at 2pm, Riverside Health Centre, 1 River Street, Riverside.\n\n"
        "3 coming, 1 waiting.\n\n- Ada\n- Bo, 2 in all\n\n"
        "This is how it stands now. People may still change their minds.\n"
        "Is this list wrong, or not yours? Please tell 020 7946 0101.\n"
        "It holds names: please do not pass it on, and delete it afterwards.\n\n"
        "Riverside Hospital"
    )
    assert ".cards" in letter.unsubscribe
    assert not [word for word in ("07700", "+447", "smp", "Carys") if word in letter.text + letter.html]
    assert await site.lists(EVE + timedelta(minutes=30)) == []


async def test_what_was_answered_last_counts(site: Site) -> None:
    """An answer of a minute before is on the list: it is read when it is claimed."""
    await site.open()
    await site.answers("IN", "OUT", "LATER")
    await site.harness.turn(EVE - timedelta(minutes=1))
    await site.harness.phone_says("OUT", phone=phone(0), at=EVE - timedelta(minutes=1))
    (letter,) = await site.lists()
    assert letter.subject == "For Tuesday 15 December: nobody has said that they come"
    assert "Nobody has said that they come.\n\nThis is how" in letter.text


async def test_who_has_died_is_not_on_it(site: Site) -> None:
    """They are neither named nor counted."""
    await site.open()
    await site.answers("IN", "IN", "IN")
    died = patient("p1", INVITED + timedelta(minutes=5), deceased=True, first_name="Bo")
    assert await site.harness.registry_says(died) == []
    (letter,) = await site.lists()
    assert "2 coming, 0 waiting.\n\n- Ada\n- Carys\n" in letter.text


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "cancelled"}, id="cancelled"),
        pytest.param({"organiser_email": None}, id="no organiser"),
        pytest.param({"organiser_email": "s.stone@example.org"}, id="a mailbox elsewhere"),
        pytest.param({"start": (START + timedelta(days=7)).isoformat()}, id="another day"),
    ],
)
async def test_a_list_follows_its_reunion(site: Site, change: dict[str, Any]) -> None:
    """Until it is claimed: what does not take place then, or has no organiser that may know, has no list."""
    await site.open()
    await site.says(reunion(MONDAY + timedelta(days=2), **change))
    assert await site.lists() == []


async def test_a_moved_reunion_has_its_list_the_day_before(site: Site) -> None:
    """On another day it has a list of that day, even where the first one has been sent."""
    await site.open()
    assert len(await site.lists()) == 1
    week = timedelta(days=7)
    await site.says(reunion(EVE + timedelta(hours=1), start=(START + week).isoformat()))
    (letter,) = await site.lists(EVE + week)
    assert "Tuesday 22 December" in letter.subject


async def test_another_organiser_takes_it_over(site: Site) -> None:
    """The one before gets nothing."""
    await site.open()
    await site.says(reunion(MONDAY + timedelta(days=2), organiser_email="t.reed@nhs.example.org"))
    (letter,) = await site.lists()
    assert letter.address == "t.reed@nhs.example.org"


async def test_a_list_shows_no_names_while_its_event_cannot_be_read(site: Site) -> None:
    """It may be another's by now: the organiser hears that it could not be looked up, and whom to ask."""
    await site.open()
    await site.answers("IN", "IN", "IN")
    await site.harness.turn(MONDAY + timedelta(days=2))
    broken = reunion(MONDAY + timedelta(days=2), capacity=0)
    assert len(await site.harness.planners_hear(COURSES, broken)) == 1
    (letter,) = await site.lists()
    assert letter.subject == "For Tuesday 15 December: who is coming could not be looked up"
    assert "Ada" not in letter.text


async def test_no_plan_holds_a_name(site: Site) -> None:
    """What is kept for the organiser names the reunion alone."""
    await site.open()
    await site.answers("IN", "IN", "IN")
    (row,) = await site.harness.messages(planner="cards")
    assert "Ada" not in row["data"]
    kept = await site.harness.pool.fetch("SELECT data::text FROM cards.facts WHERE data IS NOT NULL")
    assert [row["data"] for row in kept if "stone" in row["data"] or "Ada" in row["data"]] == []
    assert len(kept) == 1
