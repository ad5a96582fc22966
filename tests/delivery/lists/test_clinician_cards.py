"""What a clinician may read of what patients said: theirs, of this appointment, and nobody else's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.lists.clinician_cards import SURE_FOR, CardAppointment, heard, things
from shared.rules.reply import Reply
from shared.words.filling import PatientRequest

SOURCE = "https://riverside.example.org"
THING, OTHER = f"{SOURCE}/appointment/1", f"{SOURCE}/appointment/2"
GOAL = f"{SOURCE}/goal/1"
START = datetime(2026, 12, 8, 9, tzinfo=UTC)
NOW = START - timedelta(hours=18)
BEFORE = NOW - timedelta(days=3)
PATIENT = UUID(int=1)
MEETING = CardAppointment(
    planner="prompts",
    thing=THING,
    start=START,
    patient_id=PATIENT,
    source=SOURCE,
    changed_at=NOW - timedelta(days=30),
    listed={THING},
)


def named_twice(token: str, another: str = "MSK") -> Reply:
    """An answer to a message about two names of what the clinic's clock shows as one hour, perhaps at two places."""
    hour = {"start": START.isoformat(), "minute": f"{START:%Y-%m-%dT%H:%M}", "mode": "in-person", "on": True}
    said = {THING: {**hour, "place": "s#MSK"}, OTHER: {**hour, "place": f"s#{another}"}}
    return replace(reply(token=token), said=said)


def reply(
    *things: str,
    token: str | None = None,
    items: tuple[str, ...] = (),
    number: int | None = None,
    start: datetime | None = START,
    days: int = 0,
    planner: str = "prompts",
    **more: Any,
) -> Reply:
    """An answer to a message about these things, which told this start, so many days after the first."""
    said = {thing: {"start": start.isoformat()} if start else {} for thing in things or (THING,)}
    at = more.pop("at", BEFORE + timedelta(days=days))
    return Reply(
        id=f"SM{days}",
        at=at,
        planner=planner,
        message_id=UUID(int=2),
        kind="agenda",
        said=said,
        token=token,
        number=number,
        items=items,
        **more,
    )


def told(*replies: Reply, meeting: CardAppointment = MEETING) -> PatientRequest:
    """What the clinician reads."""
    return heard(meeting, replies, is_urgent=False, now=NOW)


TABLE = [
    pytest.param((), PatientRequest(), id="nothing"),
    pytest.param((reply(items=("my back", "sleep")),), PatientRequest(("my back", "sleep")), id="a list"),
    pytest.param(
        (reply(items=("sleep",), days=1), reply(items=("my back",))),
        PatientRequest(("my back", "sleep")),
        id="two, oldest first",
    ),
    pytest.param(
        (reply(items=("my back",), quiet=True),), PatientRequest(("my back",)), id="one that nothing thanks for"
    ),
    pytest.param((reply(),), PatientRequest(has_more=True), id="words that are erased, or cannot be opened"),
    pytest.param((reply(OTHER, items=("my back",)),), PatientRequest(), id="about another appointment"),
    pytest.param((reply(items=("my back",), planner="followup"),), PatientRequest(), id="to another planner's message"),
    pytest.param(
        (reply(THING, OTHER, items=("my back",)),),
        PatientRequest(has_more=True),
        id="about several, perhaps for another clinic",
    ),
    pytest.param(
        (reply(items=("my back",), start=START - timedelta(days=1)),),
        PatientRequest(("my back",)),
        id="a list survives a move",
    ),
    pytest.param(
        (reply(items=("my back",), start=START - timedelta(days=60)),),
        PatientRequest(),
        id="but what changed once it was over is a new appointment",
    ),
    pytest.param(
        (reply(items=("my back",), start=None),), PatientRequest(("my back",)), id="where the message is erased"
    ),
    pytest.param((reply(token="1"),), PatientRequest(wish="1"), id="coming"),
    pytest.param((reply(token="2"), reply(token="1", days=1)), PatientRequest(wish="1"), id="the last wish counts"),
    pytest.param(
        (reply(token="1", days=1), reply(token="2")), PatientRequest(wish="1"), id="in whatever order they are read"
    ),
    pytest.param(
        (reply(token="2", start=START - timedelta(days=1)),), PatientRequest(), id="a wish that the clinic has met"
    ),
    pytest.param((reply(THING, OTHER, token="2"),), PatientRequest(), id="a wish that may mean either"),
    pytest.param((named_twice("2"),), PatientRequest(wish="2"), id="of an hour that was booked under two names"),
    pytest.param((named_twice("2", another="HILL"),), PatientRequest(), id="of one hour at two places: either"),
    pytest.param((reply(token="A"),), PatientRequest(), id="no wish"),
    pytest.param(
        (reply(GOAL, token="SURE", number=0, planner="followup"),),
        PatientRequest(confidence=0),
        id="not sure at all is an answer",
    ),
    pytest.param(
        (
            reply(GOAL, token="SURE", number=4, planner="followup"),
            reply(GOAL, token="SURE", number=8, planner="followup", days=2),
        ),
        PatientRequest(confidence=8),
        id="the last confidence",
    ),
    pytest.param(
        (reply("https://hillside.example.org/goal/1", token="SURE", number=4, planner="followup"),),
        PatientRequest(),
        id="of a goal that was set elsewhere",
    ),
    pytest.param(
        (reply(f"{SOURCE}/below/goal/1", token="SURE", number=4, planner="followup"),),
        PatientRequest(),
        id="of a source that begins alike",
    ),
    pytest.param(
        (reply(GOAL, token="SURE", number=4, planner="followup", at=NOW - SURE_FOR),), PatientRequest(), id="long ago"
    ),
]


@pytest.mark.parametrize(("replies", "expected"), TABLE)
def test_what_is_read_of_answers(replies: tuple[Reply, ...], expected: PatientRequest) -> None:
    """Own words about this appointment alone, the last wish that still stands, the last confidence at this clinic."""
    assert told(*replies) == expected


def test_a_list_for_two_of_the_same_day_is_shown() -> None:
    """Where both appointments are on the same card, their words are for whoever reads it."""
    both = CardAppointment(
        planner="prompts",
        thing=THING,
        start=START,
        patient_id=PATIENT,
        source=SOURCE,
        changed_at=MEETING.changed_at,
        listed={THING, OTHER},
    )
    assert told(reply(THING, OTHER, items=("my back",)), meeting=both) == PatientRequest(("my back",))


def test_the_things_of_a_card() -> None:
    """By their names, with the time that the card tells; another message's appointments are none of it."""
    at = {"at": "2026-12-08T09:00:00+00:00", "zone": "Europe/London"}
    visit = {"start": at, "end": at, "mode": "video"}
    assert things({"visits": [{**visit, "said": {"thing": THING}}]}) == {THING: START}
    assert things({"visits": [{**visit, "place": {"place": "s#MSK"}}]}) == {}
    assert things({"start": at}) == {}
