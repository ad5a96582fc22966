"""Goals as input of the rules: whether they are active, and the days on which the patient is asked about them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.followup.policy import Policy
from shared.calendar.sending_window import Window
from shared.clinic.goal import Goal, GoalStatus
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact
from shared.rules.plan import Facts

KIND = "goal"
ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveGoal:
    """An active goal of a patient.

    Attributes:
        key: the thing's name in message keys; a patient who had the thing before has another key.
        window: the usual sending window of its place.
        later_rounds: whether its place asks again, weeks later.

    """

    thing: str
    key: str
    set_on: date
    review_on: date | None
    confidence: int | None
    place: str
    zone: ZoneInfo
    window: Window
    later_rounds: bool


def says(goal: Goal) -> str:
    """The content of a goal that a patient would be sent: an ended goal is only ended, whatever is corrected in it."""
    if goal.status is not GoalStatus.ACTIVE:
        return ENDED
    return json.dumps([str(goal.set_on), str(goal.review_on or ""), goal.confidence, goal.clinic or ""])


def pursued(facts: Facts, keys: Mapping[str, str], policy: Policy) -> dict[str, ActiveGoal]:
    """The active goals of a patient, by thing. `keys`: goal → its name in message keys, where it differs."""
    return {
        fact.thing: _pursued(fact, goal, keys.get(fact.thing, fact.thing), facts.places, policy)
        for fact, goal in facts.of(Goal)
        if goal.status is GoalStatus.ACTIVE
    }


def ended_at(facts: Facts) -> dict[str, datetime]:
    """The goals of this patient that have ended, or are gone, with the time since which that is known."""
    return {
        fact.thing: fact.since_at
        for fact in facts.things
        if fact.kind == KIND and not (isinstance(fact.data, Goal) and fact.data.status is GoalStatus.ACTIVE)
    }


def days_to_ask(goal: ActiveGoal, asked: Sequence[tuple[str, date]], policy: Policy) -> list[date]:
    """The days on which to ask about a goal, in order. `asked`: the rounds so far, and the days of their questions.

    A new review day, agreed after a question, is another round; a day that has passed meanwhile is none.
    """
    agreed = goal.review_on or goal.set_on + timedelta(days=_usual_days(goal, policy))
    days = [agreed] if goal.review_on or not asked else []
    days += _later_rounds(goal, agreed, policy)
    rounds, last = {name for name, _ in asked}, max((day for _, day in asked), default=date.min)
    return [day for day in days if day.isoformat() not in rounds and day > last]


def _later_rounds(goal: ActiveGoal, agreed: date, policy: Policy) -> list[date]:
    """The days of the rounds that follow the first, where the clinic wants them; none soon after the first."""
    later = [goal.set_on + after for after in policy.later_rounds] if goal.later_rounds else []
    return [day for day in later if day >= agreed + policy.apart]


def is_agreed_anew(goal: ActiveGoal, asked: Sequence[tuple[str, date]]) -> bool:
    """Whether a review day after the last question was agreed, on which the patient is asked next."""
    return goal.review_on is not None and bool(asked) and goal.review_on > max(day for _, day in asked)


def _usual_days(goal: ActiveGoal, policy: Policy) -> int:
    unsure = goal.confidence is not None and goal.confidence < policy.low_confidence
    return policy.unsure_review_days if unsure else policy.review_days


def _pursued(fact: Fact, goal: Goal, name: str, places: Places, policy: Policy) -> ActiveGoal:
    key = place_key(fact.source, goal.clinic)
    place = places.get(key)
    zone = goal.zone or places.zone(key, policy.zone)
    return ActiveGoal(
        thing=fact.thing,
        key=name,
        set_on=goal.set_on,
        review_on=goal.review_on,
        confidence=goal.confidence,
        place=key,
        zone=zone,
        window=policy.window(zone),
        later_rounds=place is not None and place.later_rounds,
    )
