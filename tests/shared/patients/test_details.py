"""What is kept of patients' addresses: whose they are, and who may answer from there."""

from datetime import timedelta
from typing import Any

import pytest

from shared.patients import details
from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient

PHONE = "+447700900001"
NUMBER = "9434765919"


async def kept(harness: Harness) -> list[tuple[bytes, bool]]:
    """The addresses on record, and whether an answer may come from there."""
    rows = await harness.pool.fetch("SELECT address, may_answer FROM people.addresses ORDER BY address")
    return [(row["address"], row["may_answer"]) for row in rows]


def contact(value: str = "07700 900001", **more: Any) -> dict[str, Any]:
    """A phone as a clinic writes it."""
    return {"channel": "sms", "value": value, **more}


@pytest.mark.parametrize(
    ("contacts", "may_answer"),
    [
        pytest.param([contact()], True, id="nothing said"),
        pytest.param([contact(may_answer=False)], False, id="may not"),
        pytest.param([contact(may_answer=False), contact(PHONE, role="carer")], True, id="shared: one of them may"),
        pytest.param([contact(role="carer"), contact(PHONE, may_answer=False)], True, id="shared: the first may"),
        pytest.param([contact(may_answer=False), contact(PHONE, may_answer=False)], False, id="shared: neither may"),
        pytest.param([contact(may_receive=False)], True, id="gets nothing, and may answer"),
    ],
)
async def test_who_may_answer_is_kept_beside_the_address(
    contacts: list[dict[str, Any]], may_answer: bool, harness: Harness
) -> None:
    """A phone answers for a patient where any of those who share it may."""
    await harness.registry_says(patient(contacts=contacts))
    assert await kept(harness) == [(harness.encryption.index(PHONE), may_answer)]


async def test_who_may_answer_is_brought_up_to_date(harness: Harness) -> None:
    """Where nothing but that changes, the row changes; where nothing does, it stays."""
    await harness.clinic_says(appointment())
    assert await kept(harness) == [(harness.encryption.index(PHONE), True)]
    for minute, may_answer in enumerate((False, False, True)):
        at = MONDAY + timedelta(minutes=minute)
        await harness.registry_says(patient(at=at, contacts=[contact(may_answer=may_answer)]))
        assert await kept(harness) == [(harness.encryption.index(PHONE), may_answer)]


async def test_who_may_answer_outlasts_a_merge(harness: Harness) -> None:
    """Two patients who turn out to be one have one phone, from which nobody may answer for either."""
    await harness.registry_says(patient(contacts=[contact(may_answer=False)], nhs_number=NUMBER))
    await harness.registry_says(patient("q1", source=OTHER_SOURCE))
    await harness.registry_says(patient("q1", MONDAY + timedelta(minutes=1), OTHER_SOURCE, nhs_number=NUMBER))
    assert await kept(harness) == [(harness.encryption.index(PHONE), False)]


async def test_a_person_knows_who_may_answer(harness: Harness) -> None:
    """What delivery reads of a patient says it of each address."""
    await harness.registry_says(patient(contacts=[contact(may_answer=False), contact("07700 900002")]))
    async with harness.pool.acquire() as connection:
        [patient_id] = [row["id"] for row in await connection.fetch("SELECT id FROM people.patients")]
        known = await details.load(connection, harness.encryption, [patient_id])
    assert [(a.value, a.may_answer) for a in known[patient_id].addresses] == [(PHONE, False), ("+447700900002", True)]
