"""Whether an answer may go: what holds other messages and not these, and what holds them too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.claiming.answer_decisions import decide
from services.delivery.claiming.decisions import LATER
from services.delivery.due import ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from services.delivery.forms import CATEGORY, NOT_UNDERSTOOD, OPTED_OUT, PLANNER, URGENT
from shared.clinic.places import Place, Places
from shared.patients.person import Address, Person
from shared.schedule.states import Why

NIGHT = datetime(2026, 11, 22, 3, tzinfo=UTC)  # a Sunday
EXPIRES = NIGHT + timedelta(hours=2)
MAIL = Address(channel="email", value="ada@example.org", index=b"2")
PHONE = Address(channel="sms", value="+447700900001", index=b"1")
CARER = replace(PHONE, role="carer")
STOPPED = replace(PHONE, opted_out=frozenset({"all"}))
STOPPED_GOALS = replace(PHONE, opted_out=frozenset({"goals"}))
WHO = UUID(int=7)
SOON = NIGHT + LATER


def due(template: str = NOT_UNDERSTOOD, **more: Any) -> DueMessage:
    what: dict[str, Any] = {
        "id": UUID(int=1), "planner": PLANNER, "patient_id": WHO, "category": CATEGORY, "template": template,
        "things": (), "places": ("s#MSK",), "data": {}, "send_at": NIGHT, "expires_at": EXPIRES, "urgent_by": None,
        "why": "planned", "detail": "", "attempt": 0, "tried": frozenset(), "answers": b"1",
    }  # fmt: skip
    return DueMessage(**{**what, **more})


def situation(*addresses: Address, now: datetime = NIGHT, **more: Any) -> ClaimContext:
    """At night on a Sunday, after a day's most, while everybody is behind: nothing of that holds an answer."""
    who = Person(patient_id=WHO, addresses=addresses or (MAIL, PHONE), **more.pop("person", {}))
    places = more.pop(
        "places", Places.of([Place(source="s", clinic="MSK", name="Riverside", phone="1", sender="Riverside")])
    )
    claims = tuple(now - timedelta(minutes=n) for n in range(9))
    everybody = frozenset({"prompts", "people", PLANNER})
    return ClaimContext(
        now=now,
        later=lambda span: now + span,
        person=who,
        caught_up=frozenset(),
        replanning=everybody,
        on_its_way=frozenset({"s/appointment/1"}),
        held=frozenset({"s/appointment/1"}),
        places=places,
        claims=claims,
        **more,
    )


SEND = Send(PHONE, others=False, until=EXPIRES)
DEAD: dict[str, Any] = {"person": {"deceased": True}}
PAUSED: dict[str, Any] = {"person": {"paused": True}}
OUT: dict[str, Any] = {"person": {"opted_out": frozenset({"all"})}}

CASES: list[tuple[str, ClaimContext, Decision, Decision, Decision]] = [
    # label, situation, not_understood, opted_out, urgent
    ("at night, capped, and everybody behind", situation(), SEND, SEND, SEND),
    ("a carer's phone", situation(CARER), *(replace(SEND, address=CARER),) * 3),
    ("who can read no text, and texts", situation(person={"formats": frozenset({"braille"})}), SEND, SEND, SEND),
    # Whoever holds the phone of somebody who has died hears from a person; in danger they need 999 as anybody does.
    ("deceased", situation(**DEAD), Withhold(Why.DECEASED), Withhold(Why.DECEASED), SEND),
    # A pause may mean that the phone is not safe. But they have just written from it, and danger outweighs that.
    ("paused", situation(**PAUSED), Wait(SOON, Why.PAUSED), Wait(SOON, Why.PAUSED), SEND),
    # All is all: only what confirms a stop goes to a phone that has stopped, and what may save a life.
    (
        "stopped",
        situation(STOPPED),
        Withhold(Why.OPTED_OUT),
        replace(SEND, address=STOPPED),
        replace(SEND, address=STOPPED),
    ),
    ("a category stopped", situation(STOPPED_GOALS), *(replace(SEND, address=STOPPED_GOALS),) * 3),
    ("opted out at the clinic", situation(**OUT), Withhold(Why.OPTED_OUT), SEND, SEND),
    # A machine that is not sure what a text is about has no business with the bereaved, or with strangers.
    (
        "a death is reported",
        situation(death_reported=True),
        Wait(SOON, Why.DEATH_REPORTED),
        Wait(SOON, Why.DEATH_REPORTED),
        SEND,
    ),
    (
        "the phone is doubted",
        situation(doubted=frozenset({b"1"})),
        Wait(SOON, Why.NUMBER_DOUBTED),
        Wait(SOON, Why.NUMBER_DOUBTED),
        SEND,
    ),
    ("another phone is doubted", situation(doubted=frozenset({b"3"})), SEND, SEND, SEND),
    # It goes to that phone or nowhere.
    (
        "the phone is nobody's any more",
        situation(MAIL),
        *(Wait(SOON, Why.NO_CONTACT, "the phone that it answers is nobody's any more"),) * 3,
    ),
    ("the place is unmapped", situation(places=Places()), *(Wait(SOON, Why.PLACE_UNMAPPED, "s#MSK"),) * 3),
    (
        "the sender is blocked",
        situation(blocked=frozenset({"sms"})),
        *(Wait(NIGHT + timedelta(minutes=1), Why.SENDER_BLOCKED, "sms"),) * 3,
    ),
    ("another sender is blocked", situation(blocked=frozenset({"email"})), SEND, SEND, SEND),
    ("expired", situation(now=EXPIRES), *(Withhold(Why.EXPIRED),) * 3),
    ("expired, and deceased", situation(now=EXPIRES, **DEAD), *(Withhold(Why.EXPIRED),) * 3),
    (
        "soon expired",
        situation(now=EXPIRES - timedelta(seconds=9), blocked=frozenset({"sms"})),
        *(Wait(EXPIRES, Why.SENDER_BLOCKED, "sms"),) * 3,
    ),
]


@pytest.mark.parametrize(("case", "decisions"), [(c[1], c[2:]) for c in CASES], ids=[c[0] for c in CASES])
def test_each_answer(case: ClaimContext, decisions: tuple[Decision, Decision, Decision]) -> None:
    """What holds an answer, and that the one which says whom to call in danger goes wherever it can."""
    assert tuple(decide(due(words), case, Policy()) for words in (NOT_UNDERSTOOD, OPTED_OUT, URGENT)) == decisions


def test_what_ends_an_answer() -> None:
    """A refused one goes nowhere else; one that waited in vain says for what; before going live none goes at all."""
    assert decide(due(tried=frozenset({b"1"})), situation(), Policy()) == Withhold(Why.REFUSED)
    waited = due(expires_at=NIGHT, why="paused")
    assert decide(waited, situation(), Policy()) == Withhold(Why.PAUSED)
    early = Policy(live_from=NIGHT + timedelta(days=1))
    assert decide(due(URGENT), situation(), early) == Withhold(Why.BEFORE_GO_LIVE)
