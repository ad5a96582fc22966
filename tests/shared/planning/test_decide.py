"""What holds for every planner: rules over the plan of its own rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.clinic.places import Places
from shared.planning.decide import PlanningInput, decide, without_tasks_in_vain, without_wakeups_that_came
from shared.rules.plan import Facts, Plan, Response, SentHistory, WakeUp
from shared.rules.task_requests import TaskKind, TaskRequest
from tests.shared.planning.test_engine import small

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = Facts(patient="p1", things=(), places=Places.of(()))
TASK = TaskRequest(
    kind=TaskKind.SUPPORT_NEEDED,
    key="goal/1",
    things=("urn:clinic/goal/1",),
    why="not_well",
    due_at=AT,
    expires_at=AT + HOUR,
)
ASKS = Plan(
    wakeups=(WakeUp("a", AT), WakeUp("b", AT)),
    task_requests=(TASK,),
    responses=(Response("r", "goal.progress", ("g",), AT),),
)


@pytest.mark.parametrize(
    ("has_died", "plan", "wanted"),
    [
        (False, ASKS, ASKS),
        (True, ASKS, replace(ASKS, task_requests=())),
        (True, Plan(wakeups=ASKS.wakeups), Plan(wakeups=ASKS.wakeups)),
        (False, Plan(), Plan()),
        (True, Plan(), Plan()),
    ],
    ids=["alive and asked", "dead: nobody calls", "dead and no tasks", "alive and no plan", "dead and no plan"],
)
def test_nobody_calls_about_who_has_died(has_died: bool, plan: Plan, wanted: Plan) -> None:
    """The tasks of somebody who has died are dropped; what was answered, and when to look again, stay."""
    assert without_tasks_in_vain(plan, replace(FACTS, has_died=has_died)) == wanted
    assert without_tasks_in_vain(plan, replace(FACTS, is_test=has_died)) == wanted


@pytest.mark.parametrize(
    ("woken", "left"),
    [
        ({}, ["a", "b"]),
        ({"a": AT}, ["b"]),
        ({"a": AT - HOUR}, ["a", "b"]),
        ({"a": AT, "b": AT}, []),
        ({"c": AT}, ["a", "b"]),
    ],
    ids=["none came", "one came", "it came for another moment", "both came", "another came"],
)
def test_a_wake_up_that_came_is_wanted_no_longer(woken: dict[str, datetime], left: list[str]) -> None:
    """A wake-up that came true at the very moment that the rule still wants is dropped: it would come for ever."""
    plan = without_wakeups_that_came(ASKS, replace(FACTS, woken=woken))
    assert [wakeup.key for wakeup in plan.wakeups] == left
    assert replace(plan, wakeups=ASKS.wakeups) == ASKS


def test_each_patient_is_planned_by_the_rule_and_then_by_what_holds_for_all() -> None:
    """Of two patients whom the rule plans alike, the one who has died has no tasks, and the woken one no wake-up."""
    planner = replace(small(), plan=lambda *_: ASKS)
    alive, dead = UUID(int=1), UUID(int=2)
    facts = {alive: replace(FACTS, woken={"a": AT}), dead: replace(FACTS, has_died=True)}
    assert decide(planner, PlanningInput(facts, {alive: SentHistory(), dead: SentHistory()})) == {
        alive: replace(ASKS, wakeups=ASKS.wakeups[1:]),
        dead: replace(ASKS, task_requests=()),
    }
