"""Reminders to whoever is in; and notices, moved and cancelled, only to those who were told otherwise."""

import pytest

from services.reunions.messages import ReunionKind
from tests.reunions.fixtures import SOURCE, THING, Ward, asked, invited, london

MOVED = "2026-12-10 14:00"


def coming() -> Ward:
    """A patient who has a place, and knows it."""
    return asked().answer("2026-10-29 20:00", "IN").tell("seat.in")


def waiting() -> Ward:
    """A patient who waits, and knows it."""
    return asked().full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN").tell("seat.waiting")


@pytest.mark.parametrize(
    ("ward", "planned"),
    [
        pytest.param(
            coming(),
            ["reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"],
            id="a week and a day before",
        ),
        pytest.param(
            invited(start="2026-12-07 14:00").tell("invitation").answer("2026-10-29 20:00", "IN").tell("seat.in"),
            ["reunion.confirm 2026-11-30 CLOCK", "reunion.reminder 2026-12-04 CLOCK"],
            id="on a Monday: the Friday before",
        ),
        pytest.param(
            asked().answer("2026-11-30 20:00", "IN").tell("seat.in"),
            ["reunion.reminder 2026-12-07 CLOCK"],
            id="heard on the evening before: not confirmed as well",
        ),
        pytest.param(waiting(), [], id="whoever waits is not reminded"),
        pytest.param(coming().answer("2026-11-02 20:00", "OUT").tell("seat.out"), [], id="nor whoever left"),
        pytest.param(coming().tell("reunion.confirm"), ["reunion.reminder 2026-12-07 CLOCK"], id="confirmed once"),
    ],
)
def test_reminders(ward: Ward, planned: list[str]) -> None:
    """To whoever is in; a place that nobody needs can still be passed on."""
    assert ward.planned() == planned


@pytest.mark.parametrize(
    ("ward", "planned"),
    [
        pytest.param(
            coming().reunion("2026-11-02 12:00", MOVED),
            ["reunion.moved 2026-11-02 12:00", "reunion.confirm 2026-12-03 CLOCK", "reunion.reminder 2026-12-09 CLOCK"],
            id="in, another day",
        ),
        pytest.param(
            coming().reunion("2026-11-02 12:00", clinic="HILL"),
            ["reunion.moved 2026-11-02 12:00", "reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"],
            id="in, another site",
        ),
        pytest.param(
            coming().reunion("2026-11-02 12:00", "2026-12-08 14:00:30"),
            ["reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"],
            id="in, half a minute later: nobody reads seconds",
        ),
        pytest.param(waiting().reunion("2026-11-02 12:00", MOVED), ["reunion.moved 2026-11-02 12:00"], id="waiting"),
        pytest.param(
            waiting().other("2026-11-06 10:00", "OUT").tell("place_offered").reunion("2026-11-06 12:00", MOVED),
            ["place_offered 2026-11-06 12:00"],
            id="offered: once more, with the new time",
        ),
        pytest.param(
            asked().reunion("2026-11-02 12:00", MOVED),
            ["invitation.again 2026-11-10 CLOCK"],
            id="only invited: next time",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "OUT").tell("seat.out").reunion("2026-11-02 12:00", MOVED), [], id="out"
        ),
        pytest.param(
            coming().reunion("2026-11-02 12:00", MOVED).reunion("2026-11-02 13:00"),
            ["reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"],
            id="there and back before anybody heard",
        ),
        pytest.param(
            coming().reunion("2026-11-02 12:00", MOVED).tell("reunion.moved").reunion("2026-11-03 13:00"),
            ["reunion.moved 2026-11-03 13:00", "reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"],
            id="there and back: told twice",
        ),
    ],
)
def test_moved(ward: Ward, planned: list[str]) -> None:
    """Whoever may come was told another time; others get the new one with the next message."""
    assert ward.planned() == planned


@pytest.mark.parametrize(
    ("ward", "hears"),
    [
        pytest.param(coming(), True, id="in"),
        pytest.param(waiting(), True, id="waiting"),
        pytest.param(
            waiting().other("2026-11-01 10:00", "OUT").tell("place_offered", "2026-11-02 10:00"), True, id="offered"
        ),
        pytest.param(asked(), True, id="invited, and silent"),
        pytest.param(asked().answer("2026-10-29 20:00", "IN"), True, id="in, and only invited as far as they know"),
        pytest.param(invited(), False, id="not invited yet"),
        pytest.param(asked().answer("2026-10-29 20:00", "OUT").tell("seat.out"), False, id="out"),
        pytest.param(asked().answer("2026-10-29 20:00", "OUT"), False, id="out, not yet thanked"),
        pytest.param(asked().answer("2026-10-29 20:00", "LATER").tell("seat.later"), False, id="later"),
    ],
)
@pytest.mark.parametrize("how", ["cancelled", "entered-in-error", "deleted"])
def test_cancelled(ward: Ward, hears: bool, how: str) -> None:
    """Whoever may come hears of it at once, and nobody else; nothing else is wanted any more."""
    ward = _copy(ward)
    at = "2026-11-03 12:00"
    ward = ward.deletes(at) if how == "deleted" else ward.reunion(at, status=how)
    assert ward.planned() == ["reunion.cancelled 2026-11-03 12:00"] * hears
    if hears:
        assert ward.tell("reunion.cancelled").planned() == []


def test_a_cancellation_is_of_what_was_told() -> None:
    """It names the time that the patient knows, goes in the urgent window where it must, and takes the entry away."""
    message = (
        coming().reunion("2026-11-03 12:00", MOVED, status="cancelled", clinic="HILL").wanted(ReunionKind.CANCELLED)
    )
    assert message.data["start"] == {"at": "2026-12-08T14:00:00+00:00", "zone": "Europe/London"}
    assert message.places == (f"{SOURCE}#ELM",)
    assert message.urgent_by == london("2026-12-07 14:00")
    (entry,) = message.calendar
    assert (entry.start, entry.sequence, entry.cancelled) == (london("2026-12-08 14:00"), 2, True)


def test_a_cancellation_is_urgent_to_who_comes() -> None:
    """Whoever has not answered hears of it by day, and is not called in its place where they want no more of these."""
    message = asked().reunion("2026-11-03 12:00", status="cancelled").wanted(ReunionKind.CANCELLED)
    assert message.urgent_by is None


def test_nobody_hears_of_a_cancellation_once_it_was_to_begin() -> None:
    """It is of no use any more."""
    assert coming().reunion("2026-12-08 15:00", status="cancelled").planned() == []


def test_on_again() -> None:
    """Whoever heard that it is cancelled, and has a place, hears that it goes ahead; whoever was invited is again."""
    ward = (
        coming().reunion("2026-11-03 12:00", status="cancelled").tell("reunion.cancelled").reunion("2026-11-04 12:00")
    )
    assert ward.planned() == [
        "seat.in 2026-11-04 12:00",
        "reunion.confirm 2026-12-01 CLOCK",
        "reunion.reminder 2026-12-07 CLOCK",
    ]
    assert ward.wanted(ReunionKind.IN).data["news"] == "on_again"
    silent = (
        asked().reunion("2026-11-03 12:00", status="cancelled").tell("reunion.cancelled").reunion("2026-11-04 09:00")
    )
    assert silent.planned() == ["invitation 2026-11-04 CLOCK"]


def test_whoever_has_a_place_keeps_it() -> None:
    """An enrolment that is corrected afterwards puts nobody out, and they hear of changes as before."""
    ward = coming().enrols("2026-11-02 12:00", 3)
    assert ward.planned() == ["reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"]
    assert ward.reunion("2026-11-03 12:00", MOVED).planned()[0] == "reunion.moved 2026-11-03 12:00"


def test_moved_says_the_old_time_and_keeps_the_questions_open() -> None:
    """It may be answered until it begins, and says of the reunion what the next reminder will say."""
    ward = coming().reunion("2026-11-02 12:00", MOVED)
    message = ward.wanted(ReunionKind.MOVED)
    assert message.data["old"] == {"at": "2026-12-08T14:00:00+00:00", "zone": "Europe/London"}
    assert message.answers_until == london(MOVED)
    assert message.says[THING] == ward.wanted(ReunionKind.REMINDER).says[THING]


def _copy(ward: Ward) -> Ward:
    """A table's row is used by several tests, and a ward changes."""
    copy = Ward()
    vars(copy).update(
        {name: value.copy() if isinstance(value, dict | list | set) else value for name, value in vars(ward).items()}
    )
    copy.sayings = {thing: list(said) for thing, said in ward.sayings.items()}
    return copy
