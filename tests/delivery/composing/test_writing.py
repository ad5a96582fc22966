"""What a letter is made of at the claim: whom it speaks to, in which languages, and what comes with an e-mail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from services.delivery.providers.message import OutboundMessage
from shared.clinic import places
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import Place
from tests.harness import MONDAY, SOURCE, Harness, appointment, patient

AGENDA = MONDAY + timedelta(days=14, hours=7)
MAIL = "ada@example.org"
WALES = Place(
    source=SOURCE,
    clinic="MSK",
    name="Riverside Health Centre",
    phone="020 7946 0101",
    sender="Riverside Hospital",
    language="both",
    name_cy="Canolfan Iechyd Glan-yr-afon",
    sender_cy="Ysbyty Glan-yr-afon",
)


async def register(harness: Harness, *registered: Place) -> None:
    async with harness.pool.acquire() as connection:
        await places.store(connection, registered)


async def asked(harness: Harness, **booked: Any) -> OutboundMessage:
    """The agenda prompt of an appointment."""
    await harness.clinic_says(appointment(**booked))
    (letter,) = await harness.deliver_at(AGENDA)
    return letter


def events(letters: Sequence[OutboundMessage]) -> list[tuple[str, Any]]:
    """The methods and calendar entries that these letters bring."""
    return [
        (invite.method, event)
        for letter in letters
        for invite in letter.calendar
        for event in Calendar.from_ical(invite.content).walk("VEVENT")
    ]


async def test_a_text_brings_nothing_along(harness: Harness) -> None:
    """No calendar, no link; how many segments are billed stands in the log."""
    letter = await asked(harness)
    assert (letter.calendar, letter.unsubscribe, letter.subject, letter.html) == ((), "", "", "")
    (message,) = await harness.messages(kind="agenda")
    assert (message["segments"], message["words"]) == (2, "agenda.sms/en.1")


async def test_an_email_brings_an_entry_and_a_way_to_stop(harness: Harness) -> None:
    """A calendar entry at the appointment's time and place, and a link for this category; no segments."""
    letter = await asked(harness, phone=None, email=MAIL)
    ((method, event),) = events([letter])
    assert (method, event["STATUS"], str(event["SUMMARY"])) == (
        "REQUEST",
        "CONFIRMED",
        "Appointment, Riverside Hospital",
    )
    assert event["DTSTART"].dt == MONDAY + timedelta(days=21)
    assert event["LOCATION"].startswith("Riverside Health Centre")
    (message,) = await harness.messages(kind="agenda")
    assert letter.unsubscribe == f"https://messages.example.org/unsubscribe/{message['id']}.appointments"
    assert message["segments"] is None


async def test_what_is_moved_moves_and_what_is_cancelled_goes(harness: Harness) -> None:
    """Booked, moved and cancelled: one entry by its UID, each time with a higher sequence."""
    letters = [await asked(harness, phone=None, email=MAIL)]
    later = MONDAY + timedelta(days=23)
    moved_at, cancelled_at = AGENDA + timedelta(hours=17), AGENDA + timedelta(hours=18)
    await harness.turn(moved_at)
    await harness.clinic_says(appointment(start=later, at=moved_at, phone=None, email=MAIL))
    letters += await harness.deliver()
    await harness.turn(cancelled_at)
    await harness.clinic_says(appointment(start=later, at=cancelled_at, status="cancelled", phone=None, email=MAIL))
    letters += await harness.deliver()
    told = events(letters)
    assert [method for method, _ in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["UID"]) for _, event in told}) == 1
    assert [event["SEQUENCE"] for _, event in told] == [0, 1, 2]
    assert [event["DTSTART"].dt for _, event in told] == [MONDAY + timedelta(days=21), later, later]


@pytest.mark.parametrize(
    ("language", "words", "begins"),
    [
        pytest.param(None, "agenda.sms/cy.1+en.1", ("Ada, mae gennych ", "Ada, you have "), id="nobody knows: both"),
        pytest.param("both", "agenda.sms/cy.1+en.1", ("Ada, mae gennych ", "Ada, you have "), id="both"),
        pytest.param("cy", "agenda.sms/cy.1", ("Ada, mae gennych ",), id="Welsh"),
        pytest.param("en", "agenda.sms/en.1", ("Ada, you have ",), id="English"),
    ],
)
async def test_in_wales_the_patient_chooses(
    harness: Harness, language: str | None, words: str, begins: tuple[str, ...]
) -> None:
    """Welsh, English or both, Welsh first; a place has its name in each; unknown means what the site writes: both."""
    await register(harness, WALES)
    await harness.registry_says(patient(language=language) if language else patient(first_name="Ada"))
    letter = await asked(harness)
    (message,) = await harness.messages(kind="agenda")
    passages = letter.text.split("\n\n")
    assert message["words"] == words
    begun = [passage.partition(": ")[2].startswith(begin) for passage, begin in zip(passages, begins, strict=True)]
    assert begun == [True] * len(begins)
    assert ("Canolfan Iechyd Glan-yr-afon" in letter.text) == ("cy." in words)
    assert ("Riverside Health Centre" in letter.text) == ("en." in words)


async def test_a_carer_is_told_of_the_patient(harness: Harness) -> None:
    """Whoever reads for a patient is not addressed as the patient."""
    carer = {"channel": "sms", "value": "07700 900007", "role": "carer"}
    await harness.registry_says(patient(first_name="Ada", contacts=[carer]))
    letter = await asked(harness)
    (message,) = await harness.messages(kind="agenda")
    assert letter.address == "+447700900007"
    assert letter.text.startswith("Riverside Hospital: Ada has an appointment ")
    assert message["words"] == "agenda.sms/en.1@carer"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("cy", "agenda.sms/cy.1@carer+en.1@carer", id="the patient's Welsh: both"),
        pytest.param("both", "agenda.sms/cy.1@carer+en.1@carer", id="both"),
        pytest.param("en", "agenda.sms/en.1@carer", id="English"),
        pytest.param(None, "agenda.sms/en.1@carer", id="nobody knows: as the site writes"),
    ],
)
async def test_a_carer_may_read_no_welsh(harness: Harness, language: str | None, words: str) -> None:
    """A preference for Welsh is the patient's own: a carer gets English with it."""
    carer = {"channel": "sms", "value": "07700 900007", "role": "carer"}
    await harness.registry_says(patient(first_name="Ada", language=language, contacts=[carer]))
    await asked(harness)
    (message,) = await harness.messages(kind="agenda")
    assert message["words"] == words


async def test_a_text_asks_for_nothing_that_nobody_reads(harness: Harness) -> None:
    """Where texts cannot be answered, the agenda is a list to bring, and a new time a call."""
    letter = await asked(harness)
    assert "Please make a list and bring it." in letter.text
    assert "Reply" not in letter.text
    assert "Text us" not in letter.text


@pytest.mark.parametrize(
    ("staffed", "says", "says_not"),
    [
        pytest.param(True, "Text us back. We don't read texts straight away", "make a list", id="somebody reads"),
        pytest.param(False, "Reply 2 or call", "Text us back", id="nobody reads their own words"),
    ],
)
async def test_a_text_asks_for_what_is_read(harness: Harness, *, staffed: bool, says: str, says_not: str) -> None:
    """Where texts can be answered, own words are asked for only at a place where somebody reads them."""
    await register(harness, replace(WALES, language="en", staffed=staffed))
    harness.writer = replace(harness.writer, can_answer=True)
    letter = await asked(harness)
    assert says in letter.text
    assert says_not not in letter.text


@pytest.mark.parametrize(
    ("birth_date", "adult_from", "recipient"),
    [
        pytest.param("2024-05-01", None, "@carer", id="two years old"),
        pytest.param("2010-12-01", None, "@carer", id="16 tomorrow"),
        pytest.param("2010-11-30", None, "", id="16 today"),
        pytest.param("2010", None, "@carer", id="16 by the end of the year"),
        pytest.param("1990-01-01", None, "", id="grown up"),
        pytest.param(None, None, "", id="unknown"),
        pytest.param("2013-11-30", 13, "", id="13 today, where the clinic writes to whoever is 13"),
        pytest.param("2013-12-01", 13, "@carer", id="13 tomorrow, there"),
        pytest.param("2011-11-30", 16, "@carer", id="15, where the clinic says 16"),
    ],
)
async def test_a_childs_text_is_for_whoever_has_the_child(
    harness: Harness, birth_date: str | None, adult_from: int | None, recipient: str
) -> None:
    """A child's record has the parent's phone, and calls it the child's own."""
    await register(harness, replace(WALES, language="en", policy=ClinicPolicy(adult_from=adult_from)))
    await harness.registry_says(patient(first_name="Melanie", birth_date=birth_date))
    letter = await asked(harness)
    (message,) = await harness.messages(kind="agenda")
    assert message["words"] == f"agenda.sms/en.1{recipient}"
    says = "Melanie has an appointment " if recipient else "Melanie, you have an appointment "
    assert letter.text.startswith(f"Riverside Hospital: {says}")


HILL = Place(source=SOURCE, clinic="HILL", name="Hill Clinic", phone="020 7946 0102", sender="Riverside Hospital")


@pytest.mark.parametrize(
    ("here", "there", "asks"),
    [
        pytest.param(True, True, True, id="both read"),
        pytest.param(True, False, False, id="the other does not"),
        pytest.param(False, True, False, id="the first does not"),
        pytest.param(False, False, False, id="neither reads"),
    ],
)
async def test_own_words_are_asked_for_where_everybody_who_is_named_reads_them(
    harness: Harness, *, here: bool, there: bool, asks: bool
) -> None:
    """A text about two clinics of one day asks for own words where both have staff who read them."""
    await register(harness, replace(WALES, language="en", staffed=here), replace(HILL, staffed=there))
    harness.writer = replace(harness.writer, can_answer=True)
    start = MONDAY + timedelta(days=21)
    await harness.clinic_says(
        appointment(start=start), appointment("1002", start=start + timedelta(hours=3), clinic="HILL")
    )
    (letter,) = await harness.deliver_at(AGENDA)
    (message,) = await harness.messages(kind="agenda", state="sent")
    assert "Riverside" in letter.text
    assert "Hill Clinic" in letter.text
    assert ("Text us back" in letter.text, message["asked_words"]) == (asks, asks)
