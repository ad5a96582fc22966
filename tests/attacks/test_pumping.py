"""A stolen token that would have the house pay for texts: to far countries, or without end."""

from datetime import timedelta

import pytest

from services.delivery.due import Policy
from shared.patients.phone import country_of
from shared.platform.database import Pool
from shared.schedule.states import Why
from shared.security.encryption import Encryption
from tests.harness import MONDAY, RIVERSIDE, Harness, appointment, text

START = MONDAY + timedelta(days=21)
DUE = MONDAY + timedelta(days=14, hours=8)
REMINDED = START + timedelta(days=-3, hours=8)
ABROAD = {"+212650123456": "MA", "+79123456789": "RU", "+8801812345678": "BD", "+263771234567": "ZW"}
AT_HOME = {
    "+447700900001": "GB",
    "+447400123456": "GB",
    "+353850123456": "IE",
    "+447797712345": "JE",
    "+447781123456": "GG",
}


@pytest.mark.parametrize(
    ("number", "country"), [*ABROAD.items(), *AT_HOME.items(), ("+447781123456", "GG"), ("+447624212345", "IM")]
)
def test_countries(number: str, country: str) -> None:
    """A number is of its own country, islands too."""
    assert country_of(number) == country
    assert (country in Policy().countries) == (number not in ABROAD)


@pytest.mark.parametrize(("number", "country"), ABROAD.items())
async def test_a_phone_abroad_gets_nothing(harness: Harness, number: str, country: str) -> None:
    """Its messages are withheld with the true reason, and a person has a task to reach the patient otherwise."""
    await harness.clinic_says(appointment(phone=number))
    assert await harness.deliver_at(DUE) == []
    [row, *_] = await harness.messages(state="withheld")
    assert (row["why"], row["detail"]) == ("other_country", country)
    [task, *_] = await harness.tasks(kind="reach_otherwise")
    assert task["why"] == "other_country"


@pytest.mark.parametrize("number", AT_HOME)
async def test_a_phone_of_the_list_gets_its_text(harness: Harness, number: str) -> None:
    """Britain, Ireland and the Crown dependencies are on the list as it is shipped."""
    await harness.clinic_says(appointment(phone=number))
    assert [letter.address for letter in await harness.deliver_at(DUE)] == [number]


async def test_mail_goes_instead(harness: Harness) -> None:
    """Who has a mailbox as well gets the message there."""
    await harness.clinic_says(appointment(phone="+79123456789", email="ada@example.org"))
    assert [letter.channel for letter in await harness.deliver_at(DUE)] == ["email"]


async def test_a_source_has_its_day_s_most(pool: Pool, encryption: Encryption) -> None:
    """Beyond its budget a source's texts wait for the next day, told so; another source's and e-mails go on."""
    harness = await Harness(pool, encryption, delivery=Policy(source_daily_texts=3)).open()
    phones = [f"+4477009{number:05}" for number in range(8)]
    for number, phone in enumerate(phones):
        await harness.clinic_says(appointment(str(number), patient=f"p{number}", phone=phone))
    assert len(await harness.deliver_at(DUE)) == 3
    assert {row["why"] for row in await harness.messages(state="scheduled", kind="agenda")} == {Why.SOURCE_BUDGET}
    [row] = await pool.fetch("SELECT * FROM schedule.source_texts")
    assert (row["source"], row["texts"]) == (RIVERSIDE.source, 3)
    await harness.deliver_at(REMINDED)
    assert await pool.fetchval("SELECT max(texts) FROM schedule.source_texts") == 3
    assert {row["why"] for row in await harness.messages(kind="agenda")} == {Why.ACCEPTED, Why.SOURCE_BUDGET}
    await harness.deliver_at(START - timedelta(hours=3))  # too late to wait: whoever must hear is called
    called = {task["why"] for task in await harness.tasks(kind="reach_otherwise")}
    assert called == {Why.SOURCE_BUDGET}


async def test_answers_cannot_be_pumped_either(harness: Harness) -> None:
    """A phone abroad that texts gets no answer that we would pay for."""
    await harness.clinic_says(appointment(phone="+79123456789"))
    await harness.texts_come(text("what is this", "+79123456789"))
    assert await harness.deliver_at(DUE) == []
