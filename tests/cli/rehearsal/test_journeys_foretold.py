"""What the journeys on Kafka play is foretold: each of their cases comes to the same live and rehearsed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.rehearsal.both_paths import Lived
from tests.cli.rehearsal.test_both_paths import History, both_ways  # noqa: F401 - a fixture
from tests.harness import MONDAY, appointment, patient
from tests.journeys import test_changes, test_facts
from tests.journeys.test_changes import REMINDED, SENT, Story
from tests.journeys.test_facts import NO_MOBILE, STOPPED, Case

ASKED = datetime(2026, 12, 2, tzinfo=UTC)
"""After the prompt of each story, and before its reminder."""

REMINDED_ALREADY = datetime(2026, 12, 6, tzinfo=UTC)

NOT_FORETOLD = (STOPPED, NO_MOBILE, "NEPHROLOGY-HD")
"""Numbers that a provider refuses: no rehearsal asks one. And a clinic without an approved name: a rehearsal shows what
it would say, with a gap for the name, and that it is held (`test_a_clinic_without_a_name_is_shown_and_held`)."""


def played(story: Story) -> Iterator[dict[str, Any]]:
    """A story's events. What happens to a text that is being sent is the journey's alone: here it is sent."""
    state: dict[str, Any] = {"status": "booked", "start": story.start}
    yield appointment("1", at=MONDAY, **state)
    at = {SENT: ASKED, REMINDED: REMINDED_ALREADY}.get(story.moment, MONDAY + timedelta(days=1))
    for number, change in enumerate(story.changes):
        state |= change
        yield appointment("1", at=at, event_id=f"change-{number}", **state)
        at += timedelta(hours=20) if story.told else timedelta(seconds=1)


def contacts(listed: tuple[str, ...]) -> list[dict[str, str]]:
    """Contacts as a case writes them: `sms {}` is the patient's own."""
    own = {"sms": "07700 900001", "email": "ada@example.org"}
    pairs = [one.split(" ", 1) for one in listed]
    return [{"channel": channel, "value": value.format(own[channel])} for channel, value in pairs]


def published(case: Case) -> Iterator[dict[str, Any]]:
    """A case's events, in the order of its topic: equal times stay equal."""
    for change in case.patients:
        yield patient(at=MONDAY - timedelta(minutes=2), contacts=contacts(change["contacts"]), first_name="Ada")
    for number, change in enumerate(case.events):
        yield _event(number, change)


def _event(number: int, change: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(change)
    listed, start = given.pop("contacts", ("sms {}",)), given.pop("start", test_facts.START)
    at = MONDAY + timedelta(seconds=given.pop("at", 0))
    event = appointment(given.pop("id", "a"), start, at=at, phone=None, event_id=f"event-{number}", **given)
    event["data"]["patient"]["contacts"] = contacts(listed)
    return event


def histories() -> Iterator[tuple[str, History]]:
    """Every case and story of the journeys, each once."""
    for case in test_facts.CASES:
        if not any(one in str(case.events) for one in NOT_FORETOLD):
            yield case.label, list(published(case))
    seen = []
    for story in test_changes.STORIES:
        history = list(played(story))
        if history not in seen:
            seen.append(history)
            yield story.name, history


@pytest.mark.parametrize("history", [pytest.param(history, id=name) for name, history in histories()])
async def test_a_journey_is_foretold(history: History, both_ways: Any) -> None:  # noqa: F811 - the fixture
    """The same messages at the same times in the same words, the same tasks, the same answers to the clinic."""
    found, foretold = await both_ways(history)
    assert isinstance(found, Lived)
    assert foretold == found
