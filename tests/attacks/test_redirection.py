"""Another clinic gives an address: nothing of the first clinic's ever goes there, and no answer from there counts."""

from datetime import timedelta
from typing import Any

import pytest

from services.delivery.incoming.questions import COMING
from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient

N1 = "9434765919"
UNA, ELSEWHERE = "+447700900001", "+447700900666"
THERE = [{"channel": "sms", "value": "07700 900666"}]
PHONES = [{"channel": "sms", "value": "07700 900001"}]
VERIFIED: dict[str, Any] = {"nhs_number": N1, "nhs_number_status": "number-present-and-verified"}
DUE = MONDAY + timedelta(days=14, hours=8)
REMINDED = MONDAY + timedelta(days=18, hours=8)


async def claims_una(harness: Harness, **said: Any) -> None:
    """Hillside says that Una is a patient of its own, by her NHS number, and has another phone."""
    at = MONDAY + timedelta(minutes=5)
    await harness.registry_says(
        patient("u1", at, OTHER_SOURCE, first_name="Una", birth_date="1950-03-01", contacts=THERE, **VERIFIED, **said)
    )


async def is_known(harness: Harness) -> None:
    """Una is known to Riverside, with everything that would let a number unite her with herself elsewhere."""
    await harness.registry_says(patient(first_name="Una", birth_date="1950-03-01", contacts=PHONES, **VERIFIED))
    await harness.clinic_says(appointment(first_name="Una"))


async def test_texts_go_where_their_own_clinic_said(either: Harness) -> None:
    """However much another clinic may do, texts about Riverside's appointment go to the phone that Riverside gave."""
    await is_known(either)
    await claims_una(either)
    sent = [*await either.deliver_at(DUE), *await either.deliver_at(REMINDED)]
    assert [letter.address for letter in sent] == [UNA, UNA]


async def test_nor_do_they_where_their_own_clinic_gave_no_address(either: Harness) -> None:
    """Where Riverside gave no address, nothing goes to Hillside's, and Riverside hears of it."""
    await either.registry_says(patient(first_name="Una", birth_date="1950-03-01", **VERIFIED))
    await either.clinic_says(appointment(first_name="Una", phone=None))
    await claims_una(either)
    assert await either.deliver_at(DUE) == []
    waiting = await either.messages(state="scheduled")
    assert ("agenda", "no_contact") in {(row["kind"], row["why"]) for row in waiting}


@pytest.mark.parametrize("answer", [COMING, "2", "3", "my knee hurts at night"])
async def test_no_answer_from_there_counts(either: Harness, answer: str) -> None:
    """What is texted from Hillside's phone answers no question of Riverside's, and changes no plan."""
    await is_known(either)
    await claims_una(either)
    await either.deliver_at(DUE)
    await either.deliver_at(REMINDED)
    before = await either.standing()
    await either.phone_says(answer, phone=ELSEWHERE)
    await either.wake()
    assert await either.pool.fetchval("SELECT count(*) FROM schedule.replies") == 0
    assert await either.standing() == before


async def test_hillside_s_own_go_to_its_own(partners: Harness) -> None:
    """What Hillside itself books goes to the phone that Hillside gave, and its own answers count."""
    await is_known(partners)
    await claims_una(partners)
    await partners.clinic_says(appointment("9", source=OTHER_SOURCE, patient="u1", phone=None, first_name="Una"))
    sent = await partners.deliver_at(DUE) + await partners.deliver_at(REMINDED)
    assert {letter.address for letter in sent} == {UNA, ELSEWHERE}
    for letter in sent:
        assert ("Hillside" in letter.text) == (letter.address == ELSEWHERE)


async def test_a_phone_that_riverside_took_back_answers_no_more(either: Harness) -> None:
    """Riverside has another number for Una since; that Hillside still has the old one lets nobody answer from there."""
    await is_known(either)
    await either.deliver_at(DUE)
    await either.deliver_at(REMINDED)
    now = REMINDED + timedelta(minutes=1)
    await either.registry_says(
        patient(at=now, first_name="Una", birth_date="1950-03-01", contacts=THERE, **VERIFIED),
        patient("u1", now, OTHER_SOURCE, first_name="Una", birth_date="1950-03-01", contacts=PHONES, **VERIFIED),
    )
    await either.phone_says("3", phone=UNA)
    assert await either.pool.fetchval("SELECT count(*) FROM schedule.replies") == 0


async def test_a_reply_from_her_own_phone_counts(either: Harness) -> None:
    """Una answers from the phone that Riverside gave, and is heard."""
    await is_known(either)
    await claims_una(either)
    await either.deliver_at(DUE)
    await either.deliver_at(REMINDED)
    await either.phone_says("3", phone=UNA)
    assert await either.pool.fetchval("SELECT count(*) FROM schedule.replies") == 1
