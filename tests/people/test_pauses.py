"""A pause holds what is due, for as long as it lasts; its end lets go what is still of use."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient

N1 = "9434765919"
SMS = [{"channel": "sms", "value": "07700 900001"}]
DUE = MONDAY + timedelta(days=14, hours=8)  # whenever in the day the patient's own minute is
DAY = timedelta(days=1)


async def paused(harness: Harness, at: datetime = MONDAY) -> None:
    """A patient with an appointment, whose hospital asks to send nothing for now."""
    await harness.clinic_says(appointment())
    await harness.registry_says(patient(at=at, contacts=SMS, nhs_number=N1, paused=True))


async def standing(harness: Harness, kind: str) -> tuple[str, str]:
    """Where the one message of a kind stands, and why."""
    (row,) = [row for row in await harness.messages(kind=kind) if row["state"] != "withdrawn"]
    return row["state"], row["why"]


ENDS: list[Any] = [
    pytest.param({"paused": False}, id="in so many words"),
    pytest.param({}, id="a record without it"),
]


@pytest.mark.parametrize("end", ENDS)
async def test_its_end_lets_go(harness: Harness, end: dict[str, Any]) -> None:
    """What fell due during the pause goes out at the next claim after it, once."""
    await paused(harness)
    for tens in range(3):
        assert await harness.deliver_at(DUE + timedelta(minutes=10 * tens)) == []
    assert await standing(harness, "agenda") == ("scheduled", "paused")
    await harness.registry_says(patient(at=DUE + timedelta(minutes=20), contacts=SMS, nhs_number=N1, **end))
    assert len(await harness.deliver()) == 1
    assert await harness.deliver_at(DUE + timedelta(minutes=30)) == []
    assert await standing(harness, "agenda") == ("sent", "accepted")


async def test_it_waits_for_the_morning_after(harness: Harness) -> None:
    """A pause that ends in the evening lets nothing out at night."""
    await paused(harness)
    assert await harness.deliver_at(DUE) == []
    evening = DUE + timedelta(hours=3)
    await harness.turn(evening)
    await harness.registry_says(patient(at=evening, contacts=SMS, paused=False))
    assert await harness.deliver() == []
    assert await standing(harness, "agenda") == ("scheduled", "outside_window")
    assert len(await harness.deliver_at(MONDAY + 15 * DAY)) == 1


async def test_what_is_no_more_of_use_is_never_sent(harness: Harness) -> None:
    """A pause that outlasts the appointment withholds its messages, and says that they waited for it."""
    await paused(harness)
    for day in range(14, 23):
        assert await harness.deliver_at(MONDAY + day * DAY) == []
    await harness.registry_says(patient(at=MONDAY + 22 * DAY, contacts=SMS, paused=False))
    assert await harness.deliver_at(MONDAY + 23 * DAY) == []
    assert await standing(harness, "agenda") == ("withheld", "paused")
    assert await standing(harness, "reminder") == ("withheld", "paused")


async def test_what_changes_meanwhile_is_told_as_it_is_then(harness: Harness) -> None:
    """Of an appointment that is cancelled during the pause nobody is reminded after it."""
    await paused(harness)
    assert await harness.deliver_at(DUE) == []
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    await harness.registry_says(patient(at=DUE, contacts=SMS, paused=False))
    assert await harness.deliver_at(DUE + timedelta(minutes=10)) == []


async def test_it_lasts_as_long_as_any_hospital_s(harness: Harness) -> None:
    """Of two hospitals that pause one person, the last to end it lets go."""
    await paused(harness)
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1, paused=True))
    assert await harness.deliver_at(DUE) == []
    await harness.registry_says(patient(at=DUE, contacts=SMS, nhs_number=N1, paused=False))
    assert await harness.deliver_at(DUE + timedelta(minutes=10)) == []
    await harness.registry_says(patient("q1", DUE + timedelta(minutes=10), OTHER_SOURCE, nhs_number=N1, paused=False))
    assert len(await harness.deliver_at(DUE + timedelta(minutes=20))) == 1
