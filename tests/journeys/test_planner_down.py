"""A planner that is away may have missed a cancellation: nothing of its is claimed until it has caught up."""

from datetime import UTC, datetime, timedelta

from shared.clinic.patient import PATIENTS
from tests.harness import MONDAY, appointment, patient
from tests.journeys.stack_harness import StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
ASKED = datetime(2026, 11, 30, 10, 2, tzinfo=UTC)


async def test_a_cancellation_that_waits_in_the_topic_wins(running_town: StackHarness) -> None:
    """While prompts is down nothing of its is claimed, however due; once it is back, the cancellation has won."""
    town, gone, stays = running_town, running_town.patient(), running_town.patient()
    booked = {
        who: appointment(who.id, START, patient=who.id, phone=who.phone, first_name=who.first_name)
        for who in (gone, stays)
    }
    await town.told(*booked.values())
    await town.kill("prompts")
    await town.publish(appointment(gone.id, START, "cancelled", gone.id, MONDAY + timedelta(minutes=1)))
    await town.turn_rudely(ASKED)
    await town.until("delivery has looked", lambda: _waits(town, 2))
    await town.turn_rudely(ASKED + timedelta(minutes=5))
    await town.until("delivery has looked again", lambda: _waits(town, 2))
    assert town.outbound() == []
    await town.start("prompts")
    await town.taken_in()
    await town.turn(ASKED + timedelta(minutes=10))
    await town.settle()
    assert (town.texts(gone.phone), town.texts(stays.phone)) == ([], ["ask 7 December 9am"])


async def test_people_that_is_away_holds_everything_too(running_town: StackHarness) -> None:
    """While the people service is down nobody is written to: it may have to say that a patient has died."""
    town, who = running_town, running_town.patient()
    start = datetime(2026, 12, 21, 9, tzinfo=UTC)
    await town.told(
        appointment(who.id, start, patient=who.id, at=town.hands.now(), phone=who.phone, first_name=who.first_name)
    )
    await town.kill("people")
    await town.publish(patient(who.id, town.hands.now(), deceased=True), topic=PATIENTS)
    await town.turn_rudely(datetime(2026, 12, 14, 10, 2, tzinfo=UTC))
    await town.until("delivery has looked", lambda: _waits(town, 1))
    await town.start("people")
    await town.taken_in()
    await town.turn(datetime(2026, 12, 14, 10, 10, tzinfo=UTC))
    await town.settle()
    assert town.texts(who.phone) == []
    assert ("agenda", "withheld", "deceased") in await town.standing(who)


async def _waits(town: StackHarness, number: int) -> bool:
    """Whether delivery has decided, at the present hour, that so many messages wait for their planner."""
    found: int = await town.pool.fetchval(
        "SELECT count(*) FROM schedule.messages WHERE state = 'scheduled' AND why = 'planner_behind'"
        " AND due_at > clock.now()"
    )
    return found == number
