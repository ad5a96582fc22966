"""A child is not told "we missed you": somebody else was to bring them, and a person looks, however it became known."""

from dataclasses import replace

import pytest

from services.followup.rules import plan
from shared.rules.plan import Plan
from tests.followup.fixtures import Ward

MISSED = "2026-12-01 09:00"


def planned(birth_date: str | None, start: str = MISSED, *, brought_by_others: bool | None = None) -> Plan:
    ward = Ward().visit("2026-12-01 10:00", start, brought_by_others=brought_by_others)
    return plan(replace(ward.seen(), birth_date=birth_date), ward.told(), ward.policy)


@pytest.mark.parametrize(
    ("birth_date", "is_child"),
    [
        pytest.param("2024-05-01", True, id="two years old"),
        pytest.param("2008-12-02", True, id="18 tomorrow"),
        pytest.param("2008-12-01", False, id="18 today"),
        pytest.param("2008-11-30", False, id="18 yesterday"),
        pytest.param("2008", True, id="18 within the year: better a child for too long"),
        pytest.param("2007", False, id="18 whenever in the year"),
        pytest.param("2008-11", False, id="18 by the end of last month"),
        pytest.param("1950-01-01", False, id="grown up"),
        pytest.param("2027-01-01", False, id="not born yet is unknown"),
        pytest.param(None, False, id="unknown"),
    ],
)
def test_age_on_the_day_that_was_missed_decides(birth_date: str | None, *, is_child: bool) -> None:
    """Of a child no message is wanted and a person is asked; of anybody else the message."""
    wanted = planned(birth_date)
    assert [task.kind for task in wanted.task_requests] == (["not_brought"] if is_child else [])
    assert [message.kind for message in wanted.messages] == ([] if is_child else ["missed"])


def test_the_day_is_the_clinics_own() -> None:
    """At half past midnight in London, in summer, it is still the day before by UTC: the birthday is the clinic's."""
    assert planned("2008-07-02", "2026-07-02 00:30").task_requests == ()
    assert [task.kind for task in planned("2008-07-03", "2026-07-02 23:30").task_requests] == ["not_brought"]


@pytest.mark.parametrize("birth_date", [None, "1950-01-01", "2024-05-01"])
def test_the_clinics_own_word_counts_as_well(birth_date: str | None) -> None:
    """A person at risk is brought by others at any age."""
    wanted = planned(birth_date, brought_by_others=True)
    assert [task.kind for task in wanted.task_requests] == ["not_brought"]
    assert wanted.messages == ()
