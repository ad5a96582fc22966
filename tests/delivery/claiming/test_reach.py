"""Whom no message reaches is reached by a person, in time, once, and with the true reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.claiming.decisions import decide
from services.delivery.due import ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from services.delivery.providers.outcomes import NotSent, OptedOut, RefusedForGood
from shared.clinic.places import Place, Places
from shared.patients.person import Address, Person
from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, Harness, appointment, patient

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)  # a Monday, in GMT
PHONE = Address(channel="sms", value="+447700900001", index=b"1")
RIVERSIDE = Place(source="s", clinic="MSK", name="Riverside", phone="1", sender="Riverside", site="MSK")
NOBODY = Person(patient_id=UUID(int=7), refusals=("sms: landline",))
ADA = Person(patient_id=UUID(int=7), addresses=(PHONE,))
EXPIRES = NOON + timedelta(days=3)
LAST_CALL = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a working day before


def due(**more: Any) -> DueMessage:
    what: dict[str, Any] = {
        "id": UUID(int=1), "planner": "prompts", "patient_id": UUID(int=7), "category": "appointments",
        "template": "reminder", "things": ("s/appointment/1",), "places": ("s#MSK",), "data": {},
        "send_at": NOON - timedelta(hours=1), "expires_at": EXPIRES, "urgent_by": None, "why": "planned", "detail": "",
        "attempt": 0, "tried": frozenset(), "must_reach": True,
    }  # fmt: skip
    return DueMessage(**{**what, **more})


def situation(now: datetime = NOON, person: Person = ADA, **more: Any) -> ClaimContext:
    what: dict[str, Any] = {
        "caught_up": frozenset({"prompts", "people"}), "replanning": frozenset(), "on_its_way": frozenset(),
        "held": frozenset(), "places": Places.of([RIVERSIDE]), "claims": (), "blocked": frozenset(),
    }  # fmt: skip
    return ClaimContext(now=now, later=lambda span: now + span, person=person, **{**what, **more})


def asked(decision: Decision) -> Why | None:
    """Why a person is asked to reach the patient; None: nobody is."""
    task = None if isinstance(decision, Send) else decision.task
    assert task is None or (task.kind, task.message_id) == (TaskKind.REACH_OTHERWISE, UUID(int=1))
    return None if task is None else task.why


NIGHT = NOON + timedelta(hours=10)
UNMAPPED = situation(places=Places())
AT_LAST_CALL: dict[str, Any] = {"now": LAST_CALL, "places": Places()}

CASES: list[tuple[str, DueMessage, ClaimContext, Why | None]] = [
    ("all is well", due(), situation(), None),
    ("a landline alone", due(), situation(person=NOBODY), Why.NO_CONTACT),
    ("a landline alone, at night", due(), situation(NIGHT, NOBODY), Why.NO_CONTACT),
    ("a landline alone, of a place that has no name", due(places=("s#X",)), situation(person=NOBODY), Why.NO_CONTACT),
    ("a landline alone, and it does not matter", due(must_reach=False), situation(person=NOBODY), None),
    ("paused", due(), situation(person=replace(ADA, paused=True)), Why.PAUSED),
    ("paused, and it does not matter", due(must_reach=False), situation(person=replace(ADA, paused=True)), None),
    ("every address refused it", due(tried=frozenset({b"1"})), situation(), Why.REFUSED),
    ("every address refused it, at night", due(tried=frozenset({b"1"})), situation(NIGHT), Why.REFUSED),
    ("it refused what does not matter", due(tried=frozenset({b"1"}), must_reach=False), situation(), None),
    ("has died", due(), situation(person=replace(NOBODY, deceased=True)), None),
    ("may have died", due(), situation(LAST_CALL, death_reported=True), None),
    ("a doubted number, in time", due(), situation(doubted=frozenset({b"1"})), None),
    ("a doubted number, late", due(), situation(LAST_CALL, doubted=frozenset({b"1"})), Why.NUMBER_DOUBTED),
    ("no name for its place, in time", due(), UNMAPPED, None),
    ("no name for its place, late", due(), situation(**AT_LAST_CALL), Why.PLACE_UNMAPPED),
    (
        "no name for the place of a later day, while the old hour comes near",
        due(expires_at=NOON + timedelta(weeks=3), urgent_by=EXPIRES),
        situation(**AT_LAST_CALL),
        Why.PLACE_UNMAPPED,
    ),
    (
        "the same, in time",
        due(expires_at=NOON + timedelta(weeks=3), urgent_by=EXPIRES),
        UNMAPPED,
        None,
    ),
    ("no name, late, but it does not matter", due(must_reach=False), situation(**AT_LAST_CALL), None),
    ("its planner is behind", due(), situation(caught_up=frozenset()), None),
    ("its planner is behind, late", due(), situation(LAST_CALL, caught_up=frozenset()), Why.PLANNER_BEHIND),
    ("an event cannot be read, late", due(), situation(LAST_CALL, held=frozenset({"s/appointment/1"})), Why.THING_HELD),
    ("our sender is blocked, late", due(), situation(LAST_CALL, blocked=frozenset({"sms"})), Why.SENDER_BLOCKED),
    ("at night, opens in time", due(), situation(NIGHT), None),
    ("at night, and it opens in time, late", due(), situation(LAST_CALL - timedelta(hours=6)), None),
    ("on the last night, and it opens in time", due(), situation(LAST_CALL + timedelta(hours=9)), None),
    ("at night, opens too late", due(expires_at=NIGHT + timedelta(hours=9)), situation(NIGHT), Why.OUTSIDE_WINDOW),
    (
        "a day's most, and tomorrow is too late",
        due(expires_at=NOON + timedelta(hours=6)),
        situation(claims=(NOON,) * 5),
        Why.DAILY_CAP,
    ),
    ("planned just now for soon", due(expires_at=NOON + timedelta(hours=2), planned_at=NOON), UNMAPPED, None),
    (
        "planned for soon a while ago",
        due(expires_at=NOON + timedelta(hours=2), send_at=NOON - timedelta(hours=3)),
        UNMAPPED,
        Why.PLACE_UNMAPPED,
    ),
    ("stopped, and no news", due(), situation(person=replace(ADA, opted_out=frozenset({"all"}))), None),
    ("news that expired unsent", due(expires_at=NOON, urgent_by=NOON, why="no_words"), UNMAPPED, Why.NO_WORDS),
    ("a reminder that did", due(expires_at=NOON, why="no_words"), UNMAPPED, None),
    ("news that came too late", due(expires_at=NOON, urgent_by=NOON), UNMAPPED, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "known", "why"), [pytest.param(*rest, id=label) for label, *rest in CASES]
)  # fmt: skip
def test_who_is_reached_otherwise(message: DueMessage, known: ClaimContext, why: Why | None) -> None:
    """A person is asked where no message of ours comes in time, with the reason as a value."""
    assert asked(decide(message, known, Policy())) is why


LAST = ["planned", "outside_window", "planner_behind", "place_unmapped", "no_contact", "daily_cap", "provider_busy"]


@pytest.mark.parametrize("last", LAST[1:])
@pytest.mark.parametrize(
    ("person", "why"),
    [
        pytest.param(NOBODY, Withhold(Why.NO_CONTACT, "sms: landline"), id="no contact"),
        pytest.param(replace(NOBODY, paused=True), Withhold(Why.PAUSED), id="paused"),
    ],
)
def test_the_log_keeps_the_true_reason(last: str, person: Person, why: Withhold) -> None:
    """Whatever it waited for last, what expires for somebody whom nothing reaches is withheld for that."""
    assert decide(due(expires_at=NOON, why=last, must_reach=False), situation(person=person), Policy()) == why


@given(st.integers(0, 60 * 24 * 4), st.sampled_from([NOBODY, replace(ADA, paused=True)]), st.sampled_from(LAST))
def test_it_is_said_at_any_hour(minutes: int, person: Person, last: str) -> None:
    """From the first look to the last, at any hour: the reason is the patient's, and a person is asked in time."""
    now = NOON + timedelta(minutes=minutes)
    decision = decide(due(why=last), situation(now, person), Policy())
    true = Why.PAUSED if person.paused else Why.NO_CONTACT
    if now < EXPIRES:
        assert isinstance(decision, Wait)
        assert decision.why is true
        assert decision.task is not None
        assert now <= decision.task.due_at < decision.task.expires_at == EXPIRES
    else:
        assert decision == Withhold(Why.EXPIRED if last == "planned" else true, decision.detail)  # type: ignore[union-attr]


LANDLINE: dict[str, Any] = {"contacts": [{"channel": "sms", "value": "020 7946 0101"}]}
REMINDER = MONDAY + timedelta(days=17, hours=8)
CANCELLED = MONDAY + timedelta(days=18)


async def calls(harness: Harness) -> list[tuple[str, str, str]]:
    """The kind of each message that a person delivers, why, and what became of the task; by the time of asking."""
    rows = await harness.pool.fetch(
        """SELECT m.kind, t.why, coalesce(t.outcome, t.state) AS stands FROM tasks.tasks t
           JOIN schedule.messages m ON m.id = t.message_id ORDER BY t.raised_at, m.kind"""
    )
    return [(row["kind"], row["why"], row["stands"]) for row in rows]


async def open_call(harness: Harness) -> Any:
    (task,) = await harness.tasks(kind="reach_otherwise", state="open")
    return task


async def test_a_landline_is_called_before_the_appointment_and_not_about_the_agenda(harness: Harness) -> None:
    """Of what leads up to an appointment only the reminder is a person's; its task stands from when it is due."""
    await harness.registry_says(patient(**LANDLINE))
    await harness.clinic_says(appointment())
    await harness.deliver_at(MONDAY + timedelta(days=15))
    assert await calls(harness) == []
    for minutes in (0, 15, 60):  # looked at again and again
        assert await harness.deliver_at(REMINDER + timedelta(minutes=minutes)) == []
    assert await calls(harness) == [("reminder", "no_contact", "open")]
    task = await open_call(harness)
    assert REMINDER < task["due_at"] < task["expires_at"]


async def test_a_number_that_comes_in_time_gets_the_text_and_nobody_calls(harness: Harness) -> None:
    """The message waits all the while: where it goes after all, its task is closed, and a replay opens none."""
    await harness.registry_says(patient(**LANDLINE))
    await harness.clinic_says(appointment())
    await harness.deliver_at(REMINDER)
    await harness.registry_says(patient(at=REMINDER))
    (letter,) = await harness.deliver()
    assert letter.address == "+447700900001"
    await harness.clinic_says(appointment(clinician="Dr Rees", at=REMINDER + timedelta(minutes=1)))
    assert await calls(harness) == [("reminder", "no_contact", "no_longer_wanted")]


async def test_who_was_called_gets_no_text_about_it_and_hears_of_the_cancellation(harness: Harness) -> None:
    """Once a person has told it, the text does not follow; what was told is known, and so its cancellation is news."""
    await harness.registry_says(patient(**LANDLINE))
    await harness.clinic_says(appointment())
    await harness.deliver_at(REMINDER)
    task = await open_call(harness)
    async with harness.pool.acquire() as connection:
        assert await tasks.close(connection, task["id"], Outcome.DONE, "rees", REMINDER)
    await harness.registry_says(patient(at=REMINDER))
    assert await harness.deliver() == []
    await harness.turn(CANCELLED)
    await harness.clinic_says(appointment(status="cancelled", at=CANCELLED))
    (letter,) = await harness.deliver()
    assert "cancelled" in letter.text


async def test_a_pause_is_told_to_whoever_would_have_called(harness: Harness) -> None:
    """A phone that became unsafe after the task was raised is said to be: nobody telephones for want of a contact."""
    await harness.registry_says(patient(**LANDLINE))
    await harness.clinic_says(appointment())
    await harness.deliver_at(REMINDER)
    await harness.registry_says(patient(paused=True, at=REMINDER, **LANDLINE))
    await harness.deliver()
    assert await calls(harness) == [("reminder", "paused", "open")]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        pytest.param(RefusedForGood("21614"), "refused", id="a landline that looked like a mobile"),
        pytest.param(OptedOut("21610"), "opted_out", id="stopped at the carrier"),
    ],
)
async def test_news_that_the_provider_refuses_is_told_by_a_person(harness: Harness, outcome: Any, why: str) -> None:
    """A cancellation that no address takes is a person's at once, and counts as told once they have done it."""
    await harness.registry_says(patient())
    await harness.clinic_says(appointment())
    await harness.deliver_at(REMINDER)
    await harness.turn(CANCELLED)
    harness.texts.answers.append(outcome)
    await harness.clinic_says(appointment(status="cancelled", at=CANCELLED))
    await harness.deliver()
    assert await calls(harness) == [("cancelled", why, "open")]
    task = await open_call(harness)
    async with harness.pool.acquire() as connection:
        await tasks.close(connection, task["id"], Outcome.DONE, "rees", CANCELLED)
    await harness.wake()
    assert await harness.deliver() == []
    assert await calls(harness) == [("cancelled", why, "done")]


async def test_a_provider_that_takes_nothing_has_a_person_call_while_there_is_time(harness: Harness) -> None:
    """What the provider turns away is tried again; from a working day before the end on, a person is asked as well."""
    await harness.registry_says(patient())
    await harness.clinic_says(appointment())
    harness.texts.answers += [NotSent("429"), NotSent("429")]
    await harness.deliver_at(REMINDER)
    assert await calls(harness) == []
    await harness.deliver_at(MONDAY + timedelta(days=18, hours=4))
    assert await calls(harness) == [("reminder", "provider_busy", "open")]
    (letter,) = await harness.deliver_at(MONDAY + timedelta(days=18, hours=5))
    assert letter.channel == "sms"
    assert await calls(harness) == [("reminder", "provider_busy", "no_longer_wanted")]
