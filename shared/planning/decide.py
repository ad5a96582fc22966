"""What a planner wants of patients: its own rule, and after it the rules that hold for every planner."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from shared.planning.planner import Planner
from shared.rules.plan import Facts, Plan, SentHistory


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """All that a planner knows of each of some patients, and what it has told them."""

    facts: Mapping[UUID, Facts]
    told: Mapping[UUID, SentHistory]


def decide(planner: Planner[Any], known: PlanningInput) -> dict[UUID, Plan]:
    """The whole plan of each of these patients."""
    plans: dict[UUID, Plan] = {}
    for patient, facts in known.facts.items():
        plan = planner.plan(facts, known.told[patient], planner.policy)
        plans[patient] = without_tasks_in_vain(without_wakeups_that_came(plan, facts), facts)
    return plans


def without_wakeups_that_came(plan: Plan, facts: Facts) -> Plan:
    """Wake-ups that came true are wanted no longer: a rule that still wants them would be woken for ever."""
    return replace(plan, wakeups=tuple(w for w in plan.wakeups if facts.woken.get(w.key) != w.at))


def without_tasks_in_vain(plan: Plan, facts: Facts) -> Plan:
    """Nobody calls the family of somebody who has died to ask about a goal, nor a record that stands for nobody."""
    return replace(plan, task_requests=()) if facts.has_died or facts.is_test else plan
