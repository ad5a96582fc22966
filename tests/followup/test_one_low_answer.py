"""One low answer calls somebody at once where the clinic wants that: by its registry, or its group of conditions."""

from typing import Any

import pytest

from services.followup.by_clinic import policy_for
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import Place, Places
from tests.followup.fixtures import POLICY, Ward

SET = "2026-11-17 10:00"
DAY = "2026-12-01"


def asked(clinic: str) -> Ward:
    return Ward().goal(SET, clinic=clinic).tell("goal")


def answered(clinic: str, *answers: str) -> Ward:
    ward = asked(clinic)
    for hour, answer in enumerate(answers, start=9):
        ward.answer(f"{DAY} {hour:02}:00", answer)
    return ward


def of(*policies: dict[str, Any]) -> Places:
    return Places.of(
        Place(source="s", clinic=str(n), name="N", phone="1", sender="S", policy=ClinicPolicy(**policy))
        for n, policy in enumerate(policies)
    )


@pytest.mark.parametrize(
    ("clinic", "answers", "whys"),
    [
        pytest.param("MOOD", ["C"], ["low_at_once"], id="not yet"),
        pytest.param("MOOD", ["A", "SURE 4"], ["low_at_once"], id="did it, and is not sure"),
        pytest.param("MOOD", ["A", "SURE 0"], ["low_at_once"], id="nought"),
        pytest.param("MOOD", ["A", "SURE 5"], [], id="at the threshold"),
        pytest.param("MOOD", ["A"], [], id="did it"),
        pytest.param("MOOD", ["B"], [], id="did some"),
        pytest.param("MOOD", ["it was hard"], [], id="own words decide nothing"),
        pytest.param("MOOD", ["C", "it was hard"], ["low_at_once"], id="own words take nothing back"),
        pytest.param("MOOD", ["C", "A"], [], id="corrected"),
        pytest.param("MOOD", ["A", "SURE 2", "SURE 8"], [], id="a number corrected"),
        pytest.param("MOOD", ["C", "TALK"], ["asked_to_talk"], id="a wish to talk is one call"),
        pytest.param("MOOD-OFF", ["C"], [], id="the clinic does not want it"),
        pytest.param("FOUR", ["A", "SURE 3"], ["low_at_once"], id="by the clinic's own number"),
        pytest.param("FOUR", ["A", "SURE 4"], [], id="at the clinic's own number"),
        pytest.param("FOUR", ["C"], ["low_at_once"], id="not yet, at any number"),
        pytest.param("MSK", ["C"], [], id="elsewhere one is none"),
        pytest.param("MSK", ["A", "SURE 0"], [], id="elsewhere nought is none"),
    ],
)
def test_one_low_answer(clinic: str, answers: list[str], whys: list[str]) -> None:
    """A person calls within a working day of the answer, and the clinic hears why."""
    ward = answered(clinic, *answers)
    assert [task.split()[1] for task in ward.tasks()] == whys
    assert [one.data["reason"] for one in ward.responses("goal.support_needed")] == whys


def test_the_call_is_due_a_working_day_after_the_answer() -> None:
    """And the words of the number say that somebody will call."""
    ward = answered("MOOD", "A", "SURE 2")
    assert ward.tasks() == ["support_needed low_at_once by 2026-12-02 10:00"]
    assert ward.wanted("goal.sure").data["called"] is True


def test_a_second_low_round_is_one_call_and_not_two() -> None:
    """What one answer has called for is not called for again because it was the second in a row."""
    ward = Ward().goal(SET, review_on="2026-11-30", clinic="MOOD")
    for day in ("2026-12-01", "2027-01-05"):
        ward.goal(f"{day} 07:00", review_on=day, clinic="MOOD").tell("goal").answer(f"{day} 19:00", "C")
    assert [task.split()[1] for task in ward.tasks()] == ["low_at_once"] * 2


@pytest.mark.parametrize(
    ("condition", "below"),
    [
        ("depression", 5), ("Depression", 5), ("DEPRESSION", 5), (" depression ", 5), ("anxiety and depression", 5),
        ("postnatal depression", 5), ("low mood", 5), ("Low  Mood", 5), ("low-mood", 5), ("depressive disorder", 5),
        ("diabetes", 0), ("back pain", 0), ("mood ring", 0), ("", 0), (None, 0),
    ],
)  # fmt: skip
def test_the_group_of_conditions_decides_where_the_clinic_does_not(condition: str | None, below: int) -> None:
    """On for depression, however it is spelt; off elsewhere."""
    assert policy_for(of({"condition": condition}), ["s#0"], POLICY).support_below == below


@pytest.mark.parametrize(
    ("policies", "below"),
    [
        pytest.param([{}], 0, id="nothing said"),
        pytest.param([{"condition": "depression", "support_below": 0}], 0, id="switched off"),
        pytest.param([{"condition": "depression", "support_below": 7}], 7, id="its own number"),
        pytest.param([{}, {"support_below": 3}], 3, id="asked by two: the more careful"),
        pytest.param([{"support_below": 3}, {"condition": "depression"}], 5, id="asked by two that care"),
    ],
)
def test_the_most_careful_place_decides(policies: list[dict[str, Any]], below: int) -> None:
    """A question about several goals is low for whoever asked of them; an unknown place wants nothing."""
    keys = [f"s#{n}" for n in range(len(policies))]
    assert policy_for(of(*policies), [*keys, "s#unknown"], POLICY).support_below == below
