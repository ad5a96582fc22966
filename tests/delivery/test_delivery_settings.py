"""What delivery can be told, and what stops its start."""

from typing import Any

import pytest

from services.delivery.settings import Settings
from shared.settings import SettingsError, load
from tests.harness import INDEX_KEY, KEYS

WELL: dict[str, Any] = {
    "_env_file": None,
    "keys": KEYS,
    "index_key": INDEX_KEY,
    "link_keys": "C" * 43 + "=",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "a" * 32,
    "twilio_sender": "+447700900999",
    "public_url": "https://messages.example.org",
    "smtp_url": "smtps://user:password@mail.example.org:465",
    "mail_from": "messages@example.org",
}


@pytest.mark.parametrize(
    ("sender", "receives"),
    [
        pytest.param("+447700900999", True, id="a number"),
        pytest.param("60777", True, id="a short code"),
        pytest.param("MG" + "0123456789abcdef" * 2, True, id="a messaging service"),
        pytest.param("Riverside", False, id="a name"),
    ],
)
def test_answers_are_asked_for_where_they_can_be_received(sender: str, receives: bool) -> None:
    """Texts ask for answers unless they are told not to; from a sender that can receive none, the start stops."""
    assert load(Settings, **{**WELL, "twilio_sender": sender}, sms_answers="false").sms_answers is False
    if receives:
        assert load(Settings, **{**WELL, "twilio_sender": sender}).sms_answers is True
    else:
        with pytest.raises(SettingsError, match=r"COCREATE_SMS_ANSWERS: a name as sender cannot receive answers"):
            load(Settings, **{**WELL, "twilio_sender": sender})


def test_link_keys_are_needed() -> None:
    """Without keys for links delivery does not start, and says how to make one."""
    with pytest.raises(SettingsError, match=r"COCREATE_LINK_KEYS: is missing.*doctor --new-key"):
        load(Settings, **{name: value for name, value in WELL.items() if name != "link_keys"})


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        pytest.param("nhs.uk", ("nhs.uk",), id="one"),
        pytest.param("nhs.uk, Gov.UK", ("nhs.uk", "gov.uk"), id="as people write them"),
        pytest.param("https://nhs.uk", None, id="an address"),
        pytest.param("uk", None, id="everything of a country"),
        pytest.param("nhs.uk,", None, id="an empty one"),
        pytest.param("*.nhs.uk", None, id="a star"),
        pytest.param("nhs.uk/x", None, id="a path"),
    ],
)
def test_link_domains(text: str, domains: tuple[str, ...] | None) -> None:
    """Domains are names with a dot in them; anything else stops the start and names its variable."""
    if domains is None:
        with pytest.raises(SettingsError, match=r"COCREATE_LINK_DOMAINS: .*is no domain; write such as nhs\.uk"):
            load(Settings, **WELL, link_domains=text)
    else:
        assert load(Settings, **WELL, link_domains=text).domains() == domains
