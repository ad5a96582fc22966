"""Rules for calls about a goal: a task after low answers, a wish to talk, or two silences.

Two low rounds in a row call somebody everywhere; where the clinic wants it, one low answer does, at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.followup.by_clinic import policy_for
from services.followup.conversations import ANSWERS, Conversation
from services.followup.policy import Policy
from services.followup.silence import Waiting
from services.followup.view import View
from shared.calendar import working_time
from shared.rules.plan import Response
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskKind, TaskRequest
from shared.schedule.states import Why

TWICE = 2


@dataclass(frozen=True, slots=True)
class Support:
    """A call about a round: the time of its cause, and the task."""

    of: Conversation
    at: datetime
    request: TaskRequest

    @property
    def response(self) -> Response:
        """The event for the clinic."""
        return Response(
            key=f"{self.request.key}/support_needed",
            type="goal.support_needed",
            things=self.request.things,
            at=self.at,
            data={"reason": str(self.request.why)},
        )


def low_since(one: Conversation, below: int) -> Reply | None:
    """The reply since which this round is low; None where it is not.

    The last answer decides: "not yet" is low, and so is a number below this one. Own words decide nothing.
    """
    since = None
    for reply in _deciding(one):
        low = reply.token == "C" if reply.number is None else reply.number < below  # noqa: S105 - a token
        since = (since or reply) if low else None
    return since


def low_twice(rounds: Sequence[Conversation], policy: Policy) -> Iterator[tuple[Conversation, Reply]]:
    """The rounds that are the second low one in a row, over all goals, in order of arrival; then a new row begins."""
    below = policy.low_confidence
    decided = [(one, low_since(one, below) or said[-1]) for one in rounds if (said := _deciding(one))]
    row = 0
    for one, reply in sorted(decided, key=lambda each: (each[1].at, each[1].id)):
        row = row + 1 if low_since(one, below) else 0
        if row == TWICE:
            yield one, reply
            row = 0


def low_at_once(one: Conversation, view: View) -> Reply | None:
    """The reply that calls somebody by itself, where a place that asked wants that; None: there is none."""
    below = policy_for(view.facts.places, (str(said["place"]) for said in one.said.values()), view.policy).support_below
    return low_since(one, below) if below else None


def support(view: View, silent: Sequence[Waiting]) -> Iterator[Support]:
    """The calls, one for each round: a wish to talk takes precedence.

    A patient who asked to talk was promised a call: its task stays until it is done, even where the goal has ended.
    """
    lows = {one.key: reply for one, reply in low_twice(view.rounds, view.policy)}
    for one in view.rounds:
        if talk := one.asks_to_talk:
            each = {reply.id: _of_text(one, Why.ASKED_TO_TALK, f"talk/{reply.id}", reply, view) for reply in talk}
            yield each[standing(talk, {key: one.request for key, one in each.items()}, view.facts.done)]
        elif view.ended_at(one) is not None:
            continue
        elif low := low_at_once(one, view):
            yield _of_text(one, Why.LOW_AT_ONCE, Why.LOW_AT_ONCE, low, view)
        elif low := lows.get(one.key):
            yield _of_text(one, Why.LOW_TWICE, Why.LOW_TWICE, low, view)
    for waits in silent:
        if (at := waits.lasted(2)) is not None:
            yield _support(waits.of, Why.SILENT_TWICE, Why.SILENT_TWICE, at, view)


def standing(asks: Sequence[Reply], made: Mapping[str, TaskRequest], done: Mapping[UUID, Done]) -> str:
    """The id of the reply that makes the task: the first of these, or one that came after its task was closed.

    `made`: the task that each would make, by the reply's id.
    """
    stands = asks[0].id
    for reply in asks[1:]:
        closed = done.get(made[stands].id)
        if closed is not None and closed.at <= reply.at:
            stands = reply.id
    return stands


def _deciding(one: Conversation) -> list[Reply]:
    """The replies that tell how the goal goes."""
    return [reply for reply in one.replies if reply.token in ANSWERS or reply.number is not None]


def _of_text(one: Conversation, why: Why, occasion: str, reply: Reply, view: View) -> Support:
    return _support(one, why, occasion, reply.at, view, reply.id)


def _support(  # noqa: PLR0913, PLR0917 - a task's parts
    one: Conversation, why: Why, occasion: str, at: datetime, view: View, text_id: str | None = None
) -> Support:
    request = TaskRequest(
        kind=TaskKind.SUPPORT_NEEDED,
        key=f"{one.key}/{occasion}",
        things=tuple(sorted(one.said)),
        why=why,
        due_at=working_time.within_a_working_day(at, view.window(one)),
        expires_at=at + view.policy.support_lives,
        text_id=text_id,
    )
    return Support(one, at, request)
