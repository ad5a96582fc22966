"""Two appointments of one patient on one day make one message."""

import pytest

from shared.rules.plan import Message
from tests.prompts.fixtures import Ward

LONG_AGO = "2026-09-01 12:00"
MORNING, AFTERNOON, NEXT_DAY = "2026-12-08 09:00", "2026-12-08 15:00", "2026-12-09 09:00"


def of(ward: Ward) -> list[str]:
    """The plan, with the appointments that each message tells of, in its order."""
    messages = sorted(ward.plan().messages, key=lambda message: (message.send_at, message.kind, message.key))
    return [f"{message.kind} {'+'.join(ids(message))}" for message in messages]


def ids(message: Message) -> list[str]:
    """The appointments that it tells of."""
    return [thing.rpartition("/")[2] for thing in message.says]


def two(late: str = LONG_AGO, first: str = MORNING, second: str = AFTERNOON) -> Ward:
    """A booked long ago; B booked when the case says."""
    return Ward().says(LONG_AGO, first, id="A").says(late, second, id="B")


@pytest.mark.parametrize(
    ("ward", "wanted"),
    [
        pytest.param(two(), ["agenda A+B", "reminder A+B"], id="both in time"),
        pytest.param(two(first=AFTERNOON, second=MORNING), ["agenda B+A", "reminder B+A"], id="told in order of time"),
        pytest.param(two(second=NEXT_DAY), ["agenda A", "reminder A+B"], id="on two days running: one reminder"),
        pytest.param(
            two(second="2026-12-08 23:30").says(LONG_AGO, "2026-12-08 23:30", id="C", clinic="AZORES"),
            ["agenda A+B", "agenda C", "reminder A+B", "reminder C"],
            id="two zones: two messages",
        ),
        pytest.param(two().says(LONG_AGO, MORNING, id="C"), ["agenda A+C+B", "reminder A+C+B"], id="three"),
        pytest.param(two("2026-12-01 17:00"), ["agenda A+B", "reminder A+B"], id="B late, with room, A not yet told"),
        pytest.param(
            two("2026-12-03 12:00"), ["agenda A", "reminder A+B"], id="B late, without room: the reminder tells of it"
        ),
        pytest.param(
            two("2026-12-05 12:00"), ["agenda A", "reminder A+B"], id="B after a reminder that still waits: the same"
        ),
        pytest.param(
            two("2026-12-08 09:30"),
            ["agenda A", "reminder A", "short_notice B"],
            id="B booked when A has begun: alone, or it would be lost with the reminder",
        ),
        pytest.param(
            Ward().says("2026-12-04 17:00", MORNING, id="A").says("2026-12-05 17:00", AFTERNOON, id="B"),
            ["short_notice A+B"],
            id="two late ones: one short notice",
        ),
        pytest.param(
            Ward().says("2026-12-08 06:00", MORNING, id="A").says("2026-12-08 08:00", AFTERNOON, id="B"),
            ["short_notice B"],
            id="two late ones, the first booked too early in the morning when the second was booked: each its own",
        ),
        pytest.param(
            two()
            .tell("agenda", "2026-12-01 16:00")
            .tell("reminder", "2026-12-04 16:00")
            .says("2026-12-05 12:00", MORNING, id="C"),
            [],
            id="one of them twice, once all was told: nothing",
        ),
        pytest.param(
            Ward()
            .says(LONG_AGO, MORNING, id="A")
            .tell("agenda", "2026-12-01 16:00")
            .says("2026-12-01 17:00", AFTERNOON, id="B"),
            ["agenda B", "reminder A+B"],
            id="B late, with room, A asked already: asked by itself, reminded together",
        ),
        pytest.param(
            two().says("2026-10-01 12:00", AFTERNOON, id="B", status="cancelled"),
            ["agenda A", "reminder A"],
            id="one cancelled before anything was told",
        ),
        pytest.param(
            two().tell("agenda", "2026-12-01 16:00").says("2026-12-02 12:00", AFTERNOON, id="B", status="cancelled"),
            ["cancelled B", "reminder A"],
            id="one cancelled after the message was told: a notice, and a reminder of the other",
        ),
        pytest.param(
            two().tell("agenda", "2026-12-01 16:00").says("2026-12-02 12:00", "2026-12-15 09:00", id="B"),
            ["moved B", "reminder A", "agenda B", "reminder B"],
            id="one moved to another day after the message was told",
        ),
    ],
)
def test_one_message_a_day(ward: Ward, wanted: list[str]) -> None:
    """Appointments of one local day share each message that they both want."""
    assert of(ward) == wanted


def test_a_shared_message_waits_for_the_later_and_ends_with_the_earlier() -> None:
    """It is due when all of it is known, and useless once the first of them begins."""
    message = two("2026-12-05 12:00").wanted("reminder")
    assert f"{message.send_at:%d %H:%M} {message.expires_at:%d %H:%M}" == "05 12:00 08 09:00"


def test_different_modes_are_told_apart() -> None:
    """One message, in which each appointment has its own mode; a single one on another day keeps its own words."""
    ward = Ward().says(LONG_AGO, MORNING, id="A").says(LONG_AGO, AFTERNOON, id="B", mode="telephone")
    agenda = ward.wanted("agenda")
    assert agenda.template == "agenda.several"
    assert [visit["mode"] for visit in agenda.data["visits"]] == ["in-person", "telephone"]
    assert [said["mode"] for said in agenda.says.values()] == ["in-person", "telephone"]


def test_places_of_a_shared_message_are_all_named() -> None:
    """A message waits until every place that it names has a public name."""
    ward = Ward().says(LONG_AGO, MORNING, id="A").says(LONG_AGO, AFTERNOON, id="B", clinic="HILL")
    assert [place.rpartition("#")[2] for place in ward.wanted("agenda").places] == ["MSK", "HILL"]


def test_the_order_of_events_does_not_matter() -> None:
    """Facts are a set: the same ones in another order are the same plan, in the same order."""
    one = Ward().says(LONG_AGO, MORNING, id="A").says(LONG_AGO, AFTERNOON, id="B")
    other = Ward().says(LONG_AGO, AFTERNOON, id="B").says(LONG_AGO, MORNING, id="A")
    assert one.plan() == other.plan()
