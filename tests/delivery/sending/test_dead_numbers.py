"""A number that takes no text ranks last until a clinic gives it anew, and each clinic hears of it once."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.providers.outcomes import DEAD_NUMBERS, RefusedForGood
from shared.patients.person import Address, Person
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient, receipt

AGENDA = MONDAY + timedelta(days=14, hours=7)
REMINDER = MONDAY + timedelta(days=17, hours=7)
MINUTE = timedelta(minutes=1)
PHONE, MAIL = "+447700900001", "ada@example.org"
BOTH: list[dict[str, Any]] = [{"channel": "sms", "value": "07700 900001"}, {"channel": "email", "value": MAIL}]


async def heard(harness: Harness) -> list[dict[str, Any]]:
    """What clinics were told of contacts that failed."""
    rows = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses'")
    events = [json.loads(row["event"]) for row in rows]
    return [event["data"] for event in events if event["type"] == "cocreate.contact.failed.v1"]


async def tried(harness: Harness) -> None:
    """An agenda prompt to a patient with a phone and a mailbox; the phone turns out to be dead, the mailbox gets it."""
    await harness.registry_says(patient(contacts=BOTH))
    await harness.clinic_says(appointment(phone=None))
    harness.texts.answers.append(RefusedForGood("21614"))
    letters = await harness.deliver_at(AGENDA)
    assert [letter.address for letter in letters] == [PHONE, MAIL]


async def reminded_at(harness: Harness) -> list[str]:
    """The addresses that the reminder went to."""
    return [letter.address for letter in await harness.deliver_at(REMINDER)]


async def test_what_comes_next_goes_to_the_next_address_at_once(harness: Harness) -> None:
    """The dead number is not tried again first, and its clinic was told, without the number."""
    await tried(harness)
    assert await reminded_at(harness) == [MAIL]
    (told,) = await heard(harness)
    assert (told["things"], told["channel"], told["reason"]) == (
        [f"{SOURCE}/appointment/1001"],
        "sms",
        "not_a_mobile",
    )
    assert "900001" not in json.dumps(told)


@pytest.mark.parametrize(
    ("at", "contacts", "first"),
    [
        pytest.param(AGENDA + MINUTE, BOTH, PHONE, id="the record again, after the failure"),
        pytest.param(AGENDA - MINUTE, BOTH, MAIL, id="a record that was written before it"),
        pytest.param(AGENDA + MINUTE, BOTH[::-1], MAIL, id="given anew, after the mailbox"),
    ],
)
async def test_a_number_that_is_given_anew_counts_again(harness: Harness, at: Any, contacts: Any, first: str) -> None:
    """What the clinic's own record gives after the failure is believed; what it gave before is not."""
    await tried(harness)
    await harness.registry_says(patient(at=at, contacts=contacts))
    assert (await reminded_at(harness))[0] == first


@pytest.mark.parametrize(
    ("before", "first"),
    [
        pytest.param("07700 900001", MAIL, id="the same number, as with every appointment"),
        pytest.param("07700 900002", PHONE, id="another one before, and now this"),
    ],
)
async def test_what_comes_with_each_appointment_is_no_new_word(harness: Harness, before: str, first: str) -> None:
    """An appointment repeats the contacts that its system holds: only a number that was not among them is new."""
    await harness.clinic_says(appointment(email=MAIL))
    harness.texts.answers.append(RefusedForGood("21614"))
    await harness.deliver_at(AGENDA)
    if before != "07700 900001":
        await harness.clinic_says(appointment(phone=before, email=MAIL, at=AGENDA + MINUTE))
    await harness.clinic_says(appointment(email=MAIL, at=AGENDA + 2 * MINUTE))
    assert (await reminded_at(harness))[0] == first


async def test_a_dead_number_that_is_the_only_one_is_tried_and_told_of_once(harness: Harness) -> None:
    """It ranks last, and is not struck off: the carrier may have been wrong. The clinic does not hear of it again."""
    await harness.registry_says(patient())
    await harness.clinic_says(appointment())
    harness.texts.answers += [RefusedForGood("21614"), RefusedForGood("21614")]
    await harness.deliver_at(AGENDA)
    assert await reminded_at(harness) == [PHONE]
    assert len(await heard(harness)) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (30005, "no_such_number"), (30006, "landline"), (30003, None), (30004, None), (30007, None), (30008, None),
        (21610, None), (30001, None), (30002, None),
    ],
)  # fmt: skip
async def test_a_receipt_tells_of_the_number_or_of_the_message(harness: Harness, code: int, reason: str | None) -> None:
    """No such handset and a landline are the number's; a phone that is off, a filter or a queue is not."""
    await harness.registry_says(patient(contacts=BOTH))
    await harness.clinic_says(appointment(phone=None))
    (letter,) = await harness.deliver_at(AGENDA)
    (message,) = await harness.messages(kind="agenda")
    await harness.provider_says(receipt(letter.message_id, "undelivered", message["provider_id"], code))
    assert [one["reason"] for one in await heard(harness)] == ([reason] if reason else [])


async def test_each_source_hears_of_its_own_patient(harness: Harness) -> None:
    """Two hospitals that know the number each hear by their own things, and neither by the other's."""
    await harness.registry_says(patient(), patient("q1", source=OTHER_SOURCE))
    await harness.clinic_says(appointment(), appointment("7", patient="q1", source=OTHER_SOURCE))
    harness.texts.answers.append(RefusedForGood("21211"))
    await harness.deliver_at(AGENDA)
    told = await heard(harness)
    assert sorted(one["things"] for one in told) == sorted(
        [[f"{SOURCE}/appointment/1001"], [f"{OTHER_SOURCE}/appointment/7"]]
    )


def test_only_what_is_the_numbers_own_is_in_the_table() -> None:
    """Our account, the region, the words and the carrier's filter say nothing of whose number it is."""
    others = {"21408", "21610", "21612", "21617", "30001", "30002", "30003", "30004", "30007", "30008", "30036", "550"}
    assert not others & DEAD_NUMBERS.keys()


@pytest.mark.parametrize(
    ("addresses", "order"),
    [
        pytest.param([("1", True, ()), ("2", False, ())], ["2", "1"], id="dead comes last"),
        pytest.param([("1", True, ()), ("2", True, ())], ["1", "2"], id="both dead: as the patient has them"),
        pytest.param([("1", True, ("all",)), ("2", False, ())], ["1", "2"], id="stopped there: it ends the search"),
        pytest.param([("1", False, ()), ("2", True, ()), ("3", False, ())], ["1", "3", "2"], id="in the middle"),
    ],
)
def test_the_order_of_addresses(addresses: list[tuple[str, bool, tuple[str, ...]]], order: list[str]) -> None:
    """The patient's order, but for the dead."""
    known = tuple(
        Address(channel="sms", value=name, index=name.encode(), is_dead=dead, opted_out=frozenset(stopped))
        for name, dead, stopped in addresses
    )
    person = Person(patient_id=UUID(int=1), addresses=known)
    assert [address.value for address in person.fitting] == order
