"""Tokens of those who post: what the setting may say, and whom a request is from."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.settings import Settings
from services.gateway.tokens import BadTokens, Tokens, mint
from shared.settings import SettingsError, load
from tests.gateway.gateway_harness import LINK_KEY, PUBLIC, TOKEN
from tests.gateway.posting import BOTH, ENTRIES, HILLSIDE, NEW, OLD, RIVERSIDE, entry

DIGEST = hashlib.sha256(NEW.encode()).hexdigest()


def settings(tokens: str) -> Settings:
    """Settings with these tokens."""
    return load(
        Settings, public_url=PUBLIC, twilio_auth_token=TOKEN, link_keys=LINK_KEY, event_tokens=tokens, _env_file=None
    )


def test_who_speaks_for_whom() -> None:
    """Each token speaks for the sources of its entries, a slash at their end not counting."""
    tokens = settings(ENTRIES).tokens()
    assert tokens is not None
    found = {token.name: token.sources for token in tokens.every}
    assert found["riverside-new"] == found["riverside-old"] == {RIVERSIDE}
    assert found["trust"] == {RIVERSIDE, HILLSIDE}
    assert [getattr(tokens.whose([f"Bearer {token}"]), "name", None) for token in (NEW, OLD, BOTH, NEW + "x")] == [
        "riverside-new",
        "riverside-old",
        "trust",
        None,
    ]
    assert tokens.whose([f"Bearer {NEW}", f"Bearer {OLD}"]) is None


def test_none_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting, or with an empty one, nobody may post."""
    for name, value in {"PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKEN, "LINK_KEYS": LINK_KEY}.items():
        monkeypatch.setenv(f"COCREATE_{name}", value)
    assert load(Settings, _env_file=None).tokens() is None
    monkeypatch.setenv("COCREATE_EVENT_TOKENS", "")
    assert load(Settings, _env_file=None).tokens() is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(NEW, "three parts", id="a token alone"),
        pytest.param(f"riverside:{DIGEST}", "three parts", id="no source"),
        pytest.param(f"riverside:{DIGEST}:/", "three parts", id="an empty source"),
        pytest.param(f"riverside:{NEW}:{RIVERSIDE}", "never the token itself", id="the token, not its hash"),
        pytest.param(f"riverside:{DIGEST[:-1]}:{RIVERSIDE}", "64 hexadecimal", id="a hash cut short"),
        pytest.param(f"River side:{DIGEST}:{RIVERSIDE}", "a name is", id="a name with a blank"),
        pytest.param(f"riverside:{DIGEST}:{'x' * 201}", "at most 200", id="a source without end"),
        pytest.param(f"riverside:{DIGEST}:a\x07b", "printable", id="a source with a bell"),
        pytest.param(f"riverside:{DIGEST}:nhs", "no clinic speaks as", id="the NHS's own numbers"),
        pytest.param(f"{entry('a', NEW, 'x')},", "entry 2", id="a comma at the end"),
        pytest.param(f"{entry('a', NEW, 'x')},y", "entry 2", id="two sources in one entry"),
        pytest.param(f"{entry('a', NEW, 'x')};{entry('b', OLD, 'y')},z", "entry 2", id="another separator"),
        pytest.param(f"{entry('a', NEW, 'x')},{entry('a', OLD, 'y')}", "each needs its own", id="one name, two tokens"),
        pytest.param(f"{entry('a', NEW, 'x')},{entry('b', NEW, 'y')}", "share one token", id="one token, two names"),
    ],
)
def test_what_is_no_setting(text: str, told: str) -> None:
    """What does not say which token speaks for which source stops the start, with the cure, and is not shown."""
    with pytest.raises(SettingsError, match=r"COCREATE_EVENT_TOKENS: ") as caught:
        settings(text)
    assert told in str(caught.value)
    for secret in (NEW, DIGEST, RIVERSIDE):
        assert secret not in str(caught.value)


def test_nothing_is_shown() -> None:
    """Printed, the settings and their tokens show no hash."""
    given = settings(ENTRIES)
    assert DIGEST not in repr(given)
    assert hashlib.sha256(NEW.encode()).hexdigest()[:16] not in repr(given.tokens())
    assert repr(hashlib.sha256(NEW.encode()).digest()) not in repr(given.tokens())


def test_a_new_token_works_at_once() -> None:
    """A minted token is known by its entry, is new each time, and is nowhere in the entry."""
    (token, line), (other, _) = mint("riverside", RIVERSIDE), mint("riverside", RIVERSIDE)
    assert token != other
    assert token not in line
    known = Tokens.of(line)
    assert getattr(known.whose([f"Bearer {token}"]), "sources", None) == {RIVERSIDE}
    assert known.whose([f"Bearer {other}"]) is None
    with pytest.raises(BadTokens, match="a name is"):
        mint("River Side", RIVERSIDE)


@pytest.mark.parametrize("weak", ["", "secret", "x" * 31])
def test_short_tokens_open_nothing(weak: str) -> None:
    """What somebody could guess is no token, although its hash is set; the hash of nothing least of all."""
    assert Tokens.of(entry("weak", weak, RIVERSIDE)).whose([f"Bearer {weak}"]) is None


@given(said=st.text(max_size=60))
def test_any_header_is_a_token_or_none(said: str) -> None:
    """Whatever stands in the header, reading it raises nothing and opens nothing."""
    tokens = Tokens.of(ENTRIES)
    assert tokens.whose([said]) is tokens.whose([f"Bearer {said}"]) is None
