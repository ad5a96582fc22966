"""Settings: what a clinic may tune about cards, and what stops the start."""

from collections.abc import Callable
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from services.cards.app import create_app, planner
from services.cards.policy import Policy
from services.cards.settings import Settings
from shared.settings import PREFIX, SettingsError, load

KEYS = {"keys": "test:" + "A" * 43 + "=", "index_key": "B" * 43 + "="}

Read = Callable[..., Settings]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Settings as the environment gives them, with keys, and no file."""

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name.upper(), value)
        return load(Settings, _env_file=None, **KEYS)

    return read


def test_the_defaults_are_the_policys(settings: Read) -> None:
    """Each default has one home, and by default nobody gets a card."""
    assert settings().policy() == Policy()
    assert not Policy().allows("nhs.net")
    assert not Policy().allows("")


def test_what_is_set_arrives(settings: Read) -> None:
    """Every field of the settings reaches the policy."""
    policy = settings(
        card_domains=" NHS.net, riverside.nhs.uk,nhs.net ",
        card_spread_from="09:00",
        card_spread_until="17:30",
        default_zone="Europe/Dublin",
        holidays="IE",
    ).policy()
    domains = ("nhs.net", "riverside.nhs.uk")
    assert policy == Policy(
        domains=domains,
        spread_from=time(9),
        spread_until=time(17, 30),
        default_zone=ZoneInfo("Europe/Dublin"),
        holidays="IE",
    )


@pytest.mark.parametrize(
    ("domain", "allowed"),
    [
        pytest.param("nhs.net", True, id="the same"),
        pytest.param("ward.nhs.net", True, id="below it"),
        pytest.param("xnhs.net", False, id="ends alike"),
        pytest.param("nhs.net.example.org", False, id="begins alike"),
        pytest.param("net", False, id="above it"),
        pytest.param("", False, id="none"),
    ],
)
def test_which_mailboxes_may_get_a_card(domain: str, allowed: bool) -> None:
    """The domain itself and those below it, letter for letter."""
    assert Policy(domains=("nhs.net",)).allows(domain) is allowed


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"card_domains": "nhs"}, "COCREATE_CARD_DOMAINS", id="no domain"),
        pytest.param({"card_domains": "nhs.net,"}, "COCREATE_CARD_DOMAINS", id="an empty one would allow all"),
        pytest.param({"card_domains": "ada@nhs.net"}, "COCREATE_CARD_DOMAINS", id="an address"),
        pytest.param({"card_domains": "*.nhs.net"}, "COCREATE_CARD_DOMAINS", id="a pattern"),
        pytest.param({"card_spread_from": "07:00"}, "COCREATE_CARD_SPREAD_FROM", id="before the window opens"),
        pytest.param({"card_spread_until": "18:30"}, "COCREATE_CARD_SPREAD_UNTIL", id="after it closes"),
        pytest.param({"card_spread_from": "16:00"}, "COCREATE_CARD_SPREAD_UNTIL", id="nothing in between"),
        pytest.param({"card_spread_from": "14:00Z"}, "COCREATE_CARD_SPREAD_FROM", id="a time with a zone"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: Read, given: dict[str, str], named: str) -> None:
    """It is named by its variable, with what it should be."""
    with pytest.raises(SettingsError, match=named):
        settings(**given)


def test_a_policy_is_the_same_text_every_time(settings: Read) -> None:
    """Another text plans everybody again: it must not depend on the order in which domains were written."""
    one, other = (planner(settings(card_domains=domains).policy()) for domains in ("a.org,b.org", "b.org,a.org"))
    assert one.policy_digest() == other.policy_digest()


def test_the_service_can_be_built(settings: Read) -> None:
    """From settings alone, without a connection."""
    assert create_app(settings()) is not None
