"""What to do with a due message: every reason, and which of two holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.claiming.decisions import LATER, decide
from services.delivery.due import ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from shared.clinic.places import Place, Places
from shared.patients.person import Address, Person
from shared.rules.task_requests import TaskKind
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import Why
from shared.schedule.tasks import Task

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)  # a Monday, in GMT
FIRST = Address(channel="sms", value="+447700900001", index=b"1")
SECOND = Address(channel="email", value="ada@example.org", index=b"2")
STOPPED = replace(FIRST, opted_out=frozenset({"all"}))
MSK = Place(source="s", clinic="MSK", name="Riverside", phone="1", sender="Riverside", site="MSK")
TOKYO = Place(source="s", clinic="TYO", name="Tokyo", phone="1", sender="Tokyo", zone="Asia/Tokyo", site="TYO")
EXPIRES = NOON + timedelta(days=3)
WHO = UUID(int=7)


def due(**more: Any) -> DueMessage:
    what: dict[str, Any] = {
        "id": UUID(int=1), "planner": "prompts", "patient_id": WHO, "category": "appointments", "template": "reminder",
        "things": ("s/appointment/1",), "places": ("s#MSK",), "data": {}, "send_at": NOON - timedelta(hours=1),
        "expires_at": EXPIRES, "urgent_by": None, "why": "planned", "detail": "", "attempt": 0, "tried": frozenset(),
    }  # fmt: skip
    return DueMessage(**{**what, **more})


def person(**more: Any) -> Person:
    return Person(patient_id=WHO, **{"addresses": (FIRST, SECOND), **more})


def situation(now: datetime = NOON, **more: Any) -> ClaimContext:
    what: dict[str, Any] = {
        "person": person(), "caught_up": frozenset({"prompts", "people"}), "replanning": frozenset(),
        "on_its_way": frozenset(), "held": frozenset(),
        "places": Places.of([MSK, TOKYO]), "claims": (), "blocked": frozenset(),
    }  # fmt: skip
    return ClaimContext(now=now, later=lambda span: now + span, **{**what, **more})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


GONE = person(deceased=True)
OUT = person(opted_out=frozenset({"appointments"}))
LIVE = Policy(live_from=NOON)
FIVE = tuple(NOON - timedelta(minutes=n) for n in range(5))
CLOSES = datetime(2026, 11, 16, 18, tzinfo=UTC)  # the usual window of that Monday
SEND = Send(FIRST, others=True, until=CLOSES)
SEND_MAIL = Send(SECOND, others=False, until=CLOSES)
BRAILLE = person(formats=frozenset({"braille", "large-print"}))
CARER = Address(channel="sms", value="+447700900003", index=b"3", role="carer")
WEDNESDAY = at(18, 12)  # a working day's hours before the expiry on Thursday at noon


def otherwise(
    due_at: datetime = WEDNESDAY, detail: str = "braille, large-print", why: Why = Why.OTHER_FORMAT, **more: Any
) -> Withhold:
    """Withheld, and a person is to tell the patient by then."""
    what: dict[str, Any] = {"expires_at": EXPIRES, "message_id": UUID(int=1), **more}
    task = Task(
        kind=TaskKind.REACH_OTHERWISE,
        key=str(UUID(int=1)),
        patient_id=WHO,
        things=("s/appointment/1",),
        why=why,
        due_at=due_at,
        **what,
    )
    return Withhold(why, detail, task)


BEHIND = Wait(NOON + Policy().behind_in, Why.PLANNER_BEHIND)
NIGHT = at(16, 22)
NEW = Place(source="s", clinic="NEW", name="New", phone="1", sender="New", site="NEW")

ASKED_TASK = Task(
    kind=TaskKind.ASK_AGENDA,
    key=str(UUID(int=1)),
    patient_id=WHO,
    things=("s/appointment/1",),
    why=Why.OPTED_OUT,
    due_at=WEDNESDAY,
    expires_at=EXPIRES,
    message_id=UUID(int=1),
)
ASKED_INSTEAD = Withhold(Why.OPTED_OUT, task=ASKED_TASK)

CASES: list[tuple[str, DueMessage, ClaimContext, Decision]] = [
    ("all is well", due(), situation(), SEND),
    ("the last address", due(tried=frozenset({b"1"})), situation(), SEND_MAIL),
    ("one address", due(), situation(person=person(addresses=(SECOND,))), SEND_MAIL),
    ("deceased", due(), situation(person=GONE), Withhold(Why.DECEASED)),
    ("deceased and behind", due(), situation(person=GONE, caught_up=frozenset()), Withhold(Why.DECEASED)),
    ("deceased and opted out", due(), situation(person=replace(OUT, deceased=True)), Withhold(Why.DECEASED)),
    ("opted out of the category", due(), situation(person=OUT), Withhold(Why.OPTED_OUT)),
    ("opted out of all", due(), situation(person=person(opted_out=frozenset({"all"}))), Withhold(Why.OPTED_OUT)),
    ("opted out of another", due(), situation(person=person(opted_out=frozenset({"goals"}))), SEND),
    ("news for who opted out", due(urgent_by=EXPIRES), situation(person=OUT), otherwise(detail="", why=Why.OPTED_OUT)),
    (
        "news for a phone that stopped",
        due(urgent_by=EXPIRES),
        situation(person=person(addresses=(replace(FIRST, opted_out=frozenset({"all"})),))),
        otherwise(detail="", why=Why.OPTED_OUT),
    ),
    ("news too late", due(urgent_by=NOON, expires_at=NOON), situation(person=OUT), Withhold(Why.OPTED_OUT)),
    ("opted out and expired", due(expires_at=NOON), situation(person=OUT), Withhold(Why.OPTED_OUT)),
    ("expires now", due(expires_at=NOON), situation(), Withhold(Why.EXPIRED)),
    (
        "expires in a moment",
        due(expires_at=NOON + timedelta(microseconds=1)),
        situation(),
        replace(SEND, until=NOON + timedelta(microseconds=1)),
    ),
    ("expired behind", due(expires_at=NOON), situation(caught_up=frozenset()), Withhold(Why.EXPIRED)),
    ("expired while paused", due(expires_at=NOON, why="paused"), situation(), Withhold(Why.PAUSED)),
    (
        "expired for want of a name",
        due(expires_at=NOON, why="place_unmapped", detail="s#X"),
        situation(),
        Withhold(Why.PLACE_UNMAPPED, "s#X"),
    ),
    (
        "expired before its next address",
        due(expires_at=NOON, why="next_channel", detail="21614"),
        situation(),
        Withhold(Why.EXPIRED),
    ),
    ("the planner is behind", due(), situation(caught_up=frozenset({"people"})), BEHIND),
    ("people are behind", due(), situation(caught_up=frozenset({"prompts"})), BEHIND),
    ("to be planned again", due(), situation(replanning=frozenset({"prompts"})), BEHIND),
    ("another planner is to plan", due(), situation(replanning=frozenset({"followup"})), SEND),
    ("behind and held", due(), situation(caught_up=frozenset(), held=frozenset({"s/appointment/1"})), BEHIND),
    (
        "behind, capped at its expiry",
        due(expires_at=NOON + timedelta(seconds=1)),
        situation(caught_up=frozenset()),
        Wait(NOON + timedelta(seconds=1), Why.PLANNER_BEHIND),
    ),
    (
        "an earlier one is on its way",
        due(),
        situation(on_its_way=frozenset({"s/appointment/1"})),
        Wait(NOON + Policy().behind_in, Why.EARLIER_ON_ITS_WAY),
    ),
    (
        "another thing is on its way",
        due(),
        situation(on_its_way=frozenset({"s/appointment/2"})),
        SEND,
    ),
    (
        "in a conversation",
        due(),
        situation(conversation_at=NOON - timedelta(minutes=10)),
        Wait(NOON + timedelta(minutes=20), Why.IN_CONVERSATION),
    ),
    ("the conversation is over", due(), situation(conversation_at=NOON - timedelta(minutes=30)), SEND),
    ("news crosses it", due(urgent_by=NOON), situation(conversation_at=NOON), SEND),
    (
        "what could not be sent afterwards crosses it",
        due(expires_at=NOON + timedelta(minutes=30)),
        situation(conversation_at=NOON),
        replace(SEND, until=NOON + timedelta(minutes=30)),
    ),
    (
        "a conversation until the evening: the next morning",
        due(),
        situation(at(16, 17, 50), conversation_at=at(16, 17, 45)),
        Wait(at(17, 8), Why.IN_CONVERSATION),
    ),
    (
        "what would come too late on the next morning crosses it",
        due(expires_at=at(17, 9)),
        situation(at(16, 17, 50), conversation_at=at(16, 17, 45)),
        replace(SEND, until=CLOSES),
    ),
    ("its question is asked when they meet", due(ask_instead=True), situation(person=OUT), ASKED_INSTEAD),
    (
        "its question lives longer than it",
        due(ask_instead=True, answers_until=EXPIRES + timedelta(days=1)),
        situation(person=OUT),
        replace(
            ASKED_INSTEAD,
            task=replace(ASKED_TASK, due_at=at(19, 12), expires_at=EXPIRES + timedelta(days=1)),
        ),
    ),
    ("held", due(), situation(held=frozenset({"s/appointment/1"})), Wait(NOON + LATER, Why.THING_HELD)),
    ("another thing is held", due(), situation(held=frozenset({"s/appointment/2"})), SEND),
    (
        "held and paused",
        due(),
        situation(held=frozenset({"s/appointment/1"}), person=person(paused=True)),
        Wait(NOON + LATER, Why.THING_HELD),
    ),
    ("paused", due(), situation(person=person(paused=True)), Wait(NOON + LATER, Why.PAUSED)),
    (
        "a test patient",
        due(),
        situation(person=replace(person(), is_test=True)),
        Wait(NOON + LATER, Why.TEST_PATIENT),
    ),
    ("paused at night", due(), situation(NIGHT, person=person(paused=True)), Wait(NIGHT + LATER, Why.PAUSED)),
    ("a place unmapped", due(places=("s#MSK", "s#X")), situation(), Wait(NOON + LATER, Why.PLACE_UNMAPPED, "s#X")),
    ("no place at all", due(places=()), situation(), SEND),
    ("before eight", due(), situation(at(16, 7, 59)), Wait(at(16, 8), Why.OUTSIDE_WINDOW)),
    ("at eight", due(), situation(at(16, 8)), SEND),
    ("at six", due(), situation(at(16, 18)), Wait(at(17, 8), Why.OUTSIDE_WINDOW)),
    ("on a Saturday", due(expires_at=at(30, 8)), situation(at(21, 12)), Wait(at(23, 8), Why.OUTSIDE_WINDOW)),
    ("at night, expires in it", due(expires_at=at(17, 2)), situation(NIGHT), Wait(at(17, 2), Why.OUTSIDE_WINDOW)),
    ("noon here is night there", due(places=("s#TYO",)), situation(), Wait(at(16, 23), Why.OUTSIDE_WINDOW)),
    ("urgent in the evening", due(urgent_by=at(17, 7)), situation(at(16, 20)), replace(SEND, until=at(16, 21))),
    (
        "urgent on a Sunday",
        due(urgent_by=at(22, 18)),
        situation(at(22, 12), caught_up=frozenset({"prompts", "people"})),
        Withhold(Why.EXPIRED),
    ),
    ("urgent, but it can wait", due(urgent_by=at(17, 9)), situation(at(16, 20)), Wait(at(17, 8), Why.OUTSIDE_WINDOW)),
    ("urgent at night", due(urgent_by=at(17, 7)), situation(at(16, 22)), Wait(at(17, 7), Why.OUTSIDE_WINDOW)),
    ("five today", due(), situation(claims=FIVE), Wait(at(17, 8), Why.DAILY_CAP)),
    ("four today", due(), situation(claims=FIVE[:4]), SEND),
    ("five yesterday", due(), situation(claims=tuple(t - timedelta(days=1) for t in FIVE)), SEND),
    (
        "five today, by Tokyo's day",
        due(places=("s#TYO",)),
        situation(at(16, 1), claims=(at(15, 16),) * 5),
        Wait(at(16, 23), Why.DAILY_CAP),
    ),
    (
        "five yesterday, by Tokyo's day",
        due(places=("s#TYO",)),
        situation(at(16, 1), claims=(at(15, 14),) * 5),
        replace(SEND, until=at(16, 9)),
    ),
    (
        "five today, expires tonight",
        due(expires_at=at(16, 20)),
        situation(claims=FIVE),
        Wait(at(16, 20), Why.DAILY_CAP),
    ),
    (
        "the first address has stopped",
        due(),
        situation(person=person(addresses=(STOPPED, SECOND))),
        Withhold(Why.OPTED_OUT),
    ),
    (
        "the next address has stopped",
        due(tried=frozenset({b"2"})),
        situation(person=person(addresses=(SECOND, STOPPED))),
        Withhold(Why.OPTED_OUT),
    ),
    ("all addresses refused it", due(tried=frozenset({b"1", b"2"})), situation(), Withhold(Why.REFUSED)),
    (
        "no contact",
        due(),
        situation(person=person(addresses=())),
        Wait(NOON + LATER, Why.NO_CONTACT, "no contact is known"),
    ),
    (
        "a landline alone",
        due(),
        situation(person=person(addresses=(), refusals=("sms: landline",))),
        Wait(NOON + LATER, Why.NO_CONTACT, "sms: landline"),
    ),
    (
        "the sender is blocked",
        due(),
        situation(blocked=frozenset({"sms"})),
        Wait(NOON + timedelta(minutes=1), Why.SENDER_BLOCKED, "sms"),
    ),
    ("another sender is blocked", due(), situation(blocked=frozenset({"email"})), SEND),
    ("braille", due(), situation(person=BRAILLE), otherwise()),
    ("a text will do", due(), situation(person=person(formats=frozenset({"text"}))), replace(SEND, others=False)),
    ("an e-mail alone will do", due(), situation(person=person(formats=frozenset({"email"}))), SEND_MAIL),
    ("either will do", due(), situation(person=person(formats=frozenset({"email", "text"}))), SEND),
    (
        "an e-mail alone will do, and texts were stopped",
        due(),
        situation(person=person(formats=frozenset({"email"}), addresses=(STOPPED, SECOND))),
        SEND_MAIL,
    ),
    (
        "an e-mail alone will do, and none is known",
        due(),
        situation(person=person(formats=frozenset({"email"}), addresses=(FIRST,))),
        otherwise(detail="email"),
    ),
    (
        "a text alone will do, and nothing is known",
        due(),
        situation(person=person(formats=frozenset({"text"}), addresses=())),
        Wait(NOON + LATER, Why.NO_CONTACT, "no contact is known"),
    ),
    ("braille, and nothing is known", due(), situation(person=replace(BRAILLE, addresses=())), otherwise()),
    (
        "a text alone will do, and it was refused",
        due(tried=frozenset({b"1"})),
        situation(person=person(formats=frozenset({"text"})).without(frozenset({b"1"}))),
        otherwise(detail="text"),
    ),
    (
        "a carer reads it",
        due(),
        situation(person=replace(BRAILLE, addresses=(CARER, FIRST))),
        Send(CARER, others=False, until=CLOSES),
    ),
    ("a carer later", due(), situation(person=replace(BRAILLE, addresses=(FIRST, CARER))), otherwise()),
    ("braille at night", due(), situation(NIGHT, person=BRAILLE), otherwise()),
    ("braille past the cap", due(), situation(person=BRAILLE, claims=FIVE), otherwise()),
    ("braille and a place unmapped", due(places=("s#X",)), situation(person=BRAILLE), otherwise()),
    (
        "braille on the last day",
        due(expires_at=at(16, 18)),
        situation(person=BRAILLE),
        otherwise(at(16, 15), expires_at=at(16, 18)),
    ),
    (
        "braille, by Tokyo's working day",
        due(places=("s#TYO",)),
        situation(person=BRAILLE),
        otherwise(at(18, 23)),  # eight in the morning there, on the day whose evening it expires in
    ),
    (
        "braille, the thing alone is named",
        due(things=("s/appointment/1", patient_thing(WHO))),
        situation(person=BRAILLE),
        otherwise(),
    ),
    ("braille and behind", due(), situation(person=BRAILLE, caught_up=frozenset()), BEHIND),
    (
        "braille and held",
        due(),
        situation(person=BRAILLE, held=frozenset({"s/appointment/1"})),
        Wait(NOON + LATER, Why.THING_HELD),
    ),
    ("braille and paused", due(), situation(person=replace(BRAILLE, paused=True)), Wait(NOON + LATER, Why.PAUSED)),
    ("braille and deceased", due(), situation(person=replace(BRAILLE, deceased=True)), Withhold(Why.DECEASED)),
    (
        "braille and opted out",
        due(),
        situation(person=replace(BRAILLE, opted_out=frozenset({"all"}))),
        Withhold(Why.OPTED_OUT),
    ),
    (
        "braille, and the number was stopped",
        due(),
        situation(person=replace(BRAILLE, addresses=(STOPPED,))),
        otherwise(),
    ),
    ("braille and expired", due(expires_at=NOON), situation(person=BRAILLE), Withhold(Why.EXPIRED)),
    ("a death is reported", due(), situation(death_reported=True), Wait(NOON + LATER, Why.DEATH_REPORTED)),
    (
        "a death is reported, and braille",
        due(),
        situation(person=BRAILLE, death_reported=True),
        Wait(NOON + LATER, Why.DEATH_REPORTED),
    ),
    ("a death is reported, and recorded", due(), situation(person=GONE, death_reported=True), Withhold(Why.DECEASED)),
    ("the phone is doubted", due(), situation(doubted=frozenset({b"1"})), Wait(NOON + LATER, Why.NUMBER_DOUBTED)),
    ("another phone is doubted", due(), situation(doubted=frozenset({b"2"})), SEND),
    (
        "the phone is doubted, and refused it",
        due(tried=frozenset({b"1"})),
        situation(doubted=frozenset({b"1"})),
        SEND_MAIL,
    ),
    (
        "the phone is doubted, and has stopped",
        due(),
        situation(person=person(addresses=(STOPPED,)), doubted=frozenset({b"1"})),
        Withhold(Why.OPTED_OUT),
    ),
    (
        "expired while a death was reported",
        due(expires_at=NOON, why="death_reported"),
        situation(),
        Withhold(Why.DEATH_REPORTED),
    ),
]


@pytest.mark.parametrize(("message", "case", "decision"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_reason_and_which_comes_first(message: DueMessage, case: ClaimContext, decision: Decision) -> None:
    """Each reason decides as the table says, what never changes before what may, and no wait goes past the expiry."""
    assert decide(message, case, Policy()) == decision


LIVES = [
    ("due before", NOON - timedelta(seconds=1), Withhold(Why.BEFORE_GO_LIVE)),
    ("due at the moment", NOON, SEND),
]


@pytest.mark.parametrize(("send_at", "decision"), [c[1:] for c in LIVES], ids=[c[0] for c in LIVES])
def test_what_fell_due_before_going_live_is_withheld(send_at: datetime, decision: Decision) -> None:
    """`live_from` withholds by when a message fell due, before any other reason."""
    case = situation() if isinstance(decision, Send) else situation(person=GONE)
    assert decide(due(send_at=send_at), case, LIVE) == decision


@pytest.mark.parametrize(
    "why", [why for why in Why if why.value in {"paused", "no_contact", "daily_cap", "thing_held"}]
)
def test_what_it_waited_for_is_why_it_was_withheld(why: Why) -> None:
    """A message that waited until it expired says for what, so that whoever could have mended it learns of it."""
    assert decide(due(expires_at=NOON, why=why.value), situation(), Policy()) == Withhold(why)
