"""A card on its way: from the clinic's events to the clinician's mailbox, by the same delivery as every message."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.cards.app import planner
from services.cards.policy import Policy
from services.delivery.providers.message import OutboundMessage
from services.delivery.providers.outcomes import Unknown
from shared.clinic import places
from shared.clinic.appointment import APPOINTMENTS
from shared.planning.engine import Engine
from shared.words import store
from tests.harness import MONDAY, RIVERSIDE, WRITER, Harness, appointment

EMAIL = "ada.grey@nhs.example.org"
START = MONDAY + timedelta(days=22)  # a Tuesday
EVE = START - timedelta(days=1) + timedelta(hours=7)  # 16:00 on the Monday before
PATIENT_MAIL = "ada@example.org"
ASKED = MONDAY + timedelta(days=15, hours=8)


class Ward:
    """A world with cards."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.engine = Engine(planner(Policy(domains=("nhs.example.org",))), harness.pool, harness.encryption)

    async def open(self) -> "Ward":
        await self.harness.pool.execute("TRUNCATE cards.facts")
        async with self.harness.pool.acquire() as connection:
            await store.ship(connection, "cards", self.engine.planner.words, self.engine.planner.forms)
        return self

    async def says(self, *events: dict[str, Any]) -> None:
        """Both planners read what the clinic publishes."""
        records = [self.harness.record(event, APPOINTMENTS) for event in events]
        assert await self.harness.engine.take(records) == []
        assert await self.engine.take(records) == []

    async def cards_at(self, days: timedelta = timedelta()) -> list[OutboundMessage]:
        """The cards that go out at four on the working day before, or so much later."""
        await self.harness.turn(EVE + days)
        await self.harness.beat(("prompts", "people", "cards"))
        return [letter for letter in await self.harness.deliver() if letter.address.endswith("nhs.example.org")]


@pytest.fixture
async def ward(harness: Harness) -> Ward:
    return await Ward(harness).open()


def booked(id: str = "1001", hours: float = 0, **more: Any) -> dict[str, Any]:  # noqa: A002 - what an event calls it
    at = START + timedelta(hours=hours)
    return appointment(id, start=at, patient=f"p{id}", **{"clinician_email": EMAIL, **more})


async def test_a_clinician_gets_tomorrows_list(ward: Ward) -> None:
    """One e-mail to their own address, with a way to stop it; it is parked in doubt, and no patient gets it."""
    await ward.says(booked("1", first_name="Siân"), booked("2", 1, email=PATIENT_MAIL, phone=None))
    (card,) = await ward.cards_at()
    assert (card.channel, card.address) == ("email", EMAIL)
    assert card.subject == "Your list for Tuesday 8 December (2)"
    assert "9am\nNo list yet." in card.text
    assert "Siân" not in card.text
    assert ".cards" in card.unsubscribe
    assert card.calendar == ()
    assert await ward.cards_at() == []


async def test_nothing_of_another_clinics_patients_is_on_it(ward: Ward) -> None:
    """Each clinician and each site has its own; together they hold each appointment once."""
    await ward.says(
        booked("1"),
        booked("2", 1, clinic="HILL"),
        booked("3", 2, clinician_email="bo@nhs.example.org"),
        booked("4", 3, clinician_email="carl@example.org"),
        booked("5", 4, clinician_email=None),
    )
    cards = await ward.cards_at()
    shown = sorted(
        (card.address, [time for time in ("9am", "10am", "11am", "12 noon", "1pm") if f"\n{time}\n" in card.text])
        for card in cards
    )
    assert shown == [(EMAIL, ["10am"]), (EMAIL, ["9am"]), ("bo@nhs.example.org", ["11am"])]


async def test_a_cancellation_takes_it_off_the_list(ward: Ward) -> None:
    """Until it is claimed a card follows its clinic; without an appointment there is none."""
    await ward.says(booked("1"), booked("2", 1))
    await ward.says(booked("2", 1, status="cancelled", at=MONDAY + timedelta(minutes=1)))
    (card,) = await ward.cards_at()
    assert "(1)" in card.subject
    assert "10am" not in card.text


async def test_a_change_after_it_was_sent_sends_no_second_one(ward: Ward) -> None:
    """That day and site have had their card."""
    await ward.says(booked("1"))
    assert len(await ward.cards_at()) == 1
    await ward.says(booked("2", 1, at=EVE), booked("1", 2, at=EVE))
    assert await ward.cards_at(timedelta(minutes=5)) == []


async def test_it_never_comes_once_the_clinic_has_begun(ward: Ward) -> None:
    """After an outage it still goes in the hour before nine, and then no more."""
    await ward.says(booked("1", 1))
    assert await ward.cards_at(timedelta(hours=17)) == []
    (row,) = await ward.harness.messages(planner="cards")
    assert row["state"] == "withheld"


async def test_in_doubt_it_is_not_sent_twice(ward: Ward) -> None:
    """A relay that broke off after the data may have it: a person looks."""
    ward.harness.mails.answers.append(Unknown("timeout"))
    await ward.says(booked("1"))
    assert len(await ward.cards_at()) == 1
    ward.harness.mails.shows_list = False
    for minutes in (2, 30):
        assert await ward.cards_at(timedelta(minutes=minutes)) == []
        await ward.harness.reconcile_unknown()
    assert {row["state"] for row in await ward.harness.messages(planner="cards")} <= {"unknown", "parked"}


class Conversing:
    """A world in which patients are asked what they want to talk about, and their clinicians get cards."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness

    async def open(self) -> "Conversing":
        self.harness.writer = replace(WRITER, can_answer=True)
        await self.harness.join(planner(Policy(domains=("nhs.example.org",))))
        async with self.harness.pool.acquire() as connection:
            await places.store(connection, [replace(RIVERSIDE, staffed=True)])
        return self

    async def texts(self, words: str, phone: str = "+447700900001") -> list[str]:
        """Who was asked answers; what goes back."""
        await self.harness.deliver_at(ASKED)
        await self.harness.phone_says(words, phone=phone, at=ASKED)
        return [letter.text for letter in await self.harness.deliver()]

    async def card(self) -> OutboundMessage:
        """The one card of the eve."""
        (card,) = [one for one in await self.harness.deliver_at(EVE) if one.address.endswith("nhs.example.org")]
        return card


@pytest.fixture
async def conversing(harness: Harness) -> Conversing:
    return await Conversing(harness).open()


async def test_a_clinician_reads_what_a_patient_texted(conversing: Conversing) -> None:
    """Their own words, item by item, at their own time and nobody else's; no link, no markup."""
    await conversing.harness.clinic_says(booked("1"), booked("2", 1, phone="07700 900002", first_name="Bo"))
    (ack,) = await conversing.texts("1. my knee hurts.it wakes me http://evil.test/x\n2. <b>tablets</b>")
    assert "We will pass on what you wrote." in ack
    card = await conversing.card()
    shown = "9am\n- my knee hurts. it wakes me\n- <b>tablets</b>\nThey wrote more than this: see the task list.\n\n"
    assert f"{shown}10am\nNo list yet.\n" in card.text
    assert "&lt;b&gt;tablets" in card.html
    assert "evil" not in card.text + card.html


async def test_a_wrong_patients_words_are_on_no_card(conversing: Conversing) -> None:
    """Booked for another by mistake, put right and given to a colleague: whoever has it now has said nothing yet."""
    await conversing.harness.clinic_says(booked("1"))
    assert await conversing.texts("my knee")
    right = booked("1", phone="07700 900003", at=ASKED, clinician_email="bo@nhs.example.org")
    right["data"]["patient"]["id"] = "another"
    await conversing.harness.clinic_says(right)
    card = await conversing.card()
    assert card.address == "bo@nhs.example.org"
    assert "9am\nNo list yet." in card.text


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("x@nhs.example.org.", id="a dot at the end"),
        pytest.param("x@evil-nhs.example.org", id="an ending, and no domain below"),
        pytest.param("x@nhs.example.org.evil.example", id="a domain within another"),
        pytest.param("x@evil.example,y@nhs.example.org", id="two addresses"),
        pytest.param("<y@nhs.example.org>", id="brackets"),
        pytest.param("x@nhs.examp\u0406e.org", id="a look-alike"),
    ],
)
async def test_a_mailbox_elsewhere_gets_none(ward: Ward, email: str) -> None:
    """Only what stands behind the one @, letter by letter, is an allowed domain."""
    await ward.says(booked("1", clinician_email=email))
    assert await ward.cards_at() == []
    assert await ward.harness.messages(planner="cards") == []
