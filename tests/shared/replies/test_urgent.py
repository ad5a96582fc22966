"""Urgent words: found wherever they stand, and never sorted away."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.replies.answer_tokens import TOKENS
from shared.replies.meaning import Acts, OwnWords, StopsAll
from shared.replies.plain import folded, plain
from shared.replies.reading import read
from shared.replies.urgent import Phrase, _spelt, phrases, urgent
from tests.shared.replies.labels import rows

EVERY = phrases().phrases
EXAMPLES = [pytest.param(phrase, said, id=phrase.id) for phrase in EVERY for said in phrase.examples]
TABLE = [tuple(line.split("\t")) for line in rows("urgent.tsv")]

BESIDE = ("1 please", "see you on Tuesday", "My knee, and the new tablets.", "👍", "diolch", "", "\n\n")
KINDS = {"abuse", "allergy", "bleeding", "breathing", "child", "collapse", "crisis", "diabetes", "harm-to-others"}
KINDS |= {"self-neglect", "heart", "infection", "pain", "poison", "pregnancy", "self-harm", "spine", "stroke"}


def ids(text: str) -> set[str]:
    """The urgent phrases in a text."""
    return {phrase.id for phrase, _ in urgent(folded(plain(text)))}


def test_every_urgent_text_escalates() -> None:
    """Over the whole table none is missed, not even the doubtful: recall is 1.0 on what we thought of."""
    assert [text for urgency, text in TABLE if urgency != "fine" and not read(text).urgent] == []


def test_few_others_escalate(record_property: Callable[[str, object], None]) -> None:
    """Over the whole table no harmless text escalates; of what does, a few are doubtful (precision 0.97)."""
    assert [text for urgency, text in TABLE if urgency == "fine" and read(text).urgent] == []
    certain = sum(urgency == "urgent" for urgency, _ in TABLE)
    doubtful = sum(urgency == "doubtful" for urgency, _ in TABLE)
    record_property("precision", round(certain / (certain + doubtful), 3))
    assert certain / (certain + doubtful) > 0.95


def test_the_table_is_large() -> None:
    """It has more than 150 urgent and 150 harmless texts, and none twice."""
    assert len(set(TABLE)) == len(TABLE)
    assert min(sum(urgency == kind for urgency, _ in TABLE) for kind in ("urgent", "fine")) > 150


@pytest.mark.parametrize(("phrase", "said"), EXAMPLES)
def test_a_phrase_finds_its_examples(phrase: Phrase, said: str) -> None:
    """Each phrase has texts that say it, and its words are among those that it is looked for by."""
    assert phrase.id in ids(said)
    assert phrase.kind in KINDS
    assert phrase.language in {"en", "cy"}


def test_phrases_can_be_told_apart_and_reviewed() -> None:
    """No id stands twice, and each says why it is urgent."""
    assert len({phrase.id for phrase in EVERY}) == len(EVERY)
    assert all(phrase.reason and phrase.examples for phrase in EVERY)


@pytest.mark.parametrize(("phrase", "said"), EXAMPLES)
@settings(max_examples=12)
@given(before=st.sampled_from(BESIDE), after=st.sampled_from(BESIDE), upper=st.booleans())
def test_urgent_words_are_found_wherever_they_stand(
    phrase: Phrase, said: str, before: str, after: str, *, upper: bool
) -> None:
    """Before, after and between other sentences, in capitals, in a quote, in a signature: still urgent."""
    text = f"{before}. {said}. {after}"
    assert read(text.upper() if upper else text).urgent
    assert read(f"> {said}").urgent
    assert read(f"Sent from my phone\n{said}").urgent
    assert phrase.reason


@pytest.mark.parametrize(
    "text",
    [
        *("suicde", "sucidal", "suicidial", "overdoze", "ovredose", "cant braethe", "brething bad", "unconcious"),
        *("bleding", "colapsed", "seizzure", "ambulanse", "emergancy", "vomitting blood", "anaphylaxsis", "argyfwn"),
    ],
)
def test_a_typing_error_is_forgiven(text: str) -> None:
    """One letter left out, doubled, wrong or swapped in a long urgent word hides nothing."""
    assert ids(text)


def test_a_real_word_is_no_typing_error() -> None:
    """Words that are one letter from an urgent one mean themselves."""
    assert [word for word in sorted(phrases().real) if _spelt(word, phrases()) != word] == []


@pytest.mark.parametrize("text", ["no chest pain", "not suicidal", "I don't have chest pain", "never had an overdose"])
def test_a_denial_escalates_too(text: str) -> None:
    """Who says that they have no chest pain is read by a person: the check can only escalate."""
    assert read(text).urgent


def test_an_answer_beside_it_changes_neither() -> None:
    """Urgent comes with the other reading: a stop still stops, own words are still kept."""
    stop = read("Stop texting me. I want to die")
    assert isinstance(stop.meaning, StopsAll)
    assert stop.urgent == ("want-to-die",)
    words = read("my back, chest pain", frozenset(TOKENS))
    assert words.meaning == OwnWords(("my back", "chest pain"))
    assert words.urgent == ("chest-pain",)
    quoted = read("1\n> chest pain?", frozenset({"1"}))
    assert quoted.meaning == Acts("1")
    assert quoted.urgent == ("chest-pain",)
