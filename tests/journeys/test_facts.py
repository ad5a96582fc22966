"""What clinics really send: twice, out of order, late, without a number, unreadable. Each phone gets what is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clinic.patient import PATIENTS
from tests.harness import MONDAY, OTHER_SOURCE, appointment, patient
from tests.journeys.stack_harness import Patient, StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)  # a Monday: asked on 30 November, reminded on Thursday 3 December
OTHER = datetime(2026, 12, 8, 14, tzinfo=UTC)  # asked on 1 December, reminded on Friday 4 December

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Events of one patient, published together in this order, and what the phone shows in the end.

    `at` of an event is in seconds; `patients` are events on `clinic.patients`, published before.
    """

    label: str
    events: Sequence[Change]
    texts: Sequence[str]
    patients: Sequence[Change] = ()
    mails: Sequence[str] = ()
    standing: Sequence[tuple[str, str, str]] = ()


def waited_for(why: str) -> Sequence[tuple[str, str, str]]:
    """The prompt waited for this until the reminder took over, which still waits."""
    return [("agenda", "withheld", why), ("reminder", "scheduled", why)]


@dataclass(frozen=True)
class Night:
    """A booking in a night when the clocks change, and when its texts leave."""

    label: str
    booked_at: datetime
    start: datetime
    silent_until: datetime
    asked_at: datetime
    reminded_at: datetime
    shown: str


ASK, REMIND = "ask 7 December 9am", "remind 7 December 9am"
BOTH = (ASK, REMIND)
MAILS = ("Your appointment on Monday 7 December", "Reminder: your appointment on Monday 7 December")
STOPPED, NO_MOBILE, OLD = "+447700900997", "+447700900996", "+447700900998"
MOVED = ("ask 8 December 2pm", "remind 8 December 2pm")

CASES = [
    Case("the same event three times", [{}, {}, {}], BOTH),
    Case("a cancellation, then the older booking", [{"status": "cancelled", "at": 9}, {"at": 1}], ()),
    Case("a move, then the older booking", [{"start": OTHER, "at": 9}, {"at": 1}], MOVED),
    Case("equal times: the later in the topic counts", [{"at": 5}, {"at": 5, "status": "cancelled"}], ()),
    Case("equal times, the other way round", [{"at": 5, "status": "cancelled"}, {"at": 5}], BOTH),
    Case(
        "equal times: a sequence counts before the place in the topic",
        [{"at": 5, "sequence": "10", "status": "cancelled"}, {"at": 5, "sequence": "9"}],
        (),
    ),
    Case(
        "two on one day make one message",
        [{}, {"id": "b", "start": START + timedelta(hours=5)}],
        (
            "ask 7 December 9am, at Riverside Health Centre; 2pm, at Riverside Health Centre",
            "remind 7 December 9am, at Riverside Health Centre; 2pm, at Riverside Health Centre",
        ),
    ),
    Case("attended elsewhere for information only", [{"attends": False}], ()),
    Case("no phone, no e-mail", [{"contacts": ()}], (), standing=waited_for("no_contact")),
    Case("a landline alone", [{"contacts": ("sms 020 7946 0999",)}], (), standing=waited_for("no_contact")),
    Case("a landline, and an e-mail address", [{"contacts": ("sms 020 7946 0999", "email {}")}], (), mails=MAILS),
    Case("a number that the provider refuses", [{"contacts": (f"sms {NO_MOBILE}", "email {}")}], (), mails=MAILS),
    Case(
        "a number that has stopped us at the carrier",
        [{"contacts": (f"sms {STOPPED}", "email {}")}],
        (),
        standing=[("agenda", "withheld", "opted_out"), ("reminder", "withheld", "opted_out")],
    ),
    Case("an unmapped clinic", [{"clinic": "NEPHROLOGY-HD"}], (), standing=waited_for("place_unmapped")),
    Case(
        "an old number in an appointment's update",
        [{"contacts": (f"sms {OLD}",)}],
        BOTH,
        patients=[{"contacts": ("sms {}",)}],
    ),
]


class Register:
    """Turns cases into events of patients with phones of their own."""

    def __init__(self, town: StackHarness) -> None:
        self.town = town
        self.patients: dict[str, Patient] = {case.label: town.patient() for case in CASES}

    def event(self, case: Case, change: Change) -> dict[str, Any]:
        """An appointment event."""
        who = self.patients[case.label]
        given = dict(change)
        contacts = self._contacts(who, given.pop("contacts", ("sms {}",)))
        at = MONDAY - timedelta(minutes=1) + timedelta(seconds=given.pop("at", 0))
        name = f"{who.id}.{given.pop('id', 'a')}"
        event = appointment(name, given.pop("start", START), patient=who.id, at=at, phone=None, **given)
        event["data"]["patient"] |= {"contacts": contacts, "first_name": who.first_name}
        return event

    def patient(self, case: Case, change: Change) -> dict[str, Any]:
        """A patient event."""
        who = self.patients[case.label]
        contacts = self._contacts(who, change["contacts"])
        return patient(who.id, MONDAY - timedelta(minutes=2), contacts=contacts, first_name=who.first_name)

    @staticmethod
    def _contacts(who: Patient, listed: Sequence[str]) -> list[dict[str, str]]:
        own = {"sms": who.phone, "email": f"{who.id}@post.example"}
        pairs = [contact.split(" ", 1) for contact in listed]
        return [{"channel": channel, "value": value.format(own[channel])} for channel, value in pairs]


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Numbers that Twilio would refuse."""
    return {"blocked": {STOPPED}, "landline": {NO_MOBILE}}


@pytest.fixture(scope="module")
async def register(running_town: StackHarness) -> Register:
    """Every case played to its end, all in one batch."""
    town, register = running_town, Register(running_town)
    await town.publish(*(register.patient(c, p) for c in CASES for p in c.patients), topic=PATIENTS)
    await town.publish(*(register.event(case, event) for case in CASES for event in case.events))
    await town.taken_in()
    for day in (datetime(2026, 11, 30), datetime(2026, 12, 1), datetime(2026, 12, 3), datetime(2026, 12, 4)):  # noqa: DTZ001
        await town.at(day.replace(hour=10, minute=2, tzinfo=UTC))
    return register


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
async def test_a_phone_gets_what_the_facts_want(register: Register, case: Case) -> None:
    """What a clinic sends, in whatever shape and order, comes to the texts that the newest facts want."""
    town, who = register.town, register.patients[case.label]
    assert town.texts(who.phone) == list(case.texts)
    assert [mail.subject for mail in town.mails(f"{who.id}@post.example")] == list(case.mails)
    assert not case.standing or await town.standing(who) == list(case.standing)


async def test_a_number_that_was_corrected_stays_corrected(register: Register) -> None:
    """Not one text ever went to the old number that an appointment's update still carried."""
    assert register.town.texts(OLD) == []


async def test_one_id_of_two_sources_is_two_appointments(running_town: StackHarness, register: Register) -> None:
    """Two hospitals that both have an appointment 1001, for two people, never mean each other's."""
    town, here, there = running_town, running_town.patient(), running_town.patient()
    now = town.hands.now()
    start = datetime(2026, 12, 21, 9, tzinfo=UTC)
    await town.told(
        appointment("same", start, patient="same", at=now, phone=here.phone, first_name=here.first_name),
        appointment(
            "same", start, patient="same", at=now, phone=there.phone, source=OTHER_SOURCE, first_name=there.first_name
        ),
    )
    await town.told(
        appointment("same", start, "cancelled", patient="same", at=now + timedelta(seconds=1), phone=here.phone)
    )
    await town.at(datetime(2026, 12, 14, 10, 2, tzinfo=UTC))
    assert (town.texts(here.phone), town.texts(there.phone)) == ([], ["ask 21 December 9am"])


async def test_a_late_booking_gets_one_short_notice(running_town: StackHarness, register: Register) -> None:
    """Booked the day before: one short notice, at once, in place of the prompt and the reminder."""
    town, who = running_town, running_town.patient()
    await town.at(datetime(2027, 1, 12, 9, tzinfo=UTC))
    now = town.hands.now()
    start = datetime(2027, 1, 13, 14, tzinfo=UTC)
    await town.told(appointment(who.id, start, patient=who.id, at=now, phone=who.phone, first_name=who.first_name))
    await town.settle()
    assert town.texts(who.phone) == ["ask 13 January 2pm"]
    await town.at(datetime(2027, 1, 13, 13, 59, tzinfo=UTC))
    assert town.texts(who.phone) == ["ask 13 January 2pm"]


NIGHTS = [
    # Easter Monday lies on the day of the prompt, which a booking that late moves to the next opening: Tuesday at 8.
    Night(
        "the clocks go forward",
        booked_at=datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
        start=datetime(2027, 4, 5, 9, tzinfo=UTC),
        silent_until=datetime(2027, 3, 30, 6, 58, tzinfo=UTC),
        asked_at=datetime(2027, 3, 30, 7, 1, tzinfo=UTC),
        reminded_at=datetime(2027, 4, 1, 9, 2, tzinfo=UTC),
        shown="5 April 10am",
    ),
    Night(
        "the clocks go back",
        booked_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # 01:30, for the first time
        start=datetime(2027, 11, 8, 9, tzinfo=UTC),
        silent_until=datetime(2027, 11, 1, 9, 58, tzinfo=UTC),
        asked_at=datetime(2027, 11, 1, 10, 2, tzinfo=UTC),
        reminded_at=datetime(2027, 11, 4, 10, 2, tzinfo=UTC),
        shown="8 November 9am",
    ),
]


@pytest.mark.parametrize("night", NIGHTS, ids=lambda night: night.label)
async def test_booked_in_a_night_of_changing_clocks(
    running_town: StackHarness, register: Register, night: Night
) -> None:
    """Booked on the night when the clocks change: texts leave at their hour by the clock on the wall, and name it."""
    town, who = running_town, running_town.patient()
    await town.at(night.booked_at)
    await town.told(
        appointment(
            who.id, night.start, patient=who.id, at=town.hands.now(), phone=who.phone, first_name=who.first_name
        )
    )
    await town.at(night.silent_until)
    assert town.texts(who.phone) == []
    await town.at(night.asked_at)
    assert town.texts(who.phone) == [f"ask {night.shown}"]
    await town.at(night.reminded_at)
    assert town.texts(who.phone) == [f"ask {night.shown}", f"remind {night.shown}"]
