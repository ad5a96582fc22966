"""Settings: what a clinic may tune, and what stops the start."""

from collections.abc import Callable
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from services.prompts.policy import Policy
from services.prompts.settings import Settings
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
    """Each default has one home."""
    assert settings().policy() == Policy()


def test_what_is_set_arrives(settings: Read) -> None:
    """Every field of the settings reaches the policy."""
    policy = settings(
        prompts_agenda_days="10",
        prompts_reminder_working_days="3",
        prompts_spread_from="09:00",
        prompts_spread_until="17:30",
        default_zone="Europe/Dublin",
        holidays="IE",
    ).policy()
    assert policy == Policy(
        agenda_days=10,
        reminder_working_days=3,
        spread_from=time(9),
        spread_until=time(17, 30),
        default_zone=ZoneInfo("Europe/Dublin"),
        holidays="IE",
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"prompts_agenda_days": "2"}, "COCREATE_PROMPTS_AGENDA_DAYS", id="no room between the two"),
        pytest.param({"prompts_reminder_working_days": "0"}, "COCREATE_PROMPTS_REMINDER_WORKING_DAYS", id="same day"),
        pytest.param({"prompts_spread_from": "07:00"}, "COCREATE_PROMPTS_SPREAD_FROM", id="before the window opens"),
        pytest.param({"prompts_spread_until": "18:30"}, "COCREATE_PROMPTS_SPREAD_UNTIL", id="after it closes"),
        pytest.param({"prompts_spread_from": "16:00"}, "COCREATE_PROMPTS_SPREAD_UNTIL", id="nothing in between"),
        pytest.param({"prompts_spread_from": "10:00Z"}, "COCREATE_PROMPTS_SPREAD_FROM", id="a time with a zone"),
        pytest.param({"prompts_spread_from": "10:00:30"}, "COCREATE_PROMPTS_SPREAD_FROM", id="seconds"),
        pytest.param({"prompts_spread_until": "late"}, "COCREATE_PROMPTS_SPREAD_UNTIL", id="no time"),
        pytest.param({"default_zone": "Mars/Olympus"}, "COCREATE_DEFAULT_ZONE", id="an unknown zone"),
        pytest.param({"holidays": "FR"}, "COCREATE_HOLIDAYS", id="an unknown calendar"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: Read, given: dict[str, str], named: str) -> None:
    """It is named by its variable, with what it should be."""
    with pytest.raises(SettingsError, match=named):
        settings(**given)
