"""Settings: what a clinic may tune, and what stops the start; and how the service is put together."""

from collections.abc import Callable
from datetime import time
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from services.reunions.app import planner
from services.reunions.forms import FORMS
from services.reunions.policy import Policy
from services.reunions.settings import Settings
from shared.clinic.courses import COURSES
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
        reunions_invite_weeks="4",
        reunions_again_days="10",
        reunions_confirm_days="5",
        reunions_graduate_share="0.5",
        reunions_offer_hours="24",
        reunions_graduates_enough="8",
        reunions_due_months="2, 9",
        reunions_spread_from="09:00",
        reunions_spread_until="17:30",
        default_zone="Europe/Dublin",
        holidays="IE",
    ).policy()
    assert policy == Policy(
        invite_weeks=4,
        again_days=10,
        confirm_days=5,
        graduate_share=Fraction(1, 2),
        offer_hours=24,
        graduates_enough=8,
        due_months=(2, 9),
        spread_from=time(9),
        spread_until=time(17, 30),
        default_zone=ZoneInfo("Europe/Dublin"),
        holidays="IE",
    )
    assert planner(policy).policy_digest() != planner(Policy()).policy_digest()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"reunions_invite_weeks": "0"}, "COCREATE_REUNIONS_INVITE_WEEKS", id="on the day itself"),
        pytest.param({"reunions_graduate_share": "0"}, "COCREATE_REUNIONS_GRADUATE_SHARE", id="nobody need come"),
        pytest.param({"reunions_graduate_share": "7/5"}, "COCREATE_REUNIONS_GRADUATE_SHARE", id="more than all"),
        pytest.param({"reunions_graduate_share": "5/0"}, "COCREATE_REUNIONS_GRADUATE_SHARE", id="no number"),
        pytest.param({"reunions_graduate_share": "most"}, "COCREATE_REUNIONS_GRADUATE_SHARE", id="a word"),
        pytest.param({"reunions_offer_hours": "1"}, "COCREATE_REUNIONS_OFFER_HOURS", id="no time to read"),
        pytest.param({"reunions_due_months": "6,3"}, "COCREATE_REUNIONS_DUE_MONTHS", id="months that fall"),
        pytest.param({"reunions_due_months": "3,,6"}, "COCREATE_REUNIONS_DUE_MONTHS", id="a month is missing"),
        pytest.param({"reunions_due_months": "0,3"}, "COCREATE_REUNIONS_DUE_MONTHS", id="at once"),
        pytest.param({"reunions_spread_from": "07:00"}, "COCREATE_REUNIONS_SPREAD_FROM", id="before the window opens"),
        pytest.param({"reunions_spread_until": "18:30"}, "COCREATE_REUNIONS_SPREAD_UNTIL", id="after it closes"),
        pytest.param({"reunions_spread_from": "10:00Z"}, "COCREATE_REUNIONS_SPREAD_FROM", id="a time with a zone"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: Read, given: dict[str, str], named: str) -> None:
    """It is named by its variable, with what it should be."""
    with pytest.raises(SettingsError, match=named):
        settings(**given)


def test_the_planner_reads_courses() -> None:
    """All three kinds, of which courses and reunions are nobody's own; every form has the category of groups."""
    made = planner(Policy())
    assert {kind.name for kind in made.topics[COURSES].values()} == {"course", "enrolment", "reunion"}
    assert made.shared_kinds == {"course", "reunion"}
    assert made.before is not None
    assert {form.category for form in FORMS} == {"groups"}
