"""A goal as the rules see it: whether it is pursued, and the days on which the patient is asked about it."""

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


@dataclass(frozen=True, slots=True)
class Pursued:
    """A goal that the patient pursues.

    Attributes:
        key: the thing's name in message keys; another patient who had it before has another.
        window: when messages are usually sent there.
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
    """What a patient would be told: a goal that has ended is ended, whatever is corrected in it."""
    if goal.status is not GoalStatus.ACTIVE:
        return ENDED
    return json.dumps([str(goal.set_on), str(goal.review_on or ""), goal.confidence, goal.clinic or ""])


def pursued(facts: Facts, keys: Mapping[str, str], policy: Policy) -> dict[str, Pursued]:
    """The goals that a patient pursues, by their names. `keys`: how keys name them, where not as such."""
    return {
        fact.thing: _pursued(fact, goal, keys.get(fact.thing, fact.thing), facts.places, policy)
        for fact, goal in facts.of(Goal)
        if goal.status is GoalStatus.ACTIVE
    }


def ended_at(facts: Facts) -> dict[str, datetime]:
    """Since when each goal of this patient that has ended, or is gone, is known to have ended."""
    return {
        fact.thing: fact.since_at
        for fact in facts.things
        if fact.kind == KIND and not (isinstance(fact.data, Goal) and fact.data.status is GoalStatus.ACTIVE)
    }


def days_to_ask(goal: Pursued, asked: Sequence[tuple[str, date]], policy: Policy) -> list[date]:
    """The days on which it is still to be asked about, in order. `asked`: the rounds that were, and on which days.

    A day that was agreed anew after it was asked about is another round; one that passed meanwhile is none.
    """
    agreed = goal.review_on or goal.set_on + timedelta(days=_usual_days(goal, policy))
    days = [agreed] if goal.review_on or not asked else []
    days += _later_rounds(goal, agreed, policy)
    rounds, last = {name for name, _ in asked}, max((day for _, day in asked), default=date.min)
    return [day for day in days if day.isoformat() not in rounds and day > last]


def _later_rounds(goal: Pursued, agreed: date, policy: Policy) -> list[date]:
    """The days of the rounds that follow the first, where the clinic wants them; none soon after the first."""
    later = [goal.set_on + after for after in policy.later_rounds] if goal.later_rounds else []
    return [day for day in later if day >= agreed + policy.apart]


def is_agreed_anew(goal: Pursued, asked: Sequence[tuple[str, date]]) -> bool:
    """Whether a later day than that of the last question was agreed, on which it is asked about next."""
    return goal.review_on is not None and bool(asked) and goal.review_on > max(day for _, day in asked)


def _usual_days(goal: Pursued, policy: Policy) -> int:
    unsure = goal.confidence is not None and goal.confidence < policy.low_confidence
    return policy.unsure_review_days if unsure else policy.review_days


def _pursued(fact: Fact, goal: Goal, name: str, places: Places, policy: Policy) -> Pursued:
    key = place_key(fact.source, goal.clinic)
    place = places.get(key)
    zone = goal.zone or places.zone(key, policy.zone)
    return Pursued(
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
