"""What answers about goals come to: an acknowledgement for the patient, and progress for the clinic."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from services.followup.conversations import ANSWERS, Conversation, round_key
from services.followup.messages import GOALS, FollowUpKind, acknowledgement, shown
from services.followup.policy import Policy
from services.followup.support import Support
from services.followup.view import View
from shared.calendar.working_time import within_a_working_day
from shared.rules.plan import Message, Response
from shared.rules.reply import Reply

HOW_IT_WENT: Mapping[str, FollowUpKind] = {
    "A": FollowUpKind.DID_IT,
    "B": FollowUpKind.DID_SOME,
    "C": FollowUpKind.NOT_YET,
}
OWN_WORDS = "own words"


def acknowledgements(one: Conversation, supports: Sequence[Support], view: View) -> Iterator[Message]:
    """What answers each text of a round. Where its goals have ended, it thanks and asks nothing more.

    Who wrote before they ended has had an answer, or is too late for one; a call is promised all the same.
    """
    call = next((support.errand for support in supports if support.of is one), None)
    ended, policy, place = view.ended_at(one), view.policy, one.place
    for reply in worth_answering(one.replies, policy, call.text_id if call else None):
        kind = HOW_IT_WENT.get(reply.token or "")
        expires_at = reply.at + policy.ack_lives
        if reply.token == "TALK" and call is not None:  # noqa: S105 - a token
            window = view.window(one)
            # a call that is overdue is promised anew, never for a time that has passed; the task stays overdue
            by = call.due_at if reply.at < call.due_at else within_a_working_day(reply.at, window)
            call_by = shown(by, window.zone)
            yield acknowledgement(reply, FollowUpKind.TALK, GOALS, place, expires_at, {"call_by": call_by})
        elif ended is not None and reply.at < ended:
            continue
        elif ended is None and kind is not None:
            yield acknowledgement(reply, kind, GOALS, place, expires_at, answers_until=reply.at + policy.silence)
        elif ended is None and reply.number is not None:
            how = {"low": reply.number < policy.low_confidence, "called": call is not None}
            yield acknowledgement(reply, FollowUpKind.SURE, GOALS, place, expires_at, how)
        else:
            yield acknowledgement(reply, FollowUpKind.WORDS, GOALS, place, expires_at)


def worth_answering(replies: Sequence[Reply], policy: Policy, makes_task: str | None) -> Iterator[Reply]:
    """The answers that are acknowledged: not the same again, soon after, nor one that another has replaced since.

    `makes_task`: the text by which the standing task was made: asked again after it was done, it is news.
    """
    for sort in dict.fromkeys(filter(None, map(sort_of, replies))):
        alike = [reply for reply in replies if sort_of(reply) == sort]
        again = {
            later.id
            for one, later in pairwise(alike)
            if _same(one, later) and later.at - one.at < policy.same_again and later.id != makes_task
        }
        for count, reply in enumerate(alike):
            replaced = any(not _same(reply, later) for later in alike[count:])
            if not (reply.quiet or replaced or reply.id in again):
                yield reply


def sort_of(reply: Reply) -> str | None:
    """What an answer answers: how it went, how sure, whether to talk, or own words; None: nothing of ours."""
    if reply.token in ANSWERS:
        return "how it went"
    return {"SURE": "SURE", "TALK": "TALK", None: OWN_WORDS}.get(reply.token)


def progress(one: Conversation, view: View) -> Iterator[Response]:
    """What the clinic hears of each answer: all that is known of the round by then, of each of its goals."""
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
    went = next((kind for reply in reversed(replies) if (kind := HOW_IT_WENT.get(reply.token or ""))), None)
    sure = next((reply.number for reply in reversed(replies) if reply.number is not None), None)
    return {
        "answer": went and went.removeprefix("goal."),
        "confidence": sure,
        "change_since_set": None if sure is None or before is None else sure - before,
        "words": [item for reply in replies for item in reply.items],
    }


def _same(one: Reply, other: Reply) -> bool:
    return (one.token, one.number) == (other.token, other.number)
