"""Where they stand: each patient is told their last state, once; and the clinic hears of every answer."""

from typing import Any

import pytest

from services.reunions.messages import ReunionKind
from tests.reunions.fixtures import SOURCE, THING, Ward, asked, invited, london

CONFIRM = ["reunion.confirm 2026-12-01 CLOCK", "reunion.reminder 2026-12-07 CLOCK"]


def waiting(**reunion: Any) -> Ward:
    """A patient who waits behind two others, and knows it."""
    return asked(**reunion).full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN").tell("seat.waiting")


def offered() -> Ward:
    """A patient who is offered a place on a Friday at 10 until Monday at 8."""
    return waiting().other("2026-11-06 10:00", "OUT")


@pytest.mark.parametrize(
    ("ward", "planned"),
    [
        pytest.param(asked().answer("2026-10-29 20:00", "IN"), ["seat.in 2026-10-29 20:00 at once", *CONFIRM], id="in"),
        pytest.param(asked().answer("2026-10-29 20:00", "OUT"), ["seat.out 2026-10-29 20:00 at once"], id="out"),
        pytest.param(asked().answer("2026-10-29 20:00", "LATER"), ["seat.later 2026-10-29 20:00 at once"], id="later"),
        pytest.param(
            asked().full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN"),
            ["seat.waiting 2026-10-29 20:00 at once"],
            id="full",
        ),
        pytest.param(offered(), ["place_offered 2026-11-06 10:00"], id="moved up"),
        pytest.param(
            offered().tell("place_offered").answer("2026-11-06 12:00", "IN"),
            ["seat.in 2026-11-06 12:00 at once", *CONFIRM],
            id="takes the offer",
        ),
        pytest.param(
            offered().tell("place_offered").answer("2026-11-06 12:00", "OUT"),
            ["seat.out 2026-11-06 12:00 at once"],
            id="passes it on",
        ),
        pytest.param(
            offered().tell("place_offered").wait("2026-11-10 12:00"),
            ["seat.lapsed 2026-11-09 08:00"],
            id="lets it pass",
        ),
        pytest.param(waiting().wait("2026-12-01 15:00"), ["seat.closed 2026-12-01 14:00"], id="waits until the close"),
        pytest.param(
            waiting().reunion("2026-11-02 12:00", capacity=3), ["place_offered 2026-11-02 12:00"], id="more places"
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").tell("seat.in").reunion("2026-11-02 12:00", capacity=1),
            CONFIRM,
            id="fewer places put nobody out",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN", quiet=True),
            ["seat.in 2026-10-29 20:00", *CONFIRM],
            id="a quiet answer is told as an ordinary message",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").answer("2026-10-29 20:01", "OUT"),
            ["seat.out 2026-10-29 20:01 at once"],
            id="changed before it was told: only the last",
        ),
        pytest.param(
            waiting()
            .other("2026-11-06 10:00", "OUT")
            .other("2026-11-06 10:01", "IN", "p9")
            .answer("2026-11-06 11:00", "OUT"),
            ["seat.out 2026-11-06 11:00 at once"],
            id="an offer that was not told before they left",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "OUT").tell("seat.out").answer("2026-10-30 20:00", "IN"),
            ["seat.in 2026-10-30 20:00 at once", *CONFIRM],
            id="out and in again",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").tell("seat.in").answer("2026-10-29 21:00", "IN"),
            CONFIRM,
            id="the same again, soon after",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").tell("seat.in").answer("2026-10-30 21:00", "IN"),
            ["seat.in 2026-10-30 21:00 at once", *CONFIRM],
            id="the same again, a day after",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").tell("seat.in").answer("2026-12-05 20:00", "OUT"),
            ["seat.out 2026-12-05 20:00 at once"],
            id="out once the list is closed",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "OUT").tell("seat.out").answer("2026-12-02 20:00", "IN"),
            ["seat.closed 2026-12-02 20:00 at once"],
            id="in once the list is closed: refused",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN 2"), ["seat.party 2026-10-29 20:00 at once"], id="no guests here"
        ),
        pytest.param(
            asked(most_in_party=2).answer("2026-10-29 20:00", "IN 3"),
            ["seat.party 2026-10-29 20:00 at once"],
            id="too many guests",
        ),
        pytest.param(
            asked(most_in_party=2).answer("2026-10-29 20:00", "IN 3").answer("2026-10-29 20:05", "IN 2"),
            ["seat.in 2026-10-29 20:05 at once", *CONFIRM],
            id="too many, then few enough",
        ),
        pytest.param(
            asked(most_in_party=2).answer("2026-10-29 20:00", "IN").answer("2026-10-29 20:05", "IN 3"),
            ["seat.in 2026-10-29 20:00 at once", "seat.party 2026-10-29 20:05 at once", *CONFIRM],
            id="in, then too many: both are answered",
        ),
    ],
)
def test_where_they_stand(ward: Ward, planned: list[str]) -> None:
    """An acknowledgement where it is their answer's direct effect, else an ordinary message."""
    assert ward.planned() == planned


def test_an_acknowledgement_that_could_not_go_is_told_all_the_same() -> None:
    """After two hours it is a message of its own, and only where the other was not told."""
    ward = asked().answer("2026-10-29 20:00", "IN").wait("2026-10-29 23:00")
    assert ward.planned() == ["seat.in 2026-10-29 22:00", *CONFIRM]
    told = asked().answer("2026-10-29 20:00", "IN").tell("seat.in").wait("2026-10-29 23:00")
    assert told.planned() == CONFIRM


def test_a_refusal_that_could_not_go_goes_by_day() -> None:
    """Whoever heard nothing of a party that is too large would think that it has places: they hear it later, once."""
    ward = asked().answer("2026-10-29 20:00", "IN 5").wait("2026-10-29 23:00")
    assert ward.planned() == ["seat.party 2026-10-29 22:00"]
    assert ward.tell(ReunionKind.PARTY).planned() == []
    assert asked().answer("2026-10-29 20:00", "IN 5").tell(ReunionKind.PARTY).wait("2026-10-29 23:00").planned() == []


@pytest.mark.parametrize(
    ("ward", "kind", "until"),
    [
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN"), ReunionKind.IN, "2026-12-08 14:00", id="in: until it begins"
        ),
        pytest.param(
            asked().full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN"),
            ReunionKind.WAITING,
            "2026-12-08 14:00",
            id="waiting: until it begins",
        ),
        pytest.param(offered(), ReunionKind.OFFERED, "2026-11-09 08:00", id="offered: until that ends"),
        pytest.param(
            asked().answer("2026-10-29 20:00", "OUT"),
            ReunionKind.OUT,
            "2026-12-01 14:00",
            id="out: until the list closes",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN 5"), ReunionKind.PARTY, "2026-12-01 14:00", id="asked how many"
        ),
        pytest.param(waiting().wait("2026-12-01 15:00"), ReunionKind.CLOSED, None, id="closed: no answer"),
    ],
)
def test_until_when_answers_act(ward: Ward, kind: ReunionKind, until: str | None) -> None:
    """A place can be given back until it begins, an offer be taken until it ends."""
    assert ward.wanted(kind).answers_until == (until and london(until))


def test_wake_ups_are_the_ledgers() -> None:
    """The end of an offer, and the close for whoever waits, under the names that the ledger reads."""
    assert ("https://riverside.example.org/reunion/r1/close", london("2026-12-01 14:00")) in [
        (wakeup.key, wakeup.at) for wakeup in waiting().plan().wakeups
    ]
    ward = offered()
    seat = ward.seat
    assert seat is not None
    assert (f"{THING}/offer/{seat.since}", seat.until) in [(w.key, w.at) for w in ward.plan().wakeups]


def test_refusals_leave_what_was_told_as_it_was() -> None:
    """They say what the answered message said, so its question stays open and nothing is told again."""
    ward = asked().answer("2026-10-29 20:00", "IN 2")
    assert ward.wanted(ReunionKind.PARTY).says == {THING: ward.sayings[THING][0].said}
    assert (
        ward.tell(ReunionKind.PARTY).answer("2026-10-29 20:10", "IN").planned()[0] == "seat.in 2026-10-29 20:10 at once"
    )


@pytest.mark.parametrize(
    ("ward", "kind", "data"),
    [
        pytest.param(
            asked(most_in_party=2).answer("2026-10-29 20:00", "IN 2"),
            ReunionKind.IN,
            {"several": True, "party": "2", "fewer": False, "news": "none"},
            id="two places",
        ),
        pytest.param(
            asked(most_in_party=2)
            .other("2026-10-28 10:00", "IN")
            .answer("2026-10-29 20:00", "IN")
            .tell("seat.in")
            .answer("2026-10-29 20:10", "IN 2"),
            ReunionKind.IN,
            {"several": False, "party": "1", "fewer": True, "news": "none"},
            id="no room for the guest",
        ),
        pytest.param(
            asked(most_in_party=2).other("2026-10-28 10:00", "IN").answer("2026-10-29 20:00", "IN 2"),
            ReunionKind.WAITING,
            {"several": True, "party": "2", "news": "none"},
            id="both wait",
        ),
        pytest.param(
            asked().reunion("2026-10-28 12:00", "2026-12-10 14:00").answer("2026-10-29 20:00", "IN"),
            ReunionKind.IN,
            {"several": False, "party": "1", "fewer": False, "news": "moved"},
            id="it has moved since the invitation",
        ),
        pytest.param(
            asked(most_in_party=2).answer("2026-10-29 20:00", "IN 7"),
            ReunionKind.PARTY,
            {"most": "2", "guests": True},
            id="how many may come",
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "OUT"), ReunionKind.OUT, {"open": True}, id="may change their mind"
        ),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").tell("seat.in").answer("2026-12-05 20:00", "OUT"),
            ReunionKind.OUT,
            {"open": False},
            id="too late to change it",
        ),
    ],
)
def test_what_the_words_are_told(ward: Ward, kind: ReunionKind, data: dict[str, Any]) -> None:
    """How many places, and what else is news."""
    told = ward.wanted(kind).data
    assert {name: told[name] for name in data} == data


@pytest.mark.parametrize(
    ("ward", "heard"),
    [
        pytest.param(asked().answer("2026-10-29 20:00", "IN"), [("in", 1, "in")], id="in"),
        pytest.param(asked(most_in_party=2).answer("2026-10-29 20:00", "IN 2"), [("in", 2, "in")], id="two are in"),
        pytest.param(waiting(), [("in", 1, "waiting")], id="waits"),
        pytest.param(asked().answer("2026-10-29 20:00", "OUT"), [("out", None, "out")], id="out"),
        pytest.param(asked().answer("2026-10-29 20:00", "LATER"), [("later", None, "later")], id="later"),
        pytest.param(asked().answer("2026-10-29 20:00", "IN 4"), [("in", 4, "refused")], id="too many"),
        pytest.param(
            asked().answer("2026-10-29 20:00", "IN").answer("2026-10-29 20:01", "OUT"),
            [("in", 1, None), ("out", None, "out")],
            id="each answer, and what stands after the last",
        ),
    ],
)
def test_the_clinic_hears_every_answer(ward: Ward, heard: list[tuple[str, int | None, str | None]]) -> None:
    """With the party, where they stand then, and by which enrolment the organiser knows them."""
    responses = ward.responses()
    assert [(r.data["answer"], r.data["party"], r.data["standing"]) for r in responses] == heard
    assert {(r.type, r.things) for r in responses} == {
        ("reunion.rsvp", (THING, THING.replace("reunion/r1", "enrolment/e1")))
    }
    assert {r.data["start"] for r in responses} == {"2026-12-08T14:00:00+00:00"}


def test_a_site_of_two_codes_is_one_place() -> None:
    """Another room is no news to whoever has a place."""
    ward = asked().answer("2026-10-29 20:00", "IN").tell("seat.in")
    assert ward.reunion("2026-10-30 12:00", clinic="ELM-2").planned() == CONFIRM
    assert ward.wanted(ReunionKind.CONFIRM).places == (f"{SOURCE}#ELM-2",)


def test_nobody_who_never_heard_is_told_of_a_place() -> None:
    """Whoever is merely invited stands nowhere yet."""
    assert [message.kind for message in invited().to_come()] == [ReunionKind.INVITATION]
