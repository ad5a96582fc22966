"""However many replicas deliver, and however much is due: never more than the cap to one patient on one day."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.clinic import places
from shared.clinic.places import Place
from tests.harness import MONDAY, SOURCE, appointment
from tests.journeys.stack_harness import Patient, StackHarness

CAP = 5
LONDON = ZoneInfo("Europe/London")
CLINICS = tuple(
    Place(source=SOURCE, clinic=f"C{n}", name=f"Clinic {n}", phone="020 7946 0109", sender="Riverside Hospital")
    for n in range(12)
)
"""As many places as bookings: visits at one of them would be a series, and told as one."""

ZONES = ("Europe/London", "Atlantic/Azores")
"""Appointments of one day are one message, unless their clinics keep different clocks."""

DUE_AT_ONCE = "SELECT count(*) FROM schedule.messages WHERE send_at <= $1"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Replicas that take a few messages at a time, so that one patient's are shared between them.

    They ask for nothing: questions keep their distance from each other, and would never be so many a day.
    """
    many = {"prompts_weekly_most": "20"}  # it is the day's most that is tried, not the week's
    return {"in_flight": "3", "daily_cap": str(CAP), "sms_answers": "false", **many}


@pytest.mark.usefixtures("needs_real_kafka")
async def test_two_replicas_never_send_a_sixth(running_town: StackHarness) -> None:
    """Twelve messages each, due at once, for six patients, and two replicas of delivery: never six on a day."""
    town = running_town
    async with town.pool.acquire() as connection:
        await places.store(connection, CLINICS)
    await town.start("delivery-2")
    town.faults(latency=0.05)
    patients = [town.patient() for _ in range(6)]
    await town.told(*(booking for who in patients for booking in _twelve(who)))
    assert await town.pool.fetchval(DUE_AT_ONCE, town.hands.now()) == 12 * len(patients)
    await town.settle()
    for day in (1, 2, 3, 4, 7):
        await town.at(MONDAY + timedelta(days=day))
        await town.at(MONDAY + timedelta(days=day, hours=5))
    sent = Counter((text.to, text.created_at.astimezone(LONDON).date()) for text in town.outbound())
    for who in patients:
        on_each_day = [number for (phone, _), number in sorted(sent.items()) if phone == who.phone]
        assert on_each_day[:2] == [CAP, CAP]
        assert max(on_each_day) == CAP
    assert town.sandbox.ledger.doubles() == []


def _twelve(who: Patient) -> list[dict[str, object]]:
    """Late bookings on six days, two on each: each wants its prompt or short notice at once."""
    return [
        appointment(
            f"{who.id}.{day}.{zone}",
            MONDAY + timedelta(days=day, hours=6),
            patient=who.id,
            phone=who.phone,
            first_name=who.first_name,
            zone=zone,
            clinic=CLINICS[2 * day - 2 + number].clinic,
        )
        for day in range(1, 7)
        for number, zone in enumerate(ZONES)
    ]
