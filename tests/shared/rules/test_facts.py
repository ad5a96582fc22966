"""Folding: newest wins; what is older, or the same again, changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.cloudevents import Event, Record, Version
from shared.events.types import EventData
from shared.rules.facts import GONE, Arrival, Fact, fold

THING = "https://riverside.example.org/appointment/1001"
BEGINS = datetime(2026, 11, 16, 9, tzinfo=UTC)


class State(EventData):
    """Any state: what a patient would be told, and what they wouldn't."""

    told: str
    room: str = ""


def person(name: str | None) -> UUID | None:
    """Any fixed one."""
    return None if name is None else uuid5(NAMESPACE_URL, name)


def arrival(
    minute: int,
    told: str = "A",
    patient: str | None = "p1",
    id: str = "",  # noqa: A002 - the field's own name
    offset: int = 0,
    sequence: str | None = None,
    **data: Any,
) -> Arrival:
    """An event at a minute; nobody's where the thing is gone."""
    at = BEGINS + timedelta(minutes=minute)
    record = Record(
        topic="clinic.appointments", partition=0, offset=offset or minute, timestamp=at, key=None, value=None
    )
    state = None if patient is None else State(told=told, **data)
    event = Event(
        id=id or f"{minute}/{sequence}",
        source="s",
        kind="appointment",
        thing=THING,
        version=Version.of(at, sequence, record),
        data=state,
    )
    return Arrival(event, person(patient), b"", GONE if state is None else told)


def gone(minute: int) -> Arrival:
    """A tombstone at a minute."""
    return arrival(minute, patient=None)


def folded(*arrivals: Arrival) -> dict[UUID, Fact]:
    """The facts after these came one by one."""
    facts: dict[UUID, Fact] = {}
    for one in arrivals:
        facts.update({fact.patient_id: fact for fact in fold(facts.values(), [one])})
    return facts


def minutes(at: datetime) -> int:
    """Since it began."""
    return int((at - BEGINS).total_seconds() // 60)


@pytest.mark.parametrize(
    ("arrivals", "told", "first", "since"),
    [
        pytest.param([arrival(1)], "A", 1, 1, id="the first"),
        pytest.param([arrival(1), arrival(2, "B")], "B", 1, 2, id="changed"),
        pytest.param([arrival(1), arrival(2, room="2")], "A", 1, 1, id="changed in what nobody is told"),
        pytest.param([arrival(1), arrival(2, "B"), arrival(3, "B")], "B", 1, 2, id="changed, and the same again"),
        pytest.param([arrival(1), arrival(2, "B"), arrival(3, "A")], "A", 1, 3, id="changed and back"),
        pytest.param([arrival(2, "B"), arrival(1)], "B", 1, 2, id="the older came late"),
        pytest.param([arrival(2), arrival(1)], "A", 1, 1, id="the older came late, and said the same"),
        pytest.param([arrival(3), arrival(2), arrival(1)], "A", 1, 1, id="all in the wrong order"),
        pytest.param([arrival(1), arrival(2, "B"), arrival(1)], "B", 1, 2, id="the older again"),
        pytest.param([arrival(1), gone(2)], None, 1, 2, id="gone"),
        pytest.param([arrival(1), gone(2), gone(3)], None, 1, 2, id="gone for longer"),
        pytest.param([arrival(1), gone(2), arrival(3)], "A", 1, 3, id="gone and back"),
        pytest.param([arrival(2), gone(1)], "A", 2, 2, id="a late tombstone"),
        pytest.param([arrival(1), arrival(2, patient="p2")], None, 1, 2, id="another patient's now"),
        pytest.param([arrival(1), arrival(2, patient="p2"), arrival(3)], "A", 1, 3, id="another's, and back"),
        pytest.param([arrival(2), arrival(1, patient="p2")], "A", 2, 2, id="it was another's before"),
        pytest.param([arrival(1, "A", sequence="1"), arrival(1, "B", sequence="2")], "B", 1, 1, id="by sequence"),
        pytest.param([arrival(1, "B", sequence="2"), arrival(1, "A", sequence="1")], "B", 1, 1, id="by sequence, late"),
        pytest.param([arrival(1, "A", sequence="9"), arrival(1, "B", sequence="10")], "B", 1, 1, id="9 before 10"),
        pytest.param([arrival(1, "A", "p1", "a", 1), arrival(1, "B", "p1", "b", 2)], "B", 1, 1, id="by offset"),
        pytest.param(
            [arrival(1, "A", "p1", "a", 1), arrival(1, "B", "p1", "b", 2), arrival(1, "A", "p1", "a", 3)],
            "B",
            1,
            1,
            id="of two at one time the first is published again",
        ),
        pytest.param(
            [arrival(1, "A", "p1", "a", 1), arrival(2, "B", "p1", "a", 2)],
            "B",
            1,
            2,
            id="an id used twice, at two times",
        ),
    ],
)
def test_newest_wins(arrivals: list[Arrival], told: str | None, first: int, since: int) -> None:
    """What p1 would be told; since when the thing is known; since when a patient would be told that."""
    fact = folded(*arrivals)[uuid5(NAMESPACE_URL, "p1")]
    assert (fact.data.told if isinstance(fact.data, State) else None) == told
    assert (minutes(fact.first_at), minutes(fact.since_at)) == (first, since)
    assert fact.was_changed == (since > first)


@pytest.mark.parametrize(
    ("patients", "holders"),
    [
        pytest.param(["p1", "p1"], {"p1": 0}, id="one"),
        pytest.param(["p1", "p2"], {"p1": 0, "p2": 1}, id="two"),
        pytest.param(["p1", "p2", "p3", "p1"], {"p1": 0, "p2": 1, "p3": 2}, id="three, and back to the first"),
        pytest.param(["p1", None, "p2"], {"p1": 0, "p2": 1}, id="gone in between"),
    ],
)
def test_holders_are_numbered(patients: list[str | None], holders: dict[str, int]) -> None:
    """Each patient who has or had a thing has a number of their own, and keeps it."""
    facts = folded(*(arrival(minute, patient=patient) for minute, patient in enumerate(patients, start=1)))
    assert {patient: facts[uuid5(NAMESPACE_URL, patient)].holders_before for patient in holders} == holders


def test_a_holder_who_was_corrected_keeps_the_number() -> None:
    """A fact that followed a corrected identity left number 0 unused: the next holder still gets one of their own."""
    corrected = replace(folded(arrival(1))[uuid5(NAMESPACE_URL, "p1")], holders_before=1)
    (new,) = [fact for fact in fold([corrected], [arrival(2, patient="p2")]) if fact.data is not None]
    assert new.holders_before == 2


def test_only_one_patient_has_a_thing() -> None:
    """When it changes hands, all who had it before have it no longer."""
    facts = folded(arrival(1), arrival(2, patient="p2"), arrival(3, patient="p3"))
    assert [fact.patient_id for fact in facts.values() if fact.data is not None] == [uuid5(NAMESPACE_URL, "p3")]


def test_only_what_changed_comes_back() -> None:
    """A fact that stays as it is need not be stored again."""
    known = folded(arrival(1), arrival(2, "B"))
    assert fold(known.values(), [arrival(1), arrival(2, "B")]) == ()


said = st.builds(
    arrival,
    minute=st.integers(1, 8),
    told=st.sampled_from("ABC"),
    patient=st.sampled_from(["p1", "p1", "p1", "p2", None]),
    room=st.sampled_from("12"),
)
histories = st.lists(said, min_size=1, max_size=8, unique_by=lambda one: one.event.version.text).map(
    lambda events: sorted(events, key=lambda one: one.event.version.text)
)


def state(facts: dict[UUID, Fact]) -> dict[UUID, tuple[str, EventData]]:
    """Who has the thing now, and what it is."""
    return {fact.patient_id: (fact.version, fact.data) for fact in facts.values() if fact.data is not None}


@given(histories, st.data())
def test_any_order_and_repetition_ends_in_the_same_state(history: list[Arrival], data: st.DataObject) -> None:
    """However events are shuffled and doubled, the newest one's state stands, with the newest one's patient.

    Tombstones name no patient, so one that comes before all else is dead-lettered; a topic keeps a key's order.
    """
    history = [one for one in history if one.patient_id is not None] or [arrival(1)]
    again = data.draw(st.lists(st.sampled_from(history)))
    shuffled = data.draw(st.permutations([*history, *again]))
    assert state(folded(*shuffled)) == state(folded(*history))


@given(histories, st.data())
def test_a_replay_changes_nothing(history: list[Arrival], data: st.DataObject) -> None:
    """Facts that have seen a history are unmoved by any part of it, in any order: no time, no number, no version."""
    facts = folded(*history)
    replayed = data.draw(st.lists(st.sampled_from(history)))
    assert fold(facts.values(), replayed) == ()


@given(histories, st.integers(0, 8))
def test_batches_do_not_matter(history: list[Arrival], cut: int) -> None:
    """In one batch or in two, facts are the same."""
    first = {fact.patient_id: fact for fact in fold([], history[:cut])}
    second = first | {fact.patient_id: fact for fact in fold(first.values(), history[cut:])}
    assert second == folded(*history)


@given(histories, st.randoms())
def test_first_at_is_the_earliest_in_any_order(history: list[Arrival], random: Random) -> None:
    """Of one patient's events the earliest gives `first_at`; `since_at` lies between it and the newest."""
    mine = [one for one in history if one.patient_id == person("p1")] or [arrival(1)]
    random.shuffle(mine)
    (fact,) = folded(*mine).values()
    known = sorted(one.event.version.time for one in mine)
    assert fact.first_at == known[0]
    assert known[0] <= fact.since_at <= known[-1]
