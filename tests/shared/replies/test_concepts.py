"""What concepts say together, by kind; and what only sounds like it, of which nothing acts."""

import pytest

from shared.replies.answer_tokens import TOKENS
from shared.replies.concepts import HARMS, Kind, every_kind, is_wish_to_stop, named, said_together
from shared.replies.meaning import ACTING, About, NeedsPerson, UnsafePhone
from shared.replies.plain import folded, plain
from shared.replies.reading import read
from shared.replies.spelling import spelt
from shared.replies.unsafe import UNSAFE_PHONE
from shared.replies.urgent import spoken
from shared.replies.vocabulary import read as read_file
from tests.shared.replies.labels import rows

EVERY = every_kind()
EXAMPLES = [pytest.param(kind, said, id=kind.id) for kind in EVERY for said in kind.examples]
NEAR_MISSES = [tuple(line.split("\t")) for line in rows("near_misses.tsv")]
OPEN = ("", "1 2 3", "A B C 9 SURE TALK", "IN OUT LATER 9")


def line(text: str) -> str:
    """A text as the kinds match it."""
    return spoken(folded(plain(text)))


@pytest.mark.parametrize(("kind", "said"), EXAMPLES)
def test_a_kind_finds_its_examples(kind: Kind, said: str) -> None:
    """Each kind has texts that say it."""
    assert kind.id in {found.id for found, _ in said_together(line(said), kind.means)}


def test_kinds_can_be_told_apart_and_name_concepts_that_exist() -> None:
    """No id stands twice, each means something that is read, and no concept is misspelt."""
    assert len({kind.id for kind in EVERY}) == len(EVERY)
    read_as = {UNSAFE_PHONE, "stop", *HARMS, About.BEREAVEMENT.value, About.WRONG_NUMBER.value}
    assert {kind.means for kind in EVERY} == read_as
    known = read_file("concepts.toml")["concepts"].keys()
    used = {one for kind in EVERY for order in kind.orders for some in order for one in some}
    used |= {one for kind in EVERY for one in kind.bars | kind.unless | kind.needs}
    assert used <= known
    assert sorted(known - used) == []


@pytest.mark.parametrize(("sounds_like", "text"), NEAR_MISSES)
def test_what_only_sounds_like_it_neither_acts_nor_holds(sounds_like: str, text: str) -> None:
    """Whatever question is open, a look-alike acts on nothing, holds no phone and no message, and raises no alarm."""
    for asked in OPEN:
        understood = read(text, frozenset(asked.split()))
        assert not isinstance(understood.meaning, ACTING)
        assert not (isinstance(understood.meaning, NeedsPerson) and understood.meaning.about == sounds_like)
        assert not (sounds_like == "urgent" and understood.urgent)


def test_the_table_of_look_alikes_is_large() -> None:
    """It has more than 200 texts, none twice, and many of each kind."""
    assert len(set(NEAR_MISSES)) == len(NEAR_MISSES) > 200
    assert min(sum(kind == one for kind, _ in NEAR_MISSES) for one, _ in NEAR_MISSES) >= 20


SOMEBODY = ("my husband", "my dad", "her brothers", "he", "my mother in law", "my bf")
WATCHES = ("goes through", "is always checking", "monitors", "looks thru")
CHANNEL = ("my phone", "my msgs", "my fone")


@pytest.mark.parametrize("somebody", SOMEBODY)
@pytest.mark.parametrize("watches", WATCHES)
@pytest.mark.parametrize("channel", CHANNEL)
def test_somebody_who_watches_a_phone_in_all_combinations(somebody: str, watches: str, channel: str) -> None:
    """It is the kind that counts, not the sentence; "for me, my eyes are bad" takes it back, and fear does not."""
    assert read(f"{somebody} {watches} {channel}").meaning == UnsafePhone()
    assert not isinstance(read(f"{somebody} {watches} {channel} for me my eyes are bad").meaning, UnsafePhone)


def test_hurried_typing_is_undone() -> None:
    """Short forms, missing letters and letters held down are words again; what may be another word stays."""
    usual = ("please", "dont", "text", "me", "he", "is", "going", "through", "my", "phone")
    assert spelt("plssss dnt txt me hes goin thru my fone") == usual
    assert spelt("wont be there") == ("wont", "be", "there")


def test_a_wish_to_stop_holds_no_other_word() -> None:
    """Any word that may bound it leaves the wish to a person."""
    assert is_wish_to_stop(("please", "quit", "sending", "these"))
    for more in ("until", "about", "my", "goals"):
        assert more == "my" or not is_wish_to_stop(("please", "quit", "sending", "these", more))


def test_a_long_text_is_left_to_its_phrases() -> None:
    """In a page of own words everything stands near everything."""
    assert named("he reads my phone " * 20) == {}


def test_any_number_of_texts_makes_no_token() -> None:
    """No kind reads an answer."""
    assert {kind.means for kind in EVERY}.isdisjoint(TOKENS)
