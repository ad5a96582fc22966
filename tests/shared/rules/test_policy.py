"""Policies: numbers that are described once, read from the environment, and compared as text at a start."""

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from services.cli.catalogue import CatalogueEntry, entries
from shared.rules.policy import (
    ClinicDefaults,
    PlannerPolicy,
    Policy,
    fixed,
    instant_with_zone,
    is_fixed,
    source,
    source_of,
)
from shared.settings import Connections, SettingsError, example, load, policy_of, variables

KEYS = {"keys": "test:" + "A" * 43 + "=", "index_key": "B" * 43 + "="}

DIGESTS = {
    "prompts": "fa0f48aa6cec",
    "followup": "a8e8d3ccfbcf",
    "reunions": "3ef03fb6f036",
    "cards": "3649279ec538",
}
"""Of the defaults. Where one changes, everybody whom that planner knows is planned again once after the update: say so
in CHANGELOG.md."""


class Numbers(PlannerPolicy):
    """A policy with a number of each kind."""

    days: int = Field(default=3, ge=1, le=9, description="days", json_schema_extra=source("a study"))
    share: Fraction = Field(default=Fraction(5, 7), description="share", json_schema_extra=source("our choice"))
    apart: timedelta = Field(default=timedelta(hours=48), description="apart", json_schema_extra=fixed("our choice"))
    rounds: tuple[timedelta, ...] = Field(
        default=(timedelta(weeks=6),), description="rounds", json_schema_extra=fixed("our choice")
    )


class Backwards(ClinicDefaults):
    """The same numbers as those of the last one, declared in another order."""

    rounds: tuple[timedelta, ...] = (timedelta(weeks=6),)
    apart: timedelta = timedelta(hours=48)
    share: Fraction = Fraction(5, 7)
    days: int = 3
    spread_until: time = time(16)
    spread_from: time = time(10)


class Settings(Connections):
    """Settings of a planner of surveys."""

    model_config = SettingsConfigDict(env_file=None)

    surveys: Numbers = Numbers()


def test_a_digest_is_the_numbers_by_name() -> None:
    """The text that is compared at a start is known to the letter, whatever the order in which numbers stand."""
    assert Numbers().digest() == (
        '{"apart": "P2D", "days": 3, "default_zone": "Europe/London", "holidays": "GB-ENG", "rounds": ["P42D"], '
        '"share": "5/7", "spread_from": "10:00:00", "spread_until": "16:00:00"}'
    )
    assert Backwards().digest() == Numbers().digest()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Numbers(days=4), id="a setting"),
        pytest.param(Numbers(apart=timedelta(hours=47)), id="what is fixed"),
        pytest.param(Numbers(default_zone=ZoneInfo("Europe/Dublin")), id="the zone"),
        pytest.param(Numbers(holidays="IE"), id="bank holidays"),
    ],
)
def test_another_number_is_another_digest(other: Numbers) -> None:
    """Everybody is planned again where any number has changed, and only then."""
    assert other.digest() != Numbers().digest()


@pytest.mark.parametrize("entry", [entry for entry in entries() if entry.planner], ids=lambda entry: entry.name)
def test_an_update_plans_nobody_again_unawares(entry: CatalogueEntry) -> None:
    """The digest of each planner's defaults is known: a change of it is one that somebody has meant."""
    settings = load(entry.settings, _env_file=None, **KEYS)
    assert entry.planner is not None
    digest = entry.planner(settings).policy_digest()
    assert sha256(digest.encode()).hexdigest()[:12] == DIGESTS[entry.name]


def test_variables_are_the_fields_of_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number is read from a variable of its own, as text; what is fixed, or nobody's, is passed over."""
    for name, value in {
        "DAYS": "4",
        "SHARE": "0.5",
        "APART": "PT1H",
        "HOLIDAYS": "IE",
        "PORT": "tcp://10.0.0.1",
    }.items():
        monkeypatch.setenv(f"COCREATE_SURVEYS_{name}", value)
    monkeypatch.setenv("COCREATE_DEFAULT_ZONE", "Europe/Dublin")
    settings = load(Settings, **KEYS)
    numbers = settings.surveys.among_clinics(settings)
    assert numbers == Numbers(days=4, share=Fraction(1, 2), default_zone=ZoneInfo("Europe/Dublin"))


def test_a_wrong_number_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start stops and says which variable, what is wrong with it, and what it means."""
    monkeypatch.setenv("COCREATE_SURVEYS_DAYS", "10")
    with pytest.raises(SettingsError) as refused:
        load(Settings, **KEYS)
    assert refused.value.faults == ("COCREATE_SURVEYS_DAYS: Input should be less than or equal to 9 (days)",)


def test_an_example_has_what_can_be_set() -> None:
    """`.env.example` names each number that can be set with its default, and none that is fixed."""
    own = example(Settings).partition("COCREATE_LINK_DOMAINS")[2].partition("\n\n")[2]
    assert own.splitlines()[-5:] == [
        "# days",
        "# COCREATE_SURVEYS_DAYS=3",
        "",
        "# share",
        "# COCREATE_SURVEYS_SHARE=5/7",
    ]
    assert not [name for name, field in variables(Settings) if is_fixed(field)]


def test_a_field_says_where_it_comes_from() -> None:
    """Source and standing of a number are on its field; a field that is no policy holds none."""
    fields = Numbers.model_fields
    assert [(source_of(fields[name]), is_fixed(fields[name])) for name in ("days", "apart", "default_zone")] == [
        ("a study", False),
        ("our choice", True),
        ("", False),
    ]
    assert policy_of(Settings.model_fields["surveys"]) is Numbers
    assert policy_of(Settings.model_fields["region"]) is None


def test_a_policy_is_taken_out_of_settings_without_the_rest() -> None:
    """A rule gets its numbers and no key: what settings hold besides stays behind."""
    taken = ClinicDefaults.among(load(Settings, **KEYS, holidays="IE"))
    assert taken == ClinicDefaults(holidays="IE")
    assert type(taken) is ClinicDefaults


def test_policies_do_not_change() -> None:
    """A number that a running service plans with cannot be set."""
    with pytest.raises(ValidationError, match="frozen"):
        Numbers().days = 4  # type: ignore[misc]
    assert isinstance(Numbers(), Policy)


def test_an_instant_has_a_zone() -> None:
    """An instant without one is refused with the cure; none at all is none."""
    assert instant_with_zone(None) is None
    assert instant_with_zone(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2026, 12, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match=r"has no zone; write 2026-12-01T00:00:00\+00:00"):
        instant_with_zone(datetime(2026, 12, 1))  # noqa: DTZ001 - that is the point
