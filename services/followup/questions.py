"""Rules for questions about goals: one conversation at a time, and one message for goals that are due together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.followup.conversations import Conversation, round_key
from services.followup.days import at_clock, end_of
from services.followup.goals import ActiveGoal, days_to_ask
from services.followup.messages import GOALS, FollowUpKind, at_place, shown
from services.followup.policy import Policy
from services.followup.view import View
from shared.calendar.sending_window import Window, instant
from shared.rules.plan import Message, SentMessage, WakeUp

NOON = time(12)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """A question that is still to be asked: of each goal the round. `window` is that of the goal that leads."""

    goals: tuple[tuple[ActiveGoal, date], ...]
    send_at: datetime
    expires_at: datetime
    window: Window

    @property
    def key(self) -> str:
        """The key of the question, made of the goals and their rounds."""
        return " + ".join(round_key(goal.key, day.isoformat()) for goal, day in self.goals)

    @property
    def wakeup(self) -> WakeUp:
        """The wake-up at which the question has been sent or has expired."""
        return asked_wakeup(self.key, self.expires_at)


def planned_questions(view: View) -> Iterator[PlannedQuestion]:
    """The next question about each goal, and earlier ones that expired unsent.

    Two questions about different goals are not open at once, as far as can be known: the later one waits until no
    answer to the earlier one would act any more. The first due leads; goals that are due at the same place by then join
    its message.
    """
    left = {thing: days_to_ask(goal, view.asked(goal), view.policy) for thing, goal in view.goals.items()}
    free_at: datetime | None = None
    while due := {thing: _earliest(view.goals[thing], days[0], free_at, view) for thing, days in left.items() if days}:
        asking = _next(due, {thing: left[thing][0] for thing in due}, view)
        yield asking
        came_to_nothing = view.came(asking.wakeup.key, asking.expires_at)
        for goal, _ in asking.goals:
            left[goal.thing] = left[goal.thing][1:] if came_to_nothing else []
        free_at = asking.expires_at
        if not came_to_nothing:  # it may go at the last moment, and then again after a silence
            free_at = _again_lives(asking.expires_at, view.clock, asking.window, view.policy)[1] + view.policy.silence


def _next(due: Mapping[str, datetime], days: Mapping[str, date], view: View) -> PlannedQuestion:
    """The first of the questions that are due, with those of the same place that are due by then."""
    lead = view.goals[min(due, key=lambda thing: (due[thing], thing))]
    send_at = due[lead.thing]
    expires_at = end_of(send_at, view.policy.question_working_days, lead.window)
    together = sorted(thing for thing, at in due.items() if at <= send_at and view.goals[thing].place == lead.place)
    return PlannedQuestion(
        tuple((view.goals[thing], days[thing]) for thing in together), send_at, expires_at, lead.window
    )


def question(asking: PlannedQuestion, policy: Policy) -> Message:
    """The message that asks how the goals went."""
    goals = [goal for goal, _ in asking.goals]
    says = {goal.thing: {"round": day.isoformat(), "place": goal.place} for goal, day in asking.goals}
    return _message(FollowUpKind.GOAL, asking.key, goals, says, (asking.send_at, asking.expires_at), policy)


def again(one: Conversation, told_at: datetime, goals: Sequence[ActiveGoal], view: View) -> Message:
    """The question repeated after a silence, in another template. `goals`: its goals that are still active."""
    says = {goal.thing: one.said[goal.thing] for goal in goals}
    lives = _again_lives(told_at, view.clock, view.window(one), view.policy)
    return _message(FollowUpKind.AGAIN, f"{one.key}/again", goals, says, lives, view.policy)


def asked_wakeup(key: str, expires_at: datetime) -> WakeUp:
    """The wake-up at which a question has been sent or has expired: a claim does not run the rule again."""
    return WakeUp(f"{key}/asked", expires_at)


def ends_at(one: Conversation, view: View) -> datetime:
    """When the last answer in this conversation may act; while it goes on, the latest possible time."""
    window, policy = view.window(one), view.policy
    ends = [reply.at + policy.silence for reply in one.replies]
    ends += [_open_until(said, window, policy) for said in (one.first, one.again) if said]
    if one.first:
        expires_at = _again_lives(one.first.told_at, view.clock, window, policy)[1]
        may_come = one.first.asked and not one.replies and bool(view.pursued(one))
        came_to_nothing = view.came(asked_wakeup(f"{one.key}/again", expires_at).key, expires_at)
        if one.again or (may_come and not came_to_nothing):
            ends.append(expires_at + policy.silence)
    return max(ends)


def _open_until(saying: SentMessage, window: Window, policy: Policy) -> datetime:
    """Until when an answer to a question may act, counted from its claim, so never less than it promised."""
    if not saying.asked:
        return saying.told_at + A_DAY  # it cannot be answered by text; two on one day read as one
    return end_of(saying.told_at, policy.question_working_days, window) + policy.silence


def _again_lives(told_at: datetime, clock: time, window: Window, policy: Policy) -> tuple[datetime, datetime]:
    send_at = at_clock(told_at + policy.silence, clock, window)
    return send_at, end_of(send_at, policy.question_working_days, window)


def _earliest(goal: ActiveGoal, day: date, free_at: datetime | None, view: View) -> datetime:
    """The earliest time to ask: on its day, not soon after the last question, nor during another conversation.

    An open question about the same goal does not delay it: the new one replaces it.
    """
    days = [day, *(asked + view.policy.apart for _, asked in view.asked(goal))]
    others = [ends_at(one, view) for one in view.rounds if one.said.keys() != {goal.thing}]
    begins = instant(max(days), time(), goal.zone)
    return at_clock(max([begins, *others, *([free_at] if free_at else [])]), view.clock, goal.window)


def _message(  # noqa: PLR0913, PLR0917 - a message's parts
    kind: FollowUpKind,
    key: str,
    goals: Sequence[ActiveGoal],
    says: Mapping[str, Mapping[str, str]],
    lives: tuple[datetime, datetime],
    policy: Policy,
) -> Message:
    first, (send_at, expires_at) = goals[0], lives
    set_at = shown(instant(first.set_on, NOON, first.zone), first.zone)
    return Message(
        key=key,
        kind=kind,
        template=kind,
        category=GOALS,
        send_at=send_at,
        expires_at=expires_at,
        says=says,
        places=(first.place,),
        data={**at_place(first.place), "set_at": set_at, "several": len(goals) > 1},
        answers_until=expires_at + policy.silence,
    )
