"""Rules for replies to "we missed you": requests for a new time, or for none, and when they are settled."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.followup.conversations import PLANNER
from services.followup.messages import APPOINTMENTS, FollowUpKind, acknowledgement
from services.followup.policy import Policy
from services.followup.support import standing
from shared.calendar import working_time
from shared.calendar.sending_window import Window
from shared.clinic.appointment import Appointment, AppointmentStatus
from shared.clinic.places import place_key
from shared.rules import task_requests
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Message, Plan, Response
from shared.rules.reply import Reply
from shared.rules.task_requests import TaskRequest
from shared.schedule.states import Why

AGREED = frozenset(
    {AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED}
)
"""Statuses of an appointment that patient and clinic agreed on, and that is not cancelled."""

NEW_TIME = "2"
ANSWERS: Mapping[str, tuple[FollowUpKind, str]] = {
    NEW_TIME: (FollowUpKind.NEW_TIME, "reschedule.requested"),
    "3": (FollowUpKind.NOT_NEEDED, "rebooking.declined"),
}
"""Token → the kind of acknowledgement, and the type of the event for the clinic."""


def want(facts: Facts, policy: Policy) -> Plan:
    """The plan for these replies. The last one counts; the task stays open until a time is booked, or not wanted."""
    rounds = _rounds(facts)
    tasks = [_rebook(replies, facts, policy) for replies in rounds]
    return Plan(
        messages=tuple(
            ack
            for replies, task in zip(rounds, tasks, strict=True)
            for ack in _acknowledgements(replies, task.text_id if task else None, policy)
        ),
        task_requests=tuple(filter(None, tasks)),
        responses=tuple(map(_response, (reply for replies in rounds for reply in replies))),
    )


def agreed(facts: Facts, place: str) -> Iterator[tuple[Fact, datetime]]:
    """The agreed or attended appointments at the site of a place, and their starts."""
    site = facts.places.site
    for fact, data in facts.of(Appointment):
        stands = data.status in AGREED and data.attends
        if stands and data.start and site(place_key(fact.source, data.clinic)) == site(place):
            yield fact, data.start


def _rounds(facts: Facts) -> list[list[Reply]]:
    """The replies to each message about missed appointments, oldest first."""
    found: dict[str, list[Reply]] = {}
    for reply in sorted(facts.replies, key=lambda reply: (reply.at, reply.id)):
        is_ours = reply.planner == PLANNER and reply.said and all("missed" in said for said in reply.said.values())
        if is_ours and reply.token in ANSWERS:
            about = repr(sorted((thing, said["missed"]) for thing, said in reply.said.items()))
            found.setdefault(about, []).append(reply)
    return list(found.values())


def _acknowledgements(replies: Sequence[Reply], makes_task: str | None, policy: Policy) -> Iterator[Message]:
    """The acknowledgements of these replies. `makes_task`: the id of the text that made the present task.

    That text is acknowledged even where it repeats an earlier one: the request came again after the task was done.
    """
    for count, reply in enumerate(replies):
        before = replies[count - 1] if count else None
        soon = before and before.token == reply.token and reply.at - before.at < policy.same_again
        again = soon and reply.id != makes_task
        replaced = any(later.token != reply.token for later in replies[count:])
        if not (reply.quiet or again or replaced):
            kind = ANSWERS[str(reply.token)][0]
            yield acknowledgement(reply, kind, APPOINTMENTS, _place(reply), reply.at + policy.ack_lives)


def _rebook(replies: Sequence[Reply], facts: Facts, policy: Policy) -> TaskRequest | None:
    """The task to find a new time; None where the last answer wants none, or one was booked since."""
    others = [count for count, reply in enumerate(replies, start=1) if reply.token != NEW_TIME]
    asks = replies[max(others, default=0) :]
    if not asks:
        return None
    hours = policy.window(facts.places.zone(_place(asks[0]), policy.zone))
    made = {reply.id: _task(reply, hours, policy) for reply in asks}
    request = made[standing(asks, made, facts.done)]
    return None if _is_rebooked(asks[0], facts) else request


def _is_rebooked(reply: Reply, facts: Facts) -> bool:
    """Whether a later appointment there was booked since: a new one, or the missed one, moved."""
    return any(
        start > reply.at and (fact.first_at > reply.at or fact.thing in reply.said)
        for fact, start in agreed(facts, _place(reply))
    )


def _task(reply: Reply, hours: Window, policy: Policy) -> TaskRequest:
    return TaskRequest(
        kind=task_requests.TaskKind.REBOOK,
        key=f"missed/{reply.id}",
        things=reply.things,
        why=Why.ASKED,
        due_at=working_time.within_a_working_day(reply.at, hours),
        expires_at=reply.at + policy.support_lives,
        text_id=reply.id,
    )


def _response(reply: Reply) -> Response:
    event = ANSWERS[str(reply.token)][1]
    start = min(said["missed"] for said in reply.said.values())
    return Response(f"{event}/{reply.id}", event, reply.things, reply.at, {"start": start, "missed": True})


def _place(reply: Reply) -> str:
    return str(reply.said[min(reply.said)]["place"])
