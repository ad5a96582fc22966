"""Settings: what a clinic may tune, and what stops the start."""

from collections.abc import Callable
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from services.followup.app import planner
from services.followup.policy import Policy
from services.followup.settings import Settings
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
    """Every field of the settings reaches the policy, and another policy plans everybody again."""
    policy = settings(
        followup_review_days="10",
        followup_unsure_review_days="5",
        followup_low_confidence="6",
        followup_question_working_days="2",
        followup_silence_days="4",
        followup_missed_working_days="3",
        followup_spread_from="09:00",
        followup_spread_until="17:30",
        default_zone="Europe/Dublin",
        holidays="IE",
    ).policy()
    assert policy == Policy(
        review_days=10,
        unsure_review_days=5,
        low_confidence=6,
        question_working_days=2,
        silence_days=4,
        missed_working_days=3,
        spread_from=time(9),
        spread_until=time(17, 30),
        default_zone=ZoneInfo("Europe/Dublin"),
        holidays="IE",
    )
    assert planner(policy).policy_digest() != planner(Policy()).policy_digest()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"followup_review_days": "0"}, "COCREATE_FOLLOWUP_REVIEW_DAYS", id="on the day itself"),
        pytest.param({"followup_low_confidence": "11"}, "COCREATE_FOLLOWUP_LOW_CONFIDENCE", id="off the scale"),
        pytest.param({"followup_silence_days": "0"}, "COCREATE_FOLLOWUP_SILENCE_DAYS", id="no silence at all"),
        pytest.param({"followup_spread_from": "07:00"}, "COCREATE_FOLLOWUP_SPREAD_FROM", id="before the window opens"),
        pytest.param({"followup_spread_until": "18:30"}, "COCREATE_FOLLOWUP_SPREAD_UNTIL", id="after it closes"),
        pytest.param({"followup_spread_from": "16:00"}, "COCREATE_FOLLOWUP_SPREAD_UNTIL", id="nothing in between"),
        pytest.param({"followup_spread_from": "10:00Z"}, "COCREATE_FOLLOWUP_SPREAD_FROM", id="a time with a zone"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: Read, given: dict[str, str], named: str) -> None:
    """It is named by its variable, with what it should be."""
    with pytest.raises(SettingsError, match=named):
        settings(**given)
