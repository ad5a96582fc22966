"""Whatever clinics publish and whenever delivery comes round, some things hold of every plan."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.prompts.messages import PromptKind
from services.prompts.rules import plan
from services.prompts.visits import BOOKED
from shared.clinic.appointment import Appointment, AppointmentStatus, Mode
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Message
from tests.prompts.fixtures import LONDON, PLACES, POLICY, Ward, patient_id

OFF = {PromptKind.CANCELLED, PromptKind.NOT_FOR_NOW}
NOTICES = {PromptKind.MOVED, PromptKind.REINSTATED, *OFF}
BEGINS = datetime(2026, 12, 10, 8, tzinfo=LONDON)  # so that Christmas lies within
STARTS = [BEGINS + timedelta(days=day, hours=hour) for day in (3, 5, 6, 10, 16, 20) for hour in (1, 6)]


@dataclass(frozen=True)
class Published:
    """An appointment event."""

    id: str
    patient: str
    status: AppointmentStatus | None
    start: datetime
    mode: Mode
    clinic: str


@dataclass(frozen=True)
class Delivered:
    """A round of delivery, in which each due message is claimed or, the provider being slow, is not."""

    claims: tuple[bool, ...]


History = list[tuple[timedelta, Published | Delivered]]
"""What happens, and how long after what happened before."""

published = st.builds(
    Published,
    id=st.sampled_from("AABC"),
    patient=st.sampled_from(["p1"] * 9 + ["p2"]),
    status=st.sampled_from(
        [AppointmentStatus.BOOKED] * 12 + [AppointmentStatus.CANCELLED] * 3 + [*AppointmentStatus, None]
    ),
    start=st.sampled_from(STARTS),
    mode=st.sampled_from([Mode.IN_PERSON] * 4 + [*Mode]),
    clinic=st.sampled_from(["MSK", "MSK", "MSK", "MSK-2", "HILL", "AZORES"]),
)
delivered = st.builds(
    Delivered, st.lists(st.sampled_from([True, True, True, False]), min_size=6, max_size=6).map(tuple)
)
gaps = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 5 * 24).map(lambda hours: timedelta(hours=hours)),
)
histories = st.lists(st.tuples(gaps, st.one_of(published, delivered)), min_size=2, max_size=24)


class Story(Ward):
    """A ward to which a history happens. As in life, a claim doesn't plan the patient again; an event does."""

    def __init__(self, history: Iterable[tuple[timedelta, Any]]) -> None:
        super().__init__()
        self.now = BEGINS
        self.claimed: list[tuple[datetime, Message]] = []
        self._schedule: dict[str, Message] = {}
        for gap, step in history:
            self.now += gap
            self.happens(step)

    def happens(self, step: Any) -> None:
        """One thing after another."""
        if isinstance(step, Published):
            self.publish(step)
        else:
            self.deliver(step.claims)

    def publish(self, event: Published) -> None:
        """An event comes, and p1 is planned again."""
        at = f"{self.now.astimezone(LONDON):%Y-%m-%d %H:%M}"
        if event.status is None:
            self.deletes(at, event.id)
        else:
            start = f"{event.start:%Y-%m-%d %H:%M}"
            self.says(at, start, event.id, event.patient, event.status, mode=event.mode, clinic=event.clinic)
        self.replan()

    def replan(self) -> None:
        """p1 is planned again."""
        done = {message.key for _, message in self.claimed}
        self._schedule = {message.key: message for message in self.plan().messages if message.key not in done}

    def deliver(self, claims: Iterable[bool]) -> None:
        """What is due by now is claimed, the oldest first."""
        due = [message for message in self._schedule.values() if message.send_at <= self.now < message.expires_at]
        for message, claims_it in zip(sorted(due, key=lambda m: (m.send_at, m.key)), claims, strict=False):
            if claims_it:
                self.claimed.append((self.now, self._schedule.pop(message.key)))
                self.claim(message, self.now)

    @property
    def mine(self) -> dict[str, Fact]:
        """The facts of p1."""
        return {fact.thing: fact for fact in self.facts.values() if fact.patient_id == patient_id("p1")}


@given(histories)
def test_two_messages_about_one_appointment_are_two_days_apart(
    history: History,
) -> None:
    """Unless the patient was told of another time in between: then the later message is news, as a notice would be."""
    story = Story(history)
    for sayings in story.told().sayings.values():
        for earlier, later in pairwise(sayings):
            if earlier.said["start"] == later.said["start"] and not {earlier.kind, later.kind} & NOTICES:
                assert later.told_at - earlier.told_at >= POLICY.apart


@given(histories)
def test_every_plan_is_sound(history: History) -> None:
    """Due in the window or at once, news once it has settled; useless once the appointment begins; with its own key."""
    story = Story(history)
    messages = story.plan().messages
    assert len({message.key for message in messages}) == len(messages)
    for message in messages:
        zone = PLACES.zone(message.places[0], LONDON)
        settled = message.kind in NOTICES and message.send_at <= story.now + POLICY.settles
        assert settled or message.send_at <= story.now or POLICY.window(zone).is_open(message.send_at)
        assert message.send_at < message.expires_at
        assert all(message.expires_at <= datetime.fromisoformat(said["start"]) for said in message.says.values())
        assert set(message.says) <= set(story.mine)


@given(histories)
def test_only_the_expected_are_expected(history: History) -> None:
    """Of what isn't booked nothing is said but that it's off, and only to those who were told that it's on."""
    story = Story(history)
    for message in story.plan().messages:
        for thing in message.says:
            data, last = story.mine[thing].data, story.told().last(thing)
            booked = isinstance(data, Appointment) and data.status in BOOKED
            assert booked or message.kind in OFF or not message.says[thing]["on"]
            assert message.kind not in OFF or last is None or last.said["on"] or last.said["instead_of"]
        assert message.kind not in NOTICES or any(story.told().last(thing) for thing in message.says)


@given(histories, st.randoms())
def test_the_same_facts_are_the_same_plan(history: History, random: Random) -> None:
    """A plan depends on nothing but the facts, and not on the order in which they are given."""
    story = Story(history)
    things = list(story.mine.values())
    random.shuffle(things)
    facts = Facts(patient=str(patient_id("p1")), things=tuple(things), places=PLACES)
    again = plan(facts, story.told(), POLICY)
    assert again == story.plan()
    assert [message.digest() for message in again.messages] == [message.digest() for message in story.plan().messages]


@given(histories)
def test_notices_end(history: History) -> None:
    """Once every notice is told, the patient knows all, and no notice is wanted."""
    story = Story(history)
    for message in story.plan().messages:
        if message.kind in NOTICES:
            story.claim(message, story.now)
    assert not [message for message in story.plan().messages if message.kind in NOTICES]


@given(history=histories, last_minute=st.booleans())
def test_asking_does_not_move_the_reminder(history: History, *, last_minute: bool) -> None:
    """An agenda prompt that is claimed at any time before it expires leaves reminders as they were planned."""
    story = Story(history)
    for message in story.plan().messages:
        at = message.expires_at - timedelta(seconds=1) if last_minute else max(story.now, message.send_at)
        if message.kind == PromptKind.AGENDA and at < message.expires_at:
            before = reminders(story)
            story.claim(message, at)
            assert reminders(story) == before


def reminders(story: Story) -> list[Message]:
    """The reminders that are planned, without their calendar entries: these count what was told."""
    planned = (message for message in story.plan().messages if message.kind == PromptKind.REMINDER)
    return [replace(message, calendar=()) for message in planned]
