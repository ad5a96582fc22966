"""What the gateway can be told, and what it must not know."""

from typing import Any

import pytest

from services.gateway.settings import Settings
from shared.settings import Connections, KafkaConnection, SettingsError, load
from tests.gateway.gateway_harness import LINK_KEY, OLD_TOKEN, PUBLIC, TOKEN

WELL = {"public_url": PUBLIC, "twilio_auth_token": TOKEN, "link_keys": LINK_KEY, "_env_file": None}


@pytest.mark.parametrize(
    ("label", "given", "url"),
    [
        ("a host", "https://messages.example.nhs.uk", "https://messages.example.nhs.uk"),
        ("a slash at the end", "https://messages.example.nhs.uk/", "https://messages.example.nhs.uk"),
        ("a port and a path", "https://example.nhs.uk:8443/messages/", "https://example.nhs.uk:8443/messages"),
        ("one machine", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("no scheme", "messages.example.nhs.uk", None),
        ("no host", "https://", None),
        ("a query", "https://example.nhs.uk?x=1", None),
        ("a fragment", "https://example.nhs.uk#x", None),
        ("a password", "https://ada:secret@example.nhs.uk", None),
        ("a port that is none", "https://example.nhs.uk:http", None),
    ],
)
def test_public_url(label: str, given: str, url: str | None) -> None:
    """The public address is one to which a path can be added; another stops the start and names its variable."""
    values: dict[str, Any] = {**WELL, "public_url": given}
    if url is None:
        with pytest.raises(SettingsError, match="COCREATE_PUBLIC_URL: must be https://host"):
            load(Settings, **values)
    else:
        assert load(Settings, **values).public_url == url, label


def test_what_is_missing_is_named() -> None:
    """Without its address, its token and its keys the gateway does not start, and says which variables to set."""
    with pytest.raises(SettingsError) as caught:
        load(Settings, _env_file=None)
    told = " ".join(caught.value.faults)
    for name in ("PUBLIC_URL", "TWILIO_AUTH_TOKEN", "LINK_KEYS"):
        assert f"COCREATE_{name}: is missing" in told
    assert "doctor --new-key" in told


@pytest.mark.parametrize(
    ("label", "keys"),
    [
        ("empty ones", ",,,"),
        ("too short", "AAAA"),
        ("no base64", "?" * 44),
        ("a bad one behind a good one", f"{LINK_KEY},x"),
    ],
)
def test_link_keys_are_keys(label: str, keys: str) -> None:
    """What is no key stops the start with the cure, and is not shown."""
    with pytest.raises(SettingsError, match=r"COCREATE_LINK_KEYS: a key is 32 bytes.*--new-key") as caught:
        load(Settings, **{**WELL, "link_keys": keys})
    assert keys not in str(caught.value), label


def test_tokens_while_rotating() -> None:
    """Both tokens are accepted while they rotate, and neither is shown."""
    assert load(Settings, **WELL).auth_tokens() == (TOKEN,)
    both = load(Settings, **WELL, twilio_auth_token_old=OLD_TOKEN)
    assert both.auth_tokens() == (TOKEN, OLD_TOKEN)
    assert TOKEN not in repr(both)
    assert OLD_TOKEN not in repr(both)


def test_gateway_holds_no_key() -> None:
    """The public door knows where Kafka is, but neither the keys to personal details nor the database."""
    secrets = Connections.model_fields.keys() - KafkaConnection.model_fields.keys()
    assert {"keys", "index_key", "database_url"} <= secrets
    assert not secrets & Settings.model_fields.keys()
