"""Cancelled, moved and back again, at every moment of a message's life: the phone ends with exactly the right texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.harness import MONDAY, appointment
from tests.journeys.stack_harness import StackHarness

A = datetime(2026, 12, 7, 9, tzinfo=UTC)  # a Monday: asked on 30 November, reminded on Thursday 3 December
SOONER = datetime(2026, 12, 3, 9, tzinfo=UTC)  # asked on 26 November, reminded on 1 December
LATER = datetime(2026, 12, 9, 14, tzinfo=UTC)  # asked on 2 December, reminded on 7 December
SAME_DAY = datetime(2026, 12, 7, 15, tzinfo=UTC)
TUESDAY = datetime(2026, 12, 8, 9, tzinfo=UTC)  # asked on 1 December, reminded on Friday 4 December

BEFORE, WAITING, CLAIMED, UNKNOWN, SENT, REMINDED = "before", "waiting", "claimed", "unknown", "sent", "reminded"

BOOK = {"status": "booked"}
CANCEL = {"status": "cancelled"}


def to(start: datetime) -> dict[str, Any]:
    """Move it there."""
    return {"start": start}


@dataclass(frozen=True)
class Story:
    """What a clinic does with an appointment at 9am on 7 December, and what the patient's phone shows in the end.

    `told` is whether the patient hears of each change before the next.
    """

    label: str
    moment: str
    changes: tuple[Mapping[str, Any], ...]
    texts: tuple[str, ...]
    told: bool = False
    start: datetime = A

    @property
    def name(self) -> str:
        """What the test is called."""
        return f"{self.moment}: {self.label}"


ASK, REMIND = "ask 7 December 9am", "remind 7 December 9am"
STORIES = [
    Story("nothing changes", BEFORE, (), (ASK, REMIND)),
    *(
        story
        for moment in (BEFORE, WAITING)
        for story in (
            Story("cancelled", moment, (CANCEL,), ()),
            Story("moved sooner", moment, (to(SOONER),), ("ask 3 December 9am", "remind 3 December 9am")),
            Story("moved later", moment, (to(LATER),), ("ask 9 December 2pm", "remind 9 December 2pm")),
            Story("moved on its day", moment, (to(SAME_DAY),), ("ask 7 December 3pm", "remind 7 December 3pm")),
            Story("moved and back", moment, (to(LATER), to(A)), (ASK, REMIND)),
            Story("cancelled and back", moment, (CANCEL, BOOK), (ASK, REMIND)),
        )
    ),
    Story("cancelled", CLAIMED, (CANCEL,), (ASK, "cancelled 7 December 9am")),
    Story("moved sooner", CLAIMED, (to(SOONER),), (ASK, "moved to 3 December 9am")),
    Story(
        "moved later",
        CLAIMED,
        (to(LATER),),
        (ASK, "moved to 9 December 2pm", "ask 9 December 2pm", "remind 9 December 2pm"),
    ),
    Story("moved on its day", CLAIMED, (to(SAME_DAY),), (ASK, "moved to 7 December 3pm", "remind 7 December 3pm")),
    Story("moved and back", CLAIMED, (to(LATER), to(A)), (ASK, REMIND)),
    Story("cancelled and back", CLAIMED, (CANCEL, BOOK), (ASK, REMIND)),
    Story("cancelled", UNKNOWN, (CANCEL,), ("ask 8 December 9am", "cancelled 8 December 9am"), start=TUESDAY),
    Story(
        "moved and back",
        UNKNOWN,
        (to(LATER), to(TUESDAY)),
        ("ask 8 December 9am", "remind 8 December 9am"),
        start=TUESDAY,
    ),
    Story("cancelled", SENT, (CANCEL,), (ASK, "cancelled 7 December 9am")),
    Story("moved sooner", SENT, (to(SOONER),), (ASK, "moved to 3 December 9am")),
    Story(
        "moved later",
        SENT,
        (to(LATER),),
        (ASK, "moved to 9 December 2pm", "ask 9 December 2pm", "remind 9 December 2pm"),
    ),
    Story("moved on its day", SENT, (to(SAME_DAY),), (ASK, "moved to 7 December 3pm")),
    Story("moved and back, unheard", SENT, (to(LATER), to(A)), (ASK, REMIND)),
    Story(
        "moved and back, heard",
        SENT,
        (to(LATER), to(A)),
        (ASK, "moved to 9 December 2pm", "moved to 7 December 9am", REMIND),
        told=True,
    ),
    Story("cancelled and back, unheard", SENT, (CANCEL, BOOK), (ASK, REMIND)),
    Story(
        "cancelled and back, heard",
        SENT,
        (CANCEL, BOOK),
        (ASK, "cancelled 7 December 9am", "on again 7 December 9am", REMIND),
        told=True,
    ),
    Story("cancelled", REMINDED, (CANCEL,), (ASK, REMIND, "cancelled 7 December 9am")),
    Story("moved later", REMINDED, (to(LATER),), (ASK, REMIND, "moved to 9 December 2pm", "remind 9 December 2pm")),
]


class Clinic:
    """Publishes the stories' events, each a second after the one before."""

    def __init__(self, town: StackHarness) -> None:
        self.town = town
        self.patients = {story.name: town.patient() for story in STORIES}
        self._state: dict[str, dict[str, Any]] = {}

    def event(self, story: Story, **change: Any) -> dict[str, Any]:
        """The appointment as it is after this change."""
        patient = self.patients[story.name]
        state = self._state.setdefault(patient.id, {"status": "booked", "start": story.start, "number": 0})
        state |= change
        state["number"] += 1
        at = self.town.hands.now() - timedelta(minutes=1) + timedelta(seconds=state["number"])
        return appointment(
            patient.id,
            state["start"],
            state["status"],
            patient.id,
            at,
            phone=patient.phone,
            first_name=patient.first_name,
        )

    async def change(self, moment: str) -> None:
        """All that happens at this moment; those who are to hear of each change hear of it before the next."""
        those = [story for story in STORIES if story.moment == moment]
        await self.town.told(*(self.event(s, **change) for s in those if not s.told for change in s.changes))
        for number in range(2):
            heard = [s for s in those if s.told]
            if heard:
                await self.town.told(*(self.event(s, **s.changes[number]) for s in heard))
                await self.town.settle()


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Patience with a provider that takes 2 s for an answer."""
    return {"twilio_timeout": "4", "lease_seconds": "6", "grace_seconds": "8"}


@pytest.fixture(scope="module")
async def phones(bare_town: StackHarness) -> Mapping[str, list[str]]:
    """What every story's phone shows once all of them are over: they are played together."""
    town = bare_town
    await town.start("people", "delivery", "gateway")
    clinic = Clinic(town)
    # Before planning: the booking and what becomes of it lie in the topic when prompts starts.
    for story in STORIES:
        changes = story.changes if story.moment == BEFORE else ()
        await town.publish(clinic.event(story), *(clinic.event(story, **change) for change in changes))
    await town.start("prompts")
    await town.taken_in()

    await town.at(MONDAY + timedelta(days=1))
    await clinic.change(WAITING)
    await town.at(datetime(2026, 11, 26, 10, 2, tzinfo=UTC))

    town.faults(latency=2.0)
    await town.turn(datetime(2026, 11, 30, 10, 1, tzinfo=UTC))
    await town.until("agenda prompts are on their way", lambda: _all(town, clinic, CLAIMED, "sending"))
    await clinic.change(CLAIMED)
    assert await _all(town, clinic, CLAIMED, "sending"), "the changes came too late to meet a send under way"
    town.faults()
    await town.settle()

    await town.kill("gateway")  # or a receipt would end the doubt at once
    town.faults(hang_after=1.0)
    await town.turn(datetime(2026, 12, 1, 10, 1, tzinfo=UTC))
    await town.until("nobody knows", lambda: _all(town, clinic, UNKNOWN, "unknown"))
    town.faults()
    await clinic.change(UNKNOWN)
    await town.settle()
    await town.start("gateway")

    await town.turn(datetime(2026, 12, 1, 15, tzinfo=UTC))
    await clinic.change(SENT)
    await town.settle()
    for day, hour in ((2, 10), (3, 10), (3, 15)):
        await town.at(datetime(2026, 12, day, hour, 10, tzinfo=UTC))
    await clinic.change(REMINDED)
    await town.settle()
    for day in (4, 7):
        await town.at(datetime(2026, 12, day, 10, 10, tzinfo=UTC))
    return {name: town.texts(patient.phone) for name, patient in clinic.patients.items()}


async def _all(town: StackHarness, clinic: Clinic, moment: str, state: str) -> bool:
    """Whether the first message of every story of this moment is in this state."""
    for story in STORIES:
        if story.moment == moment:
            rows = await town.messages(clinic.patients[story.name], kind="agenda")
            if state not in {row["state"] for row in rows}:
                return False
    return True


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_phone_ends_with_exactly_the_right_texts(phones: Mapping[str, list[str]], story: Story) -> None:
    """Whenever an appointment changes, its patient gets the texts that the change calls for, and no others."""
    assert phones[story.name] == list(story.texts)


def test_nothing_was_sent_twice(phones: Mapping[str, list[str]], bare_town: StackHarness) -> None:
    """Changes never make a message go out twice, in flight, unknown or sent."""
    assert phones
    assert bare_town.sandbox.ledger.doubles() == []


async def test_status_tells_every_message_to_its_end(phones: Mapping[str, list[str]], bare_town: StackHarness) -> None:
    """`messaging.status` has every message's states, whole and of rising version, up to the one in the schedule."""
    assert phones
    told = await bare_town.statuses()
    rows = {str(row["id"]): row for row in await bare_town.messages()}
    assert told.keys() == rows.keys()
    for message, states in told.items():
        versions = [state["version"] for state in states]
        assert versions == list(range(1, len(versions) + 1))
        assert (states[-1]["state"], states[-1]["why"]) == (rows[message]["state"], rows[message]["why"])
