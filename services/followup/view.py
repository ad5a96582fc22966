"""The input of the rules about goals, for one patient."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from services.followup.conversations import Conversation, conversations
from services.followup.goals import ActiveGoal, ended_at, pursued
from services.followup.policy import Policy
from shared.calendar.sending_window import Window, spread
from shared.rules.plan import Facts, SentHistory

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One patient's goals, and the rounds of questions and replies about them.

    Attributes:
        clock: the patient's time of day for messages.
        goals: the active goals, by thing.
        over: ended goals, with the time since which they have ended.
        keys: goal → its name in message keys, where another patient had it before.
        rounds: the conversations, in order of time.

    """

    facts: Facts
    policy: Policy
    clock: time
    goals: dict[str, ActiveGoal]
    over: dict[str, datetime]
    keys: dict[str, str]
    rounds: tuple[Conversation, ...]

    @classmethod
    def of(cls, facts: Facts, told: SentHistory, policy: Policy) -> "View":
        """The view of these facts and this sent history."""
        keys = {fact.thing: f"{fact.thing}~{fact.holders_before}" for fact in facts.things if fact.holders_before}
        return cls(
            facts=facts,
            policy=policy,
            clock=spread(facts.patient, policy.spread_from, policy.spread_until),
            goals=pursued(facts, keys, policy),
            over=ended_at(facts),
            keys=keys,
            rounds=conversations(facts, told, keys),
        )

    def pursued(self, one: Conversation) -> list[ActiveGoal]:
        """The goals of a conversation that are still active."""
        return [self.goals[thing] for thing in sorted(one.said) if thing in self.goals]

    def ended_at(self, one: Conversation) -> datetime | None:
        """Since when none of a conversation's goals is active; None where one is. An unknown goal ended long ago."""
        if self.pursued(one):
            return None
        return max((self.over[thing] for thing in one.said if thing in self.over), default=EVER)

    def window(self, one: Conversation) -> Window:
        """The usual sending window at the place of a conversation."""
        return self.policy.window(self.facts.places.zone(one.place, self.policy.zone))

    def came(self, key: str, at: datetime) -> bool:
        """Whether this wake-up has come due."""
        return self.facts.woken.get(key) == at

    def asked(self, goal: ActiveGoal) -> list[tuple[str, date]]:
        """The rounds about a goal, and the local days of their questions."""
        return [
            (str(one.said[goal.thing]["round"]), at.astimezone(goal.zone).date())
            for one in self.rounds
            if goal.thing in one.said
            for at in one.asked_at
        ]
