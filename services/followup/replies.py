"""Rules for replies about goals: acknowledgements for the patient, and progress events for the clinic."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise, takewhile
from typing import Any

from services.followup.conversations import ANSWERS, Conversation, round_key
from services.followup.messages import GOALS, FollowUpKind, acknowledgement, shown
from services.followup.policy import Policy
from services.followup.support import Support
from services.followup.view import View
from shared.calendar.sending_window import Window
from shared.calendar.working_time import within_a_working_day
from shared.rules.plan import Message, Response
from shared.rules.reply import Reply
from shared.rules.task_requests import TaskRequest

HOW_IT_WENT: Mapping[str, FollowUpKind] = {
    "A": FollowUpKind.DID_IT,
    "B": FollowUpKind.DID_SOME,
    "C": FollowUpKind.NOT_YET,
}
OWN_WORDS = "own words"


def acknowledgements(one: Conversation, supports: Sequence[Support], view: View) -> Iterator[Message]:
    """The acknowledgements of a round's texts. Where its goals have ended, they thank and ask nothing more.

    Texts from before the end were acknowledged, or are too old for it; a call is promised all the same.
    """
    call = next((support.request for support in supports if support.of is one), None)
    ended = view.ended_at(one)
    for reply in to_acknowledge(one.replies, view.policy, call.text_id if call else None):
        expires_at = reply.at + view.policy.ack_lives
        if reply.token == "TALK" and call is not None:  # noqa: S105 - a token
            promise = {"call_by": _call_by(call, reply, view.window(one))}
            yield acknowledgement(reply, FollowUpKind.TALK, GOALS, one.place, expires_at, promise)
        elif ended is None:
            yield _of_pursued(reply, one.place, expires_at, view.policy, called=call is not None)
        elif reply.at >= ended:
            yield acknowledgement(reply, FollowUpKind.WORDS, GOALS, one.place, expires_at)


def _call_by(call: TaskRequest, reply: Reply, window: Window) -> dict[str, str]:
    """By when to be called. An overdue call is promised anew, never for a time that has passed; it stays overdue."""
    by = call.due_at if reply.at < call.due_at else within_a_working_day(reply.at, window)
    return shown(by, window.zone)


def _of_pursued(reply: Reply, place: str, expires_at: datetime, policy: Policy, *, called: bool) -> Message:
    """What answers a text about goals that are pursued still."""
    kind = HOW_IT_WENT.get(reply.token or "")
    if kind is not None:
        return acknowledgement(reply, kind, GOALS, place, expires_at, answers_until=reply.at + policy.silence)
    if reply.number is not None:
        how = {"low": reply.number < policy.low_confidence, "called": called}
        return acknowledgement(reply, FollowUpKind.SURE, GOALS, place, expires_at, how)
    return acknowledgement(reply, FollowUpKind.WORDS, GOALS, place, expires_at)


def to_acknowledge(replies: Sequence[Reply], policy: Policy, makes_task: str | None) -> Iterator[Reply]:
    """The replies to acknowledge: not the same again, soon after, nor one that a later reply replaces.

    `makes_task`: the id of the text that made the present task, which is acknowledged even where it repeats another.
    """
    for sort in dict.fromkeys(filter(None, map(sort_of, replies))):
        alike = [reply for reply in replies if sort_of(reply) == sort]
        again = _soon_again(alike, policy) - {makes_task}
        standing = [*takewhile(partial(_same, alike[-1]), reversed(alike))][::-1]
        yield from (reply for reply in standing if not reply.quiet and reply.id not in again)


def _soon_again(alike: Sequence[Reply], policy: Policy) -> set[str | None]:
    """The answers that say the same as the one before them, soon after it."""
    return {b.id for a, b in pairwise(alike) if _same(a, b) and b.at - a.at < policy.same_again}


def sort_of(reply: Reply) -> str | None:
    """The question that a reply answers: how it went, how sure, whether to talk, or own words; None: no question."""
    if reply.token in ANSWERS:
        return "how it went"
    return {"SURE": "SURE", "TALK": "TALK", None: OWN_WORDS}.get(reply.token)


def progress(one: Conversation, view: View) -> Iterator[Response]:
    """The progress events of a round: for each reply and goal, the state of the round by then."""
    for count, reply in enumerate(one.replies, start=1):
        if sort_of(reply) in {None, "TALK"}:
            continue
        for thing in sorted(reply.said.keys() & one.said.keys()):
            goal, name = view.goals.get(thing), str(one.said[thing]["round"])
            yield Response(
                key=f"{round_key(view.keys.get(thing, thing), name)}/progress/{reply.id}",
                type="goal.progress",
                things=(thing,),
                at=reply.at,
                data={
                    **_state(one.replies[:count], goal.confidence if goal else None),
                    "round": name,
                    "asked_at": one.first.told_at.isoformat() if one.first else None,
                },
            )


def _state(replies: Sequence[Reply], before: int | None) -> dict[str, Any]:
    """What these answers say together. `before`: how sure the patient was when the goal was set."""
    went = next((kind for kind in map(_how_it_went, reversed(replies)) if kind), None)
    sure = next((reply.number for reply in reversed(replies) if reply.number is not None), None)
    return {
        "answer": went and went.removeprefix("goal."),
        "confidence": sure,
        "change_since_set": None if sure is None or before is None else sure - before,
        "words": [item for reply in replies for item in reply.items],
    }


def _how_it_went(reply: Reply) -> FollowUpKind | None:
    return HOW_IT_WENT.get(reply.token or "")


def _same(one: Reply, other: Reply) -> bool:
    return (one.token, one.number) == (other.token, other.number)
