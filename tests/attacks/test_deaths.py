"""A death that somebody reports who should not, and one that ends in silence: neither happens."""

from datetime import timedelta
from typing import Any

import pytest

from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient

N1 = "9434765919"
UNA: dict[str, Any] = {"first_name": "Una", "birth_date": "1950-03-01", "nhs_number": N1}
PHONES = [{"channel": "sms", "value": "07700 900001"}]
DUE = MONDAY + timedelta(days=14, hours=8)
REMINDED = MONDAY + timedelta(days=18, hours=8)
ONE = [f"{SOURCE}/appointment/1"]


async def is_known(harness: Harness, **said: Any) -> None:
    """Una is Riverside's, with an appointment; Hillside knows her by the same number."""
    await harness.registry_says(patient(contacts=PHONES, **UNA, **said), patient("u1", source=OTHER_SOURCE, **UNA))
    await harness.clinic_says(appointment("1", first_name="Una"))


async def dies(harness: Harness, at: Any = DUE, name: str = "u1", source: str = OTHER_SOURCE, **said: Any) -> None:
    """A clinic says that she has died."""
    told = {**UNA, "deceased": True} | said
    await harness.registry_says(patient(name, at + timedelta(minutes=1), source, **told))


async def asked(harness: Harness) -> list[tuple[list[str], str]]:
    """Of what people are asked because somebody was told to come, and why."""
    return [(row["things"], row["why"]) for row in await harness.tasks(kind="told_to_come")]


async def test_a_stranger_declares_nobody_dead(strangers: Harness) -> None:
    """Hillside, which may not speak of deaths, says that Una has died: Riverside's texts go on, and nobody is asked."""
    await is_known(strangers)
    await dies(strangers, MONDAY)
    sent = await strangers.deliver_at(DUE) + await strangers.deliver_at(REMINDED)
    assert len(sent) == 2
    assert await asked(strangers) == []


async def test_a_partner_s_word_is_believed_and_asked_about(partners: Harness) -> None:
    """One that may speak of deaths holds what Riverside would send; that she was told to come is Riverside's task."""
    await is_known(partners)
    assert len(await partners.deliver_at(DUE)) == 1
    await dies(partners)
    assert await partners.deliver_at(REMINDED) == []
    assert await asked(partners) == [(ONE, "deceased")]


async def test_against_riverside_s_own_word_it_waits(partners: Harness) -> None:
    """Riverside says that she lives: nothing goes, nothing is lost, and it goes on once they agree."""
    await is_known(partners, deceased=False)
    assert len(await partners.deliver_at(DUE)) == 1
    await dies(partners)
    assert await partners.deliver_at(REMINDED) == []
    assert ("reminder", "scheduled", "death_contested") in await partners.standing()
    assert await asked(partners) == [(ONE, "death_contested")]
    await dies(partners, REMINDED, deceased=False)
    assert len(await partners.deliver()) == 1


@pytest.mark.parametrize("source", [SOURCE, OTHER_SOURCE])
async def test_who_was_told_to_come_is_never_dropped_in_silence(harness: Harness, source: str) -> None:
    """Of whoever was told to come and is taken for dead a person hears: once, however often and by whom it is said."""
    await is_known(harness)
    await harness.deliver_at(DUE)
    for minute in range(3):
        await dies(harness, DUE + timedelta(minutes=minute), "p1" if source == SOURCE else "u1", source)
    assert await asked(harness) == [(ONE, "deceased")]
    assert await harness.deliver_at(REMINDED) == []


async def test_with_an_appointment_s_details_as_well(harness: Harness) -> None:
    """A death that comes along with an appointment is asked about like any other."""
    await harness.clinic_says(appointment("1"))
    await harness.deliver_at(DUE)
    event = appointment("2", at=DUE)
    event["data"]["patient"]["deceased"] = True
    await harness.clinic_says(event)
    assert await asked(harness) == [(ONE, "deceased")]


async def test_who_was_told_nothing_is_no_task(harness: Harness) -> None:
    """Nobody expects anything of us: nothing goes, and nobody is asked."""
    await is_known(harness)
    await dies(harness, MONDAY)
    assert await harness.deliver_at(DUE) == []
    assert await asked(harness) == []


async def test_what_was_called_off_is_no_task(harness: Harness) -> None:
    """Who was told that it is off is not told to come."""
    await is_known(harness)
    await harness.deliver_at(DUE)
    off = DUE + timedelta(minutes=1)
    await harness.turn(off)
    await harness.clinic_says(appointment("1", status="cancelled", at=off))
    await harness.deliver()
    await dies(harness, off)
    assert await asked(harness) == []
