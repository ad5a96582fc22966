"""What clinics are told of opt-outs: which source, in which names, of what."""

from datetime import datetime, timedelta
from random import Random
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.things import source_of
from shared.patients.opt_out_events import (
    MOST_THINGS,
    AddressOptIn,
    AddressOptOut,
    ClinicEvent,
    Concern,
    Kept,
    events,
)
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE

PHONE, MAILBOX = b"phone", b"mailbox"
ADA, BEN = UUID(int=1), UUID(int=2)
LATER = MONDAY + timedelta(days=3)
ONE, TWO, THEIRS = f"{SOURCE}/appointment/1", f"{SOURCE}/goal/2", f"{OTHER_SOURCE}/appointment/7"

STOP = Kept(5, AddressOptOut(PHONE, "all", "reply", MONDAY))
OF_GOALS = Kept(6, AddressOptOut(PHONE, "goals", "carrier 21610", MONDAY))
OF_MAILS = Kept(7, AddressOptOut(MAILBOX, "appointments", "unsubscribe", MONDAY))


def concern(thing: str, patient: UUID = ADA, planner: str = "prompts", days: int = 0) -> Concern:
    """Something stands in the schedule for a patient."""
    return Concern(patient, planner, thing, MONDAY + timedelta(days=days))


def said(told: list[ClinicEvent]) -> list[tuple[str, str, list[str]]]:
    """Key, category and things of each event."""
    data = [(one.key, one.event["data"]) for one in told]
    return [(key, one["category"], one["things"]) for key, one in data if isinstance(one, dict)]


BOTH = {PHONE: {ADA, BEN}}

CASES = [
    ("one source", [STOP], {PHONE: {ADA}}, [concern(ONE)], [(ADA, "all", [ONE])]),
    ("by the newest first", [STOP], {PHONE: {ADA}}, [concern(ONE), concern(TWO, days=1)], [(ADA, "all", [TWO, ONE])]),
    (
        "a thing of two planners is one",
        [STOP],
        {PHONE: {ADA}},
        [concern(ONE), concern(ONE, planner="followup", days=2), concern(TWO, days=1)],
        [(ADA, "all", [ONE, TWO])],
    ),
    (
        "one patient of two sources",
        [STOP],
        {PHONE: {ADA}},
        [concern(ONE), concern(THEIRS)],
        [(ADA, "all", [ONE]), (ADA, "all", [THEIRS])],
    ),
    (
        "two patients of two sources with one phone",
        [STOP],
        BOTH,
        [concern(ONE), concern(THEIRS, BEN)],
        [(ADA, "all", [ONE]), (BEN, "all", [THEIRS])],
    ),
    (
        "two patients of one source with one phone",
        [STOP],
        BOTH,
        [concern(ONE), concern(TWO, BEN)],
        [(ADA, "all", [ONE]), (BEN, "all", [TWO])],
    ),
    (
        "two stops of one phone",
        [STOP, OF_GOALS],
        {PHONE: {ADA}},
        [concern(ONE)],
        [(ADA, "all", [ONE]), (ADA, "goals", [ONE])],
    ),
    (
        "a phone and a mailbox, each with its own",
        [STOP, OF_MAILS],
        {PHONE: {ADA}, MAILBOX: {BEN}},
        [concern(ONE), concern(THEIRS, BEN)],
        [(ADA, "all", [ONE]), (BEN, "appointments", [THEIRS])],
    ),
    ("a number that belongs to nobody", [STOP], {}, [concern(ONE)], []),
    ("another's number", [STOP], {MAILBOX: {ADA}}, [concern(ONE)], []),
    ("nothing in the schedule", [STOP], {PHONE: {ADA}}, [], []),
    ("nothing of this patient's", [STOP], {PHONE: {ADA}}, [concern(ONE, BEN)], []),
    ("an answer to a text", [STOP], {PHONE: {ADA}}, [concern(ONE, planner="delivery")], []),
    ("nothing changed", [], {PHONE: {ADA}}, [concern(ONE)], []),
]


@pytest.mark.parametrize(
    ("changed", "holders", "concerns", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_who_is_told(
    changed: list[Kept],
    holders: dict[bytes, set[UUID]],
    concerns: list[Concern],
    expected: list[tuple[UUID, str, list[str]]],
) -> None:
    """Each source with things of whoever has the address, by its own things; nobody where nothing stands there."""
    told = said(events(changed, "stopped", holders, concerns, LATER))
    assert sorted(told) == sorted((str(patient), category, things) for patient, category, things in expected)


@pytest.mark.parametrize(
    ("state", "since", "at"),
    [
        ("stopped", MONDAY, MONDAY),
        ("restarted", MONDAY, LATER),
        ("restarted", LATER + timedelta(1), LATER + timedelta(1)),
    ],
    ids=["a stop since it was said", "an end when it ends", "never before it began"],
)
def test_what_an_event_says(state: Literal["stopped", "restarted"], since: datetime, at: datetime) -> None:
    """A CloudEvent of people, named by the stop, the patient and the source, with what the stop itself holds."""
    kept = Kept(5, AddressOptOut(PHONE, "goals", "carrier 21610", since))
    [told] = events([kept], state, {PHONE: {ADA}}, [concern(ONE)], LATER)
    name = "a328178c-892e-72f2-668d-1d8d5e9b3ff7"
    assert told == ClinicEvent(
        str(ADA),
        {
            "specversion": "1.0",
            "id": f"{name}/{state}",
            "source": "urn:cocreate:people",
            "type": "cocreate.opt_out.v1",
            "subject": f"opt-out/{name}",
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "things": [ONE],
                "category": "goals",
                "state": state,
                "origin": "carrier 21610",
                "at": at.isoformat(),
            },
        },
    )


@pytest.mark.parametrize(
    ("thing", "source"),
    [
        (ONE, SOURCE),
        (f"{SOURCE}/appointment/2026/1001", SOURCE),
        (f"{SOURCE}/goal/a/b/c", SOURCE),
        (f"{SOURCE}/appointment/appointment/9", f"{SOURCE}/appointment"),
        (f"{SOURCE}/enrolment/12", SOURCE),
        (f"{SOURCE}/reunion/r1", SOURCE),
        ("urn:x/appointment/", "urn:x"),
        ("nothing-of-the-kind", "nothing-of-the-kind"),
    ],
)
def test_whose_a_thing_is(thing: str, source: str) -> None:
    """A thing is of the source before its kind, also where identifiers of appointments and goals have slashes."""
    assert source_of(thing) == source


def test_twenty_things_are_named() -> None:
    """The newest are named, and no more than a clinic needs to know who it is."""
    concerns = [concern(f"{SOURCE}/appointment/{n}", days=n) for n in range(50)]
    [(_, _, things)] = said(events([STOP], "stopped", {PHONE: {ADA}}, concerns, LATER))
    assert things == [f"{SOURCE}/appointment/{n}" for n in range(49, 49 - MOST_THINGS, -1)]


ENDS = [
    ("a text undoes its own stop", "all", "reply", False, False, True),
    ("and not the carrier's", "all", "carrier", False, False, False),
    ("nor that of a code", "all", "carrier 21610", False, True, False),
    ("the carrier undoes its own", "all", "carrier", True, False, True),
    ("and that of a code", "all", "carrier 21610", True, False, True),
    ("and a text's", "all", "reply", True, False, True),
    ("a category stays where none was named", "goals", "reply", True, False, False),
    ("and ends where each is meant", "goals", "reply", True, True, True),
    ("a link in a mail is not a text's to undo", "all", "unsubscribe", True, True, False),
    ("whichever category", "goals", "unsubscribe", True, True, False),
]


@pytest.mark.parametrize(
    ("category", "origin", "by_carrier", "by_name", "ended"), [e[1:] for e in ENDS], ids=[e[0] for e in ENDS]
)
def test_what_an_opt_in_ends(*, category: str, origin: str, by_carrier: bool, by_name: bool, ended: bool) -> None:
    """START ends what came from that phone or its carrier, there and nowhere else."""
    opt_in = AddressOptIn(PHONE, by_carrier, by_name)
    assert opt_in.ends(AddressOptOut(PHONE, category, origin, MONDAY)) is ended
    assert not opt_in.ends(AddressOptOut(MAILBOX, category, origin, MONDAY))


SOURCES = [f"https://{name}.example.org" for name in ("one", "two", "three")]
PATIENTS = [UUID(int=n) for n in range(3)]
CONCERNS = st.builds(
    Concern,
    st.sampled_from(PATIENTS),
    st.sampled_from(["prompts", "followup", "reunions", "delivery"]),
    st.builds("{}/appointment/{}".format, st.sampled_from(SOURCES), st.integers(0, 4)),
    st.integers(0, 9).map(lambda days: MONDAY + timedelta(days=days)),
)
HOLDERS = st.dictionaries(st.sampled_from([PHONE, MAILBOX]), st.frozensets(st.sampled_from(PATIENTS)))
CHANGED = st.lists(
    st.builds(
        Kept,
        st.integers(1, 5),
        st.builds(
            AddressOptOut,
            st.sampled_from([PHONE, MAILBOX]),
            st.sampled_from(["all", "goals"]),
            st.sampled_from(["reply", "unsubscribe"]),
            st.just(MONDAY),
        ),
    ),
    unique_by=lambda kept: kept.number,
)


@given(CHANGED, HOLDERS, st.lists(CONCERNS))
def test_no_source_learns_of_another(
    changed: list[Kept], holders: dict[bytes, frozenset[UUID]], concerns: list[Concern]
) -> None:
    """Every event holds one source's own things of a patient who has the address, and ends under the name it began."""
    stopped = events(changed, "stopped", holders, concerns, LATER)
    for key, _, things in said(stopped):
        patient = UUID(key)
        assert any(patient in holders.get(kept.opt_out.address, ()) for kept in changed)
        assert things
        assert len({source_of(thing) for thing in things}) == 1
        assert all(
            any(c.thing == thing and c.patient_id == patient and c.planner != "delivery" for c in concerns)
            for thing in things
        )
    names = [one.event["subject"] for one in stopped]
    assert len(names) == len(set(names))
    assert [one.event["subject"] for one in events(changed, "restarted", holders, concerns, LATER)] == names


@given(CHANGED, HOLDERS, st.lists(CONCERNS), st.randoms())
def test_order_tells_nothing(
    changed: list[Kept], holders: dict[bytes, frozenset[UUID]], concerns: list[Concern], chance: Random
) -> None:
    """However rows come from the database, the same is told in the same order."""
    mixed = list(concerns)
    chance.shuffle(mixed)
    assert events(changed[::-1], "stopped", holders, mixed, LATER) == events(
        changed, "stopped", holders, concerns, LATER
    )
