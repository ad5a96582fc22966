"""Whatever is killed, between whichever two steps: every wanted message reaches its phone, once."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.harness import MONDAY, appointment
from tests.journeys.stack_harness import Patient, StackHarness

pytestmark = pytest.mark.usefixtures("needs_real_kafka")  # elsewhere a killed member is waited for for 10 s

SERVICES = ("prompts", "people", "delivery", "gateway")
STEPS = ("published", "planned", "claimed", "handed over", "recorded", "receipt")
FIRST_ASKED = datetime(2027, 1, 11, 10, 2, tzinfo=UTC)  # a Monday; no bank holiday until Easter
DUE = "SELECT count(*) FROM schedule.messages WHERE kind = 'agenda' AND state = 'scheduled' AND due_at <= clock.now()"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """A few sends at once, at a rate at which 300 of them take a while."""
    return {"in_flight": "10", "sms_rate": "60"}


def _booking(who: Patient, start: datetime, at: datetime) -> dict[str, object]:
    return appointment(who.id, start, patient=who.id, at=at, phone=who.phone, first_name=who.first_name)


class Walk:
    """One patient's prompt, step by step, with a pause after each step in which something can be killed."""

    def __init__(self, town: StackHarness, week: int) -> None:
        self.town = town
        self.who = town.patient()
        self.asked = FIRST_ASKED + timedelta(weeks=week)
        self.start = self.asked + timedelta(days=7, hours=-1)

    async def to(self, step: str) -> None:
        """Go on until this step is done."""
        town = self.town
        match step:
            case "published":
                await town.publish(_booking(self.who, self.start, town.hands.now()))
            case "planned":
                await town.taken_in()
                assert [kind for kind, _, _ in await town.standing(self.who)] == ["agenda", "reminder"]
            case "claimed":
                town.faults(latency=0.6)
                await town.turn(self.asked)
                await town.until("it is claimed", lambda: self._stands("sending", "sent", "delivered"))
            case "handed over":
                await town.until("the provider has it", self._accepted)
                town.faults()
            case "recorded":
                await town.until("it is recorded", lambda: self._stands("sent", "delivered"))
            case "receipt":
                await town.settle()

    async def _stands(self, *states: str) -> bool:
        return (await self.town.standing(self.who))[0][1] in states

    async def _accepted(self) -> bool:
        return len(self.town.texts(self.who.phone)) > 0


@pytest.mark.parametrize("killed", SERVICES)
async def test_killed_between_any_two_steps(running_town: StackHarness, killed: str) -> None:
    """Kill -9 and start of a service after each step of a message's life leaves it sent, once, and known to be."""
    town, walk = running_town, Walk(running_town, SERVICES.index(killed))
    for step in STEPS:
        await walk.to(step)
        await town.restart(killed)
    await town.settle()
    assert len(town.texts(walk.who.phone)) == 1
    assert (await town.standing(walk.who))[0][1] in {"sent", "delivered"}
    assert town.sandbox.ledger.doubles() == []


async def test_killed_at_random(running_town: StackHarness) -> None:
    """Kill -9 of delivery a dozen times amid 300 due messages and a provider that hangs: no double, and none is lost.

    What was twice left in doubt, and that the provider never had, is parked for a person: counted, not forgotten.
    """
    town, luck = running_town, random.Random(11)
    start, asked = datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 2, 22, 10, 2, tzinfo=UTC)
    patients = [town.patient() for _ in range(300)]
    await town.told(*(_booking(who, start, MONDAY) for who in patients))
    town.faults(seed=5, hang_after=0.04, reset_after=0.04, error_after=0.04)
    await town.turn(asked)
    kills = 0
    while kills < 12 and await town.pool.fetchval(DUE):
        target = len(town.outbound()) + luck.randrange(5, 25)
        await town.until("some more are sent", lambda target=target: _sent(town, target))  # type: ignore[misc]
        await town.restart("delivery")
        kills += 1
    town.faults()
    await town.settle(within=90)
    await town.turn(asked + timedelta(minutes=2))  # what was surely not sent is tried again within a minute
    await town.settle(within=60)
    got = Counter(text.to for text in town.outbound())
    phones = {who.phone for who in patients}
    rows = await town.messages(kind="agenda", send_at=asked.replace(minute=0))
    parked = [row for row in rows if row["state"] == "parked"]
    assert kills >= 8
    assert town.sandbox.ledger.doubles() == []
    assert {row["state"] for row in rows} <= {"sent", "delivered", "parked"}
    assert all(row["resends"] == 1 for row in parked)
    assert len([phone for phone in phones if got[phone] == 1]) == len(phones) - len(parked)
    assert len(parked) < 10


async def _sent(town: StackHarness, number: int) -> bool:
    """Whether so many were sent, or there is nothing left to send."""
    return len(town.outbound()) >= number or not await town.pool.fetchval(DUE)
