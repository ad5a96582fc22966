"""Rules for silence: how long an answer is awaited, and when the question is repeated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.followup.conversations import Conversation
from services.followup.goals import ActiveGoal, is_agreed_anew
from services.followup.questions import again
from services.followup.view import View
from shared.rules.plan import Message, WakeUp


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation without a reply so far, in which one may still come.

    Attributes:
        goals: its goals that are still active, and have no newer round.

    """

    of: Conversation
    goals: tuple[ActiveGoal, ...]
    view: View

    def wakeups(self) -> Iterator[WakeUp]:
        """The ends of the silence after each question. An e-mail cannot be answered, so it has none."""
        for count, asked in enumerate((self.of.first, self.of.again), start=1):
            if asked is not None and asked.asked:
                yield WakeUp(f"{self.of.key}/silent/{count}", asked.told_at + self.view.policy.silence)

    def lasted(self, count: int) -> datetime | None:
        """When the silence after the first or second question ended; None: it has not, or that was not sent."""
        key = f"{self.of.key}/silent/{count}"
        return next((wakeup.at for wakeup in self.wakeups() if wakeup.key == key and self._came(wakeup)), None)

    @property
    def question(self) -> Message | None:
        """The repeated question, at most one, where the first silence has ended."""
        if self.of.first is None or self.of.again is not None or self.lasted(1) is None:
            return None
        return again(self.of, self.of.first.told_at, self.goals, self.view)

    def _came(self, wakeup: WakeUp) -> bool:
        return self.view.came(wakeup.key, wakeup.at)


def waiting(view: View) -> Iterator[Waiting]:
    """The conversations in which an answer is awaited."""
    newest = {thing: one for one in view.rounds for thing in one.said}  # rounds are in order of time
    for one in view.rounds:
        goals = tuple(
            goal
            for goal in view.pursued(one)
            if newest[goal.thing] is one and not is_agreed_anew(goal, view.asked(goal))
        )
        if goals and not one.replies:
            yield Waiting(one, goals, view)
