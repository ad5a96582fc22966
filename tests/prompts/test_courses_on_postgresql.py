"""Course sessions through the real engine, schedule and delivery: whoever takes part is told, and told otherwise."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.clinic.courses import COURSES
from tests.harness import MONDAY, SOURCE, Harness

FIRST = MONDAY + timedelta(days=8, hours=1)  # Tuesday 24 November, 10:00
EVE = FIRST - timedelta(days=1) + timedelta(hours=6, minutes=30)  # Monday, once every patient's time has come


def event(kind: str, id: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its own name
    """An organiser's event."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{id}-{at:%m%dT%H%M%S}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{id}",
        "time": at.isoformat(),
        "data": data,
    }


def course(at: datetime = MONDAY, first: datetime = FIRST, **data: Any) -> dict[str, Any]:
    """A course of six sessions, one a week."""
    sessions = [{"number": n + 1, "start": (first + timedelta(weeks=n)).isoformat()} for n in range(6)]
    return event("course", "C1", at, {"sessions": sessions, "clinic": "MSK", **data})


def enrolment(number: int, at: datetime = MONDAY, **data: Any) -> dict[str, Any]:
    """One of those who take part."""
    contacts = [{"channel": "sms", "value": f"07700 90000{number}"}]
    who = {"id": f"p{number}", "first_name": "Ada", "contacts": contacts}
    return event("enrolment", f"E{number}", at, {"course": "C1", "patient": who, **data})


@pytest.mark.parametrize("course_first", [True, False])
async def test_everybody_hears(harness: Harness, course_first: bool) -> None:
    """Whichever comes first: all are reminded of the first session, and hear at once that the course has moved."""
    people = [enrolment(number) for number in (1, 2, 3)]
    events = [course(), *people] if course_first else [*people, course()]
    for one in events:
        assert await harness.planners_hear(COURSES, one) == []
    await harness.wake()
    sent = await harness.deliver_at(EVE)
    assert len(sent) == 3
    assert all("a reminder of your course session" in letter.text for letter in sent)

    later = course(EVE, FIRST + timedelta(weeks=1))
    assert await harness.planners_hear(COURSES, enrolment(3, EVE, status="withdrawn"), later) == []
    await harness.wake()
    moved = await harness.deliver()
    assert len(moved) == 2
    assert all("has moved" in letter.text for letter in moved)


async def test_an_unreadable_event_holds_the_reminder(harness: Harness) -> None:
    """What cannot be read may be a cancellation: of the course, or of one enrolment in it."""
    await harness.planners_hear(COURSES, course(), enrolment(1), enrolment(2))
    await harness.wake()
    broken = course(MONDAY + timedelta(hours=1), sessions=[])
    assert len(await harness.planners_hear(COURSES, broken)) == 1
    assert await harness.deliver_at(EVE) == []
    await harness.planners_hear(COURSES, course(EVE))
    await harness.wake()
    assert len(await harness.deliver()) == 2
