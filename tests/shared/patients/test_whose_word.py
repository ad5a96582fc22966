"""Whose word counts: a table of who said what, and of what is believed for the things of whom."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.patient import Contact, Details
from shared.patients.identity import NHS
from shared.patients.person import Voice
from shared.patients.sources import Grant, Source, Sources
from shared.patients.whose_word import Death, death_for, details_for, traits_for

A, A2, B, C = "https://a.example.org", "https://a2.example.org", "https://b.example.org", "https://c.example.org"
REGISTRY = Sources.of(
    [
        Source(source=A, organisation="a"),
        Source(source=A2, organisation="a"),
        Source(source=B, organisation="b", grants=frozenset({Grant.DEATHS})),
    ]
)
TODAY = date(2026, 11, 16)


def voice(source: str, version: int = 1, *, embedded: bool = False, **said: Any) -> Voice:
    """What a source says, newer by its version."""
    return Voice(str(version), embedded, Details(**said), source.encode(), source)


def contacts(*numbers: str) -> tuple[Contact, ...]:
    return tuple(Contact(channel="sms", value=number) for number in numbers)


P, Q = contacts("07700 900001"), contacts("07700 900002")

WHOSE = [
    # label, voices, about whose things, detail, what it is then
    ("its own contact", [voice(A, contacts=P), voice(B, 2, contacts=Q)], {A}, "contacts", P),
    ("the other's own", [voice(A, contacts=P), voice(B, 2, contacts=Q)], {B}, "contacts", Q),
    ("none of its own", [voice(A), voice(B, contacts=Q)], {A}, "contacts", None),
    ("nobody of its own speaks", [voice(B, contacts=Q)], {A}, "contacts", None),
    ("known to be empty", [voice(A, contacts=()), voice(B, contacts=Q)], {A}, "contacts", ()),
    ("of the same organisation", [voice(A), voice(A2, contacts=Q)], {A}, "contacts", Q),
    (
        "embedded, against another's record",
        [voice(A, embedded=True, contacts=P), voice(B, contacts=Q)],
        {A},
        "contacts",
        P,
    ),
    ("neither registered", [voice(C, contacts=P), voice("d", 2, contacts=Q)], {C}, "contacts", P),
    ("things of two organisations", [voice(A, contacts=P), voice(B, contacts=Q)], {A, B}, "contacts", ()),
    ("both gave it", [voice(A, contacts=P + Q), voice(B, contacts=Q)], {A, B}, "contacts", Q),
    ("another's name", [voice(A), voice(B, first_name="URGENT")], {A}, "first_name", None),
    ("another's pause holds", [voice(A, paused=False), voice(B, paused=True)], {A}, "paused", True),
    ("no other lifts a pause", [voice(A, paused=True), voice(B, 2, paused=False)], {A}, "paused", True),
    ("another's opt-out holds", [voice(A, opt_outs=()), voice(B, opt_outs=("goals",))], {A}, "opt_outs", ("goals",)),
    ("no other lifts an opt-out", [voice(A, opt_outs=("all",)), voice(B, 2, opt_outs=())], {A}, "opt_outs", ("all",)),
    ("another's language fills a gap", [voice(A), voice(B, language="cy")], {A}, "language", "cy"),
    ("its own language stays", [voice(A, language="en"), voice(B, 2, language="cy")], {A}, "language", "en"),
    ("another's test record", [voice(A), voice(B, test_patient=True)], {A}, "test_patient", None),
]


@pytest.mark.parametrize(
    ("voices", "about", "name", "expected"), [case[1:] for case in WHOSE], ids=[case[0] for case in WHOSE]
)
def test_whose_word_counts(voices: list[Voice], about: set[str], name: str, expected: object) -> None:
    """Each organisation says where its own messages go and under which name; others may hold, and never lift."""
    assert getattr(details_for(voices, about, REGISTRY, "GB"), name) == expected


NO, YES, CONTESTED = Death.NOT_TOLD, Death.BELIEVED, Death.CONTESTED

DEATHS = [
    # label, voices, about whose things, what is believed
    ("nobody says so", [voice(A), voice(B)], {A}, NO),
    ("its own word", [voice(A, deceased=True)], {A}, YES),
    ("its own, of two sources", [voice(A, deceased=False), voice(A2, deceased=True)], {A}, YES),
    ("another's without a grant", [voice(A), voice(C, deceased=True)], {A}, NO),
    ("the same, for its own things", [voice(A), voice(C, deceased=True)], {C}, YES),
    ("another's with a grant", [voice(A), voice(B, deceased=True)], {A}, YES),
    ("against its own word", [voice(A, deceased=False), voice(B, deceased=True)], {A}, CONTESTED),
    ("the one with a grant is believed for its own", [voice(A, deceased=False), voice(B, deceased=True)], {B}, YES),
    ("no other brings back to life", [voice(A, deceased=True), voice(B, 2, deceased=False)], {A}, YES),
    ("the NHS's word", [voice(A), voice(NHS, deceased=True)], {A}, YES),
    ("the NHS's word against its own", [voice(A, deceased=False), voice(NHS, deceased=True)], {A}, YES),
    ("taken back by the NHS", [voice(A), voice(NHS, deceased=False)], {A}, NO),
    ("nobody knows whose things", [voice(C, deceased=True)], set(), YES),
]


@pytest.mark.parametrize(
    ("voices", "about", "expected"), [case[1:] for case in DEATHS], ids=[case[0] for case in DEATHS]
)
def test_whose_word_on_a_death_counts(voices: list[Voice], about: set[str], expected: Death) -> None:
    """A death is believed from the organisation itself, from the NHS, and from others that may speak of it."""
    assert death_for(voices, about, REGISTRY) is expected
    assert details_for(voices, about, REGISTRY, "GB").deceased is (expected is YES)


RULES = [
    # label, voices, known to, whether rules see a death
    ("all say so", [voice(A, deceased=True), voice(C, deceased=True)], {A, C}, True),
    ("one of two, without a grant", [voice(C, deceased=True)], {A, C}, False),
    ("one of two, with a grant", [voice(B, deceased=True)], {A, B}, True),
    ("the only one", [voice(C, deceased=True)], {C}, True),
    ("the NHS of somebody whom no clinic knows", [voice(NHS, deceased=True)], {NHS}, True),
]


@pytest.mark.parametrize(("voices", "known_by", "died"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
def test_what_rules_see_of_a_death(voices: list[Voice], known_by: set[str], died: bool) -> None:
    """Rules plan for every source at once: they take for dead whom every organisation takes for dead."""
    assert traits_for(voices, known_by, REGISTRY, TODAY, "GB").has_died is died


NUMBERS = st.sampled_from(["07700 900001", "07700 900002", "07700 900003"])
SAID = st.builds(
    lambda source, version, numbers, embedded: voice(source, version, embedded=embedded, contacts=contacts(*numbers)),
    st.sampled_from([A, A2, B, C]),
    st.integers(1, 9),
    st.lists(NUMBERS, max_size=2),
    st.booleans(),
)


@given(st.lists(SAID, max_size=6), st.sets(st.sampled_from([A, A2, B, C]), min_size=1))
def test_no_address_is_another_s(voices: list[Voice], about: set[str]) -> None:
    """Whatever anybody says, each address was given by each organisation whose things a message is about."""
    for contact in details_for(voices, about, REGISTRY, "GB").contacts or ():
        for organisation in REGISTRY.organisations(about):
            given_by = [v for v in voices if REGISTRY.organisation(v.source) == organisation]
            assert any(contact in (v.details.contacts or ()) for v in given_by)
