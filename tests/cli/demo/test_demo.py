"""The demo's fortnight: the same every time, every event of it as a clinic would publish it."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cli.demo.audit import _is_lost
from services.cli.demo.fortnight import Fortnight
from services.cli.demo.meeting import MOVED, REUNION
from services.cli.demo.personas import CLINICIANS, CLOSES, GLANMOR, OPENS, PLACES, UNMAPPED, Turn, e164, mails
from services.cli.demo.report import parked, unread
from services.cli.demo.run import FAULTS
from services.cli.demo.talk import Talk
from services.cli.documents import TOPICS
from services.sandbox.entries import SandboxText
from services.sandbox.faults import Faults
from services.sandbox.ledger import Ledger
from shared.clinic.appointment import Appointment
from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.goal import Goal
from shared.events.cloudevents import Event, Record, read
from shared.replies.answer_tokens import TOKENS
from shared.words.filling import LONGEST, clean

PREFERENCES = {None, "cy", "en", "both"}
NOW = datetime(2026, 11, 16, 18, tzinfo=UTC)
MONTH = timedelta(days=31)


def events() -> list[Event]:
    """Everything that can be read."""
    found = []
    for offset, post in enumerate(Fortnight().posts):
        value = post.raw or json.dumps(post.event).encode()
        record = Record(
            topic=post.topic, partition=0, offset=offset, timestamp=post.at, key=post.key.encode(), value=value
        )
        found.append(read(record, TOPICS[post.topic], NOW + timedelta(days=30)))
    return [one for one in found if isinstance(one, Event)]


def test_it_is_always_the_same() -> None:
    """Two fortnights publish the same."""
    assert Fortnight().posts == Fortnight().posts
    assert all(OPENS <= post.at <= CLOSES for post in Fortnight().posts)


def test_all_but_two_of_its_events_can_be_read() -> None:
    """One does not fit its type, one is no JSON."""
    assert len(events()) == len(Fortnight().posts) - 2


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        pytest.param(
            {"detail": "start: Field required", "thing": "https://riverside.example.org/appointment/1079"},
            "An event of riverside.example.org about appointment/1079 could not be read: the data does not fit "
            "(start: Field required). Nothing is sent about it until a newer one can be read. It waits in "
            "clinic.appointments.dead; the clinic mends it and publishes it again.",
            id="about a thing",
        ),
        pytest.param(
            {"detail": "", "thing": ""},
            "A record of clinic.appointments could not be read: the data does not fit. It waits in "
            "clinic.appointments.dead; the clinic looks into what it has sent.",
            id="about nothing that can be told",
        ),
    ],
)
def test_what_could_not_be_read_is_told_as_part_of_the_story(headers: dict[str, str], told: str) -> None:
    """It says whose event it was, about what, what is wrong, what follows, and who mends it."""
    assert unread({"topic": "clinic.appointments", "explanation": "the data does not fit", **headers}) == told


def test_what_is_parked_is_told_as_part_of_the_story() -> None:
    """Of each kind how many, what happened, and who does what about it."""
    (told,) = parked(Counter({"reminder": 2}))
    assert told.startswith("Parked: 2 of the kind reminder.")
    assert "left to a person, who rings the patient: `cocreate messages --state parked`" in told
    assert list(parked(Counter())) == []


def test_no_message_of_the_demo_is_doubted_twice() -> None:
    """Its provider fails, but not at what it has failed at already."""
    assert Faults(**FAULTS).error_before > 0
    assert not Faults(**FAULTS).repeated


def test_no_two_patients_share_an_address() -> None:
    """What the page shows under a number or address is one patient's."""
    people = Fortnight().people
    addresses = Counter(address for person in people for address in {e164(person), *mails(person)} if address)
    assert [address for address, holders in addresses.items() if holders > 1] == []
    invented = ("+447700900", "+442079460")  # Ofcom's ranges for drama
    assert all(number.startswith(invented) for number in addresses if "@" not in number)
    assert all(address.endswith("@example.org") for address in addresses if "@" in address)


def appointments() -> list[tuple[str, Appointment]]:
    """Every appointment event, with its source."""
    return [(event.source, event.data) for event in events() if isinstance(event.data, Appointment)]


def test_somebody_of_each_kind_is_there() -> None:
    """Each preference of language in Wales, a carer, braille, and names in other scripts than Latin."""
    patients = [(source, appointment.patient) for source, appointment in appointments()]
    assert {one.language for source, one in patients if source == GLANMOR} == PREFERENCES
    assert any(contact.role == "carer" for _, one in patients for contact in one.contacts or ())
    assert any(one.formats == ("braille",) for _, one in patients)
    assert {"Олена", "秀英"} <= {one.first_name for _, one in patients}


def test_clinics_of_every_day_are_there() -> None:
    """One that cancels and rebooks, a series, and a day of snow: what patients are told of each is in the report."""
    fortnight = Fortnight()
    about = [story.person.about for story in fortnight.stories]
    assert {"cancelled and rebooked", "booked twice, and one removed", "comes every day"} <= set(about)
    assert about.count("comes every day") == 5
    shut = [story for story in fortnight.stories if story.person.about == "snow shuts the site"]
    assert len({story.start.date() for story in shut}) == 1
    assert {post.at.date() for story in shut for post in story.posts[-1:]} == {shut[0].start.date()}


def test_goals_and_clinicians_are_there() -> None:
    """Goals of every outcome that matters are published, and two clinicians get lists."""
    goals = [event.data for event in events() if isinstance(event.data, Goal)]
    assert {goal.status for goal in goals} == {"active", "achieved"}
    named = {appointment.clinician_email for _, appointment in appointments()} - {None}
    assert named == set(CLINICIANS)
    assert all(Fortnight().label(address) for address in CLINICIANS)


def test_a_course_and_a_reunion_are_there() -> None:
    """Sessions are missed twice in a row, moved and cancelled; more graduates are invited than there are places."""
    found = events()
    courses = [event.data for event in found if isinstance(event.data, Course)]
    assert {len(course.sessions) for course in courses} == {7}
    assert any(session.cancelled for course in courses for session in course.sessions)
    assert len({course.sessions[MOVED - 1].start for course in courses if course.sessions[0].start > NOW - MONTH}) == 2
    last = {event.thing: event.data for event in found if isinstance(event.data, Enrolment)}
    assert {part.status for part in last.values()} == {"enrolled", "withdrawn", "completed"}
    assert any({number, number + 1} <= set(part.missed) for part in last.values() for number in part.missed)
    (reunion,) = [event.data for event in found if isinstance(event.data, Reunion)]
    assert (
        sum(part.course in reunion.courses and part.status == "completed" for part in last.values()) > reunion.capacity
    )
    assert Fortnight().label(reunion.organiser_email or "")
    assert REUNION in {event.thing for event in found}


def test_every_answer_is_by_somebody_and_can_be_asked_for() -> None:
    """Who answers is a patient with that phone; what they answer is a token that we understand, or their own words."""
    fortnight = Fortnight()
    phones = {e164(person) for person in fortnight.people} - {""}
    assert {turn.phone for turn in fortnight.turns} <= phones
    assert {turn.asked_for for turn in fortnight.turns} - {""} <= set(TOKENS)
    told = {"1", "2", "3", "9", "A", "B", "C", "SURE", "TALK", "IN", "OUT", "LATER", ""}
    assert told == {turn.asked_for for turn in fortnight.turns}


ADA, OURS = "+447700900001", "+447700900999"


def text(number: int, body: str, at: datetime, **data: Any) -> SandboxText:
    """A text of ours."""
    given = {"to": ADA, "sender": OURS, "created_at": at, "updated_at": at, **data}
    return SandboxText(sid=f"SM{number}", body=body, **given)


def test_an_answer_follows_what_asks_for_it() -> None:
    """It comes once, its time after the first text that asks for it; what came before that day is left alone."""
    hour = timedelta(hours=1)
    ledger = Ledger()
    talk = Talk([Turn(ADA, "2", "2", hour, NOW), Turn(ADA, "thanks", "", hour, NOW)], ledger)
    asking = "Reply 1: coming, 2: new time."
    ledger.accept(text(1, asking, NOW - hour))
    ledger.accept(text(2, "Reply 1: coming.", NOW))
    ledger.accept(text(3, asking, NOW, direction="inbound", to=OURS, sender=ADA))
    ledger.accept(text(4, asking, NOW, to="+447700900002"))
    assert talk.next_at is None
    assert talk.due(NOW + 9 * hour) == []
    ledger.accept(text(5, asking, NOW + hour))
    assert talk.next_at == NOW + 2 * hour
    assert talk.due(NOW + hour) == []
    assert [turn.body for turn in talk.due(NOW + 2 * hour)] == ["2"]
    assert talk.due(NOW + 2 * hour) == []
    assert [turn.body for turn in talk.unasked] == ["thanks"]
    ledger.accept(text(6, "What got in the way? Text us back.", NOW + 3 * hour))
    assert [turn.body for turn in talk.due(NOW + 4 * hour)] == ["thanks"]
    assert [one.sid for one in talk.thread(ADA)] == ["SM1", "SM2", "SM3", "SM5", "SM6"]


def test_every_clinic_but_one_has_an_approved_name() -> None:
    """The registry knows all that the events name, but the one that shows what happens without."""
    named = {(source, appointment.clinic) for source, appointment in appointments()}
    missing = named - {(place.source, place.clinic) for place in PLACES}
    assert {clinic for _, clinic in missing} == {UNMAPPED}


def test_public_names_are_shown_as_they_are() -> None:
    """No place's name would be cut or lose anything."""
    for place in PLACES:
        for name, longest in LONGEST.items():
            for value in (getattr(place, name), getattr(place, f"{name}_cy", "")):
                assert clean(value, longest) == value


LOST = [
    ("sent, and the provider knows of it", {"state": "sent"}, 1, False),
    ("sent, and the provider knows nothing", {"state": "sent"}, 0, True),
    ("due and forgotten", {"state": "scheduled"}, 0, True),
    ("in the middle", {"state": "sending"}, 1, True),
    ("withheld for a reason", {"state": "withheld", "why": "deceased"}, 0, False),
    ("without words of ours", {"state": "withheld", "why": "no_words"}, 0, True),
    ("left to staff", {"state": "withheld", "why": "other_format", "has_task": True}, 0, False),
    ("left to staff who were not told", {"state": "withheld", "why": "other_format"}, 0, True),
    ("in doubt, and left to a person", {"state": "parked"}, 0, False),
    ("in doubt, though the list had it", {"state": "parked"}, 1, True),
    ("in doubt, as the list could not be read", {"state": "parked", "detail": "could not be read"}, 1, False),
    ("still in doubt", {"state": "unknown"}, 1, True),
]


@pytest.mark.parametrize(("row", "accepted", "lost"), [c[1:] for c in LOST], ids=[c[0] for c in LOST])
def test_what_counts_as_lost(row: dict[str, Any], accepted: int, lost: bool) -> None:
    """Nothing is lost that was sent, or that somebody knows was not."""
    whole = {"id": "1", "why": "", "detail": "", "has_task": False, "expires_at": NOW - timedelta(hours=1), **row}
    assert _is_lost(whole, Counter({"1": accepted}), NOW) is lost
