"""Links that nobody can make up."""

import base64
import re
import string
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.unsubscribe import CATEGORY
from shared.security.signed_links import BadLinkKey, Signer, Unsubscribe, unsubscribe_url

NEW, OLD, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
SIGNER = Signer.of(NEW)
MESSAGE = UUID("6f0f9d0e-5d0c-5b0e-9a53-0d6e6f0a7c11")
ALPHABET = string.ascii_letters + string.digits + "-_"

categories = st.from_regex(CATEGORY, fullmatch=True)


@given(st.uuids(), categories)
def test_what_is_signed_is_read(message_id: UUID, category: str) -> None:
    """A token says what was signed, in characters that a URL leaves alone, and short enough for a header's line."""
    token = SIGNER.token(message_id, category)
    assert SIGNER.read(token) == Unsubscribe(message_id, category)
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,83}", token)


@given(st.uuids(), categories, st.data())
def test_any_changed_character_is_refused(message_id: UUID, category: str, data: st.DataObject) -> None:
    """Whichever character is another, the token says nothing: also where base64 would drop the difference."""
    token = SIGNER.token(message_id, category)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([c for c in ALPHABET + "=+/. \n%é" if c != token[at]]))
    assert SIGNER.read(token[:at] + other + token[at + 1 :]) is None


def test_every_other_last_character_is_refused() -> None:
    """The last character holds bits that decoding drops; all 63 others are refused, for each length of category."""
    for length in range(1, 31):
        token = SIGNER.token(MESSAGE, "a" * length)
        assert [c for c in ALPHABET if SIGNER.read(token[:-1] + c)] == [token[-1]]


@given(st.uuids(), categories, st.data())
def test_what_is_cut_or_added_is_refused(message_id: UUID, category: str, data: st.DataObject) -> None:
    """A token that lost or gained something anywhere says nothing."""
    token = SIGNER.token(message_id, category)
    cut = data.draw(st.integers(0, len(token) - 1))
    assert SIGNER.read(token[:cut]) is None
    more = data.draw(st.text(ALPHABET + "=", min_size=1, max_size=5))
    assert SIGNER.read(token[:cut] + more + token[cut:]) is None


@given(st.text(max_size=200))
def test_anything_else_is_refused(text: str) -> None:
    """Whatever text comes, it is read as nothing, and nothing raises."""
    assert SIGNER.read(text) is None


def test_seals_differ_by_message_and_by_category() -> None:
    """The seal of one token fits no other message and no other category."""
    seals = {SIGNER.token(m, c)[-21:] for m in (MESSAGE, uuid4()) for c in ("goals", "group")}
    assert len(seals) == 4


def test_keys_rotate() -> None:
    """The newest signs; an old one is believed while it stands behind, and no longer."""
    both = Signer.of(f"{NEW}, {OLD}")
    assert both.token(MESSAGE, "goals") == SIGNER.token(MESSAGE, "goals")
    old = Signer.of(OLD).token(MESSAGE, "goals")
    assert both.read(old) == Unsubscribe(MESSAGE, "goals")
    assert SIGNER.read(old) is None
    assert Signer.of(OTHER).read(SIGNER.token(MESSAGE, "goals")) is None


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param("", id="none"),
        pytest.param(f"{NEW},", id="an empty one"),
        pytest.param("AAAA", id="too short"),
        pytest.param(f"{NEW[:-1]}", id="no padding"),
        pytest.param(f"k1:{NEW}", id="with an id, as COCREATE_KEYS have"),
    ],
)
def test_what_is_no_key(keys: str) -> None:
    """A key that is none is refused with the cure, and not shown."""
    with pytest.raises(BadLinkKey, match="doctor --new-key") as caught:
        Signer.of(keys)
    assert not keys or keys not in str(caught.value)


@pytest.mark.parametrize("category", ["", "Goals", "goals!", "goals\n", "g" * 31, "nodau ŵ"])
def test_a_category_is_a_code(category: str) -> None:
    """What is no code is not signed: nobody could read it back."""
    with pytest.raises(ValueError, match="a category is a code"):
        SIGNER.token(MESSAGE, category)


@pytest.mark.parametrize("public", ["https://messages.example.org", "https://messages.example.org/"])
def test_the_address(public: str) -> None:
    """The link is the public address, the path and the token, with no slash too many."""
    token = SIGNER.token(MESSAGE, "goals")
    assert unsubscribe_url(public, SIGNER, MESSAGE, "goals") == f"https://messages.example.org/unsubscribe/{token}"
