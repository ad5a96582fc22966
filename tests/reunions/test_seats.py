"""The rule of places, case by case: who is in, who waits, who is offered a place."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.calendar.sending_window import usual
from shared.rules.waiting_list import Act, ListEntry, Seat, SeatStatus, WaitingList, offer_end, seat

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
PEOPLE = {name: UUID(int=number) for number, name in enumerate("abcdefg", 1)}
NAMES = {patient: name for name, patient in PEOPLE.items()}
OFFER = timedelta(hours=48)
MARKS = {"|": Act.CLOSE, "<": Act.OPEN, "?": Act.VOID, "-": Act.OUT, "~": Act.LATER, "!": Act.LAPSE}


def until(at: datetime) -> datetime:
    return at + OFFER


def entries(words: str, since: int = 1) -> list[ListEntry]:
    """`40 a b2 -a ~b !a:5 a=b | <`: capacity, IN, IN with a party, OUT, LATER, a lapse, one person, close, open."""
    return [entry(word, arrival) for arrival, word in enumerate(words.split(), since)]


def entry(word: str, arrival: int) -> ListEntry:
    at = NOON + timedelta(minutes=arrival)
    if word.isdigit():
        return ListEntry(arrival=arrival, at=at, act=Act.CAPACITY, patient_id=None, party=int(word))
    act = MARKS.get(word[0], Act.IN)
    if act in {Act.CLOSE, Act.OPEN}:
        return ListEntry(arrival=arrival, at=at, act=act)
    name, rest = (word[0], word[1:]) if act is Act.IN else (word[1], word[2:])
    if rest.startswith("="):
        return ListEntry(arrival=arrival, at=at, act=Act.SAME, patient_id=PEOPLE[name], other=PEOPLE[rest[1:]])
    return ListEntry(arrival=arrival, at=at, act=act, patient_id=PEOPLE[name], party=int(rest.removeprefix(":") or 1))


def shown(state: WaitingList) -> str:
    """Everybody, in order of their names: `a:in b:waiting2`."""
    people = sorted((NAMES[patient], one) for patient, one in state.seats.items())
    return " ".join(f"{name}:{one.standing}{one.party if one.party > 1 else ''}" for name, one in people)


def fold(words: str) -> WaitingList:
    return seat(WaitingList(), entries(words), until)


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        pytest.param("2 a b", "a:in b:in", id="as many as there are places are in"),
        pytest.param("2 a b c d", "a:in b:in c:waiting d:waiting", id="full: they wait"),
        pytest.param("1 a a a b", "a:in b:waiting", id="who says it again has one place"),
        pytest.param("1 -a ~b", "a:out b:later", id="OUT and LATER are kept of people who never came"),
        pytest.param("1 a -a b", "a:out b:in", id="a place that is freed while nobody waits goes to whoever comes"),
        pytest.param("1 a b c -a", "a:out b:offered c:waiting", id="a freed place is offered to the first"),
        pytest.param("1 a b c ~a", "a:later b:offered c:waiting", id="LATER frees it as well"),
        pytest.param("1 a b -a c", "a:out b:offered c:waiting", id="an offered place is held"),
        pytest.param("1 a b c -a b", "a:out b:in c:waiting", id="who is offered a place takes it"),
        pytest.param("1 a b c -a -b", "a:out b:out c:offered", id="who declines it passes it on"),
        pytest.param("1 a b c -a ~b", "a:out b:later c:offered", id="LATER passes it on"),
        pytest.param("1 a b c -a !b:5", "a:out b:lapsed c:offered", id="an offer that ends passes it on"),
        pytest.param("1 a b c -a b !b:5", "a:out b:in c:waiting", id="an end that comes after the answer does nothing"),
        pytest.param("1 a b c -a !b:4", "a:out b:offered c:waiting", id="the end of another offer does nothing"),
        pytest.param("1 a !a:2", "a:in", id="what is no offer does not end"),
        pytest.param("1 a b -a !b:4 b", "a:out b:in", id="who let it pass may come while there is room"),
        pytest.param("1 a b c -a !b:5 b", "a:out b:waiting c:offered", id="and is last else"),
        pytest.param("1 a b c -b b -a", "a:out b:waiting c:offered", id="who leaves and comes again goes to the end"),
        pytest.param("1 a b c b -a", "a:out b:offered c:waiting", id="who says it again keeps the turn"),
        pytest.param("1 a b c -a a", "a:waiting b:offered c:waiting", id="who gave the place away waits for another"),
        pytest.param("1 a ?b", "a:in", id="a void answer is nothing"),
    ],
)
def test_first_come_first_served(words: str, stands: str) -> None:
    """Places go by the order of arrival, a freed one to the first who waits, and each person stands in one place."""
    assert shown(fold(words)) == stands


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        pytest.param("4 a3 b", "a:in3 b:in", id="a party takes its size"),
        pytest.param("4 a3 b2 c", "a:in3 b:waiting2 c:waiting", id="a party waits whole, and nobody passes it"),
        pytest.param("4 a2 b c c", "a:in2 b:in c:in", id="up to the last place"),
        pytest.param("4 a2 b2 c2 d -b", "a:in2 b:out c:offered2 d:waiting", id="it is offered all its places at once"),
        pytest.param("4 a2 b c d2 e -b", "a:in2 b:out c:in d:waiting2 e:waiting", id="not a part of them"),
        pytest.param("4 a2 b c d2 e -b -c", "a:in2 b:out c:out d:offered2 e:waiting", id="but once they suffice"),
        pytest.param("4 a3 b2 b", "a:in3 b:in", id="the first who waits and makes it fit is in"),
        pytest.param("4 a3 b2 c2 c", "a:in3 b:waiting2 c:waiting", id="the second is not"),
        pytest.param("4 a3 b2 c d b", "a:in3 b:in c:waiting d:waiting", id="with nothing left the next wait on"),
        pytest.param("4 a4 b b2 -a", "a:out b:offered2", id="a waiting party may grow, and keeps its turn"),
        pytest.param(
            "4 a4 b c b3 -a", "a:out b:offered3 c:offered", id="whoever fits behind it is offered a place too"
        ),
        pytest.param("4 a4 b a2", "a:in2 b:offered", id="a smaller party frees places"),
        pytest.param("4 a b a3", "a:in3 b:in", id="a larger one takes what is free"),
        pytest.param("4 a b a4", "a:in b:in", id="and stays what it was where that does not suffice"),
        pytest.param("4 a b c3 a2", "a:in b:in c:waiting3", id="or where somebody waits for it"),
        pytest.param("4 a4 b3 -a b2", "a:out b:in2", id="an offer is taken by fewer"),
        pytest.param("4 a4 b2 -a b3", "a:out b:in3", id="or by more, where that fits"),
        pytest.param("4 a4 b2 c3 -a b3", "a:out b:in2 c:waiting3", id="but not where somebody waits for it"),
        pytest.param("4 a4 b3 2 c", "a:in4 b:waiting3 c:waiting", id="fewer places put nobody out"),
        pytest.param("4 a4 b3 2 c -a", "a:out b:waiting3 c:offered", id="who could never fit holds nobody up"),
        pytest.param("4 a4 b3 2 -a c", "a:out b:waiting3 c:in", id="nor whoever comes then"),
        pytest.param("4 a4 b3 2 -a c 4", "a:out b:offered3 c:in", id="and is the first again once it could"),
    ],
)
def test_a_party_stays_together(words: str, stands: str) -> None:
    """A party has all its places or none, and nobody behind it is served before it, unless it could never fit."""
    assert shown(fold(words)) == stands


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        pytest.param("a b 1", "a:offered b:waiting", id="before the places are known everybody waits"),
        pytest.param("1 a b c 2", "a:in b:offered c:waiting", id="more places are offered"),
        pytest.param("1 a b c 3", "a:in b:offered c:offered", id="to all whom they suffice for"),
        pytest.param("2 a b 1", "a:in b:in", id="fewer places put nobody out"),
        pytest.param("2 a b c 1 -a", "a:out b:in c:waiting", id="what is freed above them is gone"),
        pytest.param("2 a b c 1 -a -b", "a:out b:out c:offered", id="until there is a free one"),
        pytest.param("2 a b c -a 1", "a:out b:in c:offered", id="nor is an offer taken back"),
        pytest.param("2 a b c -a 1 c", "a:out b:in c:in", id="and it may be taken"),
        pytest.param("1 a b |", "a:in b:closed", id="who waits at the close waits no more"),
        pytest.param("1 a b | -a", "a:out b:closed", id="nobody moves up after it"),
        pytest.param("1 a b | 2", "a:in b:closed", id="not even into new places"),
        pytest.param("1 a b c -a | b", "a:out b:in c:closed", id="an offer lives on"),
        pytest.param("1 a b c -a | !b:5", "a:out b:lapsed c:closed", id="or ends, for nobody"),
        pytest.param("2 a | b", "a:in b:in", id="an answer in time that is read late takes a free place"),
        pytest.param("1 a | b", "a:in b:closed", id="and finds it closed where there is none"),
        pytest.param("1 a b | -a c", "a:out b:closed c:closed", id="or where somebody waited for it"),
        pytest.param("2 a2 | a", "a:in", id="fewer may come after the close"),
        pytest.param("1 a b | -b", "a:in b:out", id="who waited in vain may still say no"),
        pytest.param("1 a b c | -a <", "a:out b:offered c:waiting", id="open again, the list moves up"),
        pytest.param("1 a b c | b <", "a:in b:waiting c:waiting", id="and everybody has their turn as before"),
        pytest.param("1 a | |", "a:in", id="closing twice is closing once"),
    ],
)
def test_places_that_change_and_the_close(words: str, stands: str) -> None:
    """More places move the list up, fewer put nobody out, and once it is closed nobody moves up."""
    assert shown(fold(words)) == stands


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        pytest.param("3 a b c d a=b", "a:in c:in d:offered", id="two places become one, and one is free"),
        pytest.param("1 a b c a=b", "a:in c:waiting", id="the place is better than the turn"),
        pytest.param("1 a b c b=a", "b:in c:waiting", id="whoever of them stays"),
        pytest.param("1 a b c d c=b -a", "a:out c:offered d:waiting", id="the better turn of two"),
        pytest.param("1 a b c d b=c -a", "a:out b:offered d:waiting", id="the same, the other way"),
        pytest.param("1 a -b c a=b", "a:out c:offered", id="a later no counts"),
        pytest.param("1 -b a a=b", "a:in", id="an earlier no does not"),
        pytest.param("1 b a=b", "a:in", id="somebody who never answered takes it over"),
        pytest.param("1 a a=b", "a:in", id="or has nothing to take over"),
        pytest.param("1 a c=b", "a:in", id="neither answered"),
        pytest.param("4 a2 b2 c a=b", "a:in2 c:offered", id="one party of two"),
    ],
)
def test_two_who_are_one_have_one_place(words: str, stands: str) -> None:
    """Where two patients turn out to be one, a later no counts, else the better of their places; nobody else loses."""
    assert shown(fold(words)) == stands


def test_the_seat_tells_since_when_and_until_when() -> None:
    """A place is held since the entry that gave it, an offer also until its end; saying it again changes neither."""
    state = fold("1 a b a b2 -a")
    assert state.seats[PEOPLE["a"]] == Seat(SeatStatus.OUT, 0, 6, NOON + timedelta(minutes=6))
    assert "b:waiting2" in shown(state)
    state = seat(state, entries("2", 7), until)
    offered = NOON + timedelta(minutes=7)
    assert state.seats[PEOPLE["b"]] == Seat(SeatStatus.OFFERED, 2, 7, offered, offered + OFFER)
    assert (state.capacity, state.counted, state.last, state.taken) == (2, 7, 7, 2)
    state = seat(state, entries("b2 b2", 8), until)
    assert state.seats[PEOPLE["b"]] == Seat(SeatStatus.IN, 2, 8, NOON + timedelta(minutes=8))


def folded_apart(made: Iterable[ListEntry]) -> WaitingList:
    state = WaitingList()
    for entry in made:
        state = seat(state, [entry], until)
    return state


@pytest.mark.parametrize("words", ["2 a b c -a d2 c 4 | -b e <", "4 a3 b2 c a=b -a !c:6 2 5"])
def test_it_is_the_same_in_one_go_and_entry_by_entry(words: str) -> None:
    """A state and the rest of the entries give what all of them give."""
    assert folded_apart(entries(words)) == fold(words)


def test_a_state_is_not_changed_by_folding_on() -> None:
    """The rule is pure: what was given stays as it was."""
    state = fold("1 a b")
    kept = replace(state, seats=dict(state.seats))
    seat(state, entries("-a", 4), until)
    assert state == kept


LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        pytest.param("2026-11-16T12:00", "2026-11-18T12:00", id="Monday noon to Wednesday noon"),
        pytest.param("2026-11-19T12:00", "2026-11-23T08:00", id="from a Thursday to Monday morning, not to a Saturday"),
        pytest.param("2026-11-16T16:59", "2026-11-18T16:59", id="while there is an hour to tell of it"),
        pytest.param("2026-11-16T17:59", "2026-11-19T08:00", id="made as the window closes it counts from the morning"),
        pytest.param("2026-11-20T17:59", "2026-11-25T08:00", id="nor is a Friday's over before it can be told"),
        pytest.param("2026-11-16T22:30", "2026-11-19T08:00", id="made at night it counts from the morning"),
        pytest.param("2026-11-20T19:00", "2026-11-25T08:00", id="made on a Friday night it counts from Monday"),
        pytest.param("2026-12-23T12:00", "2026-12-29T08:00", id="not on a bank holiday"),
        pytest.param("2027-01-04T12:00", "2027-01-05T14:00", id="at the latest when it starts"),
    ],
)
def test_an_offer_ends_by_day(made: str, ends: str) -> None:
    """An offer lasts 48 hours from when it can be told, ends while the window is open, and never outlives the start."""
    at, start = datetime.fromisoformat(made).replace(tzinfo=LONDON), datetime(2027, 1, 5, 14, tzinfo=UTC)
    end = offer_end(at, OFFER, usual(LONDON), start)
    assert end == datetime.fromisoformat(ends).replace(tzinfo=LONDON)
