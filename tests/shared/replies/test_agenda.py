"""Agendas: the items of a list, each in the patient's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.replies.agenda import MOST_ITEMS, split_agenda
from shared.replies.plain import own_words


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param("My back", ["My back"], id="one"),
        pytest.param("", [], id="none"),
        pytest.param(" \n ", [], id="blank"),
        pytest.param("1. back 2. tablets", ["back", "tablets"], id="numbers-in-a-line"),
        pytest.param("1) Back\n2) Tablets", ["Back", "Tablets"], id="numbers-in-lines"),
        pytest.param("1: sleep 2: my knee", ["sleep", "my knee"], id="numbers-with-colons"),
        pytest.param("1 - back 2 - knee", ["back", "knee"], id="numbers-with-dashes"),
        pytest.param("Hi. 1. back 2. tablets", ["Hi", "back", "tablets"], id="words-before-numbers"),
        pytest.param("1. take 2 tablets 2. sleep", ["take 2 tablets", "sleep"], id="a-dose-among-numbers"),
        pytest.param("2 - my back", ["2 - my back"], id="a-number-that-counts-nothing"),
        pytest.param("metformin 1.5 mg", ["metformin 1.5 mg"], id="a-dose"),
        pytest.param("my back, sleep and the new tablets", ["my back", "sleep", "the new tablets"], id="commas"),
        pytest.param("back, sleep, and knees", ["back", "sleep", "knees"], id="a-comma-before-and"),
        pytest.param("back, pins and needles", ["back", "pins and needles"], id="a-pair"),
        pytest.param("sleep and the tablets", ["sleep and the tablets"], id="and-without-commas"),
        pytest.param("my back, which hurts at night", ["my back, which hurts at night"], id="a-sentence"),
        pytest.param(
            "I fell, I was sore, then better. What now?", ["I fell, I was sore, then better. What now?"], id="sentences"
        ),
        pytest.param("back\nsleep\ntablets", ["back", "sleep", "tablets"], id="lines"),
        pytest.param("- back\n* sleep\n• tablets", ["back", "sleep", "tablets"], id="bullets"),
        pytest.param("back; sleep; tablets", ["back", "sleep", "tablets"], id="semicolons"),
        pytest.param("fy nghefn, cwsg a'r tabledi", ["fy nghefn", "cwsg", "tabledi"], id="welsh"),
        pytest.param("back, sleep a lot", ["back", "sleep a lot"], id="an-article-is-no-welsh-and"),
        pytest.param("back\nsleep\n\nSent from my iPhone", ["back", "sleep"], id="a-signature"),
        pytest.param("back\n> What do you want to talk about?", ["back"], id="a-quote"),
        pytest.param("ظهري\nنومي", ["ظهري", "نومي"], id="arabic"),
        pytest.param("back\x00, sleep", ["back", "sleep"], id="nul"),
    ],
)  # fmt: skip
def test_a_list_is_split_as_people_write_it(text: str, items: list[str]) -> None:
    """Numbers, bullets, lines, semicolons and commas part items; sentences, doses and pairs stay whole."""
    assert list(split_agenda(text)) == items


@given(st.one_of(st.text(max_size=300), st.text(st.sampled_from("ab 12.,;-)\n•>and"), max_size=120)))
def test_items_are_the_patients_own_words_in_order(text: str) -> None:
    """Every item stands in the text as it is, after the one before it; there are never more than ten."""
    own, at = own_words(text), 0
    items = split_agenda(text)
    assert len(items) <= MOST_ITEMS
    for item in items:
        assert item.strip() == item != ""
        at = own.index(item, at) + len(item)


@given(st.lists(st.text("abcdefgh", min_size=2, max_size=8), min_size=1, max_size=25))
def test_no_word_is_lost(things: list[str]) -> None:
    """However long a list is, each of its words is in an item: what is beyond the tenth stays with it."""
    kept = " ".join(split_agenda("\n".join(things)))
    assert kept.split() == things
