"""What the rules about goals do at one clinic: the house's numbers, and what the clinic wants otherwise."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.followup.policy import Policy
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import Places

LOW_MOOD = re.compile(r"\b(?:depress(?:ion|ive|ed)|low[\s_-]*mood)\b", re.IGNORECASE)
"""Groups of conditions in which one low answer is a reason to call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPolicy:
    """The numbers of one conversation about goals.

    Attributes:
        support_below: one answer calls somebody at once where it is "not yet", or a confidence below this; 0: none.

    """

    support_below: int = 0


def policy_for(places: Places, asked_by: Iterable[str], policy: Policy) -> GoalPolicy:
    """What holds for a conversation, by the places that asked: the most careful of them."""
    return GoalPolicy(support_below=max((_support_below(places.policy(key), policy) for key in asked_by), default=0))


def _support_below(clinic: ClinicPolicy, policy: Policy) -> int:
    if clinic.support_below is not None:
        return clinic.support_below
    return policy.low_mood_support_below if LOW_MOOD.search(clinic.condition or "") else 0
