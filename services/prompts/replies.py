"""What patients answer about their appointments, and what it comes to: acknowledgements, tasks, events. Pure.

The last of `1` (coming), `2` (a new time) and `3` (not needed) stands. None of them changes the appointment: that is
the clinic's to do, and a task asks it to. What is written in own words is the list of what to talk about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, takewhile
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PLANNER, PromptKind, filling
from services.prompts.policy import Policy
from services.prompts.visits import AskedFor, Expectation, Visit
from shared.calendar import working_time
from shared.rules import task_requests
from shared.rules.plan import Facts, Message, Plan, Response
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from shared.schedule.states import Why

AGENDA = "agenda.submitted"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer comes to.

    Attributes:
        name: what stands from then on, for the clinic.
        type: the event that tells the clinic.
        wish: what is asked for from then on.
        acknowledged: the kind of message that answers it.
        task: what a person is asked to do, where that is anything.

    """

    name: str
    type: str
    wish: AskedFor
    acknowledged: PromptKind
    task: task_requests.TaskKind | None = None


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "1": Meaning("coming", "attendance.confirmed", AskedFor.NONE, PromptKind.COMING),
        "2": Meaning(
            "new_time", "reschedule.requested", AskedFor.NEW_TIME, PromptKind.NEW_TIME, task_requests.TaskKind.REBOOK
        ),
        "3": Meaning(
            "not_needed",
            "cancellation.requested",
            AskedFor.NOT_NEEDED,
            PromptKind.NOT_NEEDED,
            task_requests.TaskKind.NOT_NEEDED,
        ),
    }
)


def heard(visit: Visit, replies: Iterable[Reply]) -> Visit:
    """The same appointment, with what its patient has asked for and whether there is a list."""
    replies = tuple(replies)
    answers = _answers(visit, replies)
    wish = _meaning(answers[-1]).wish if answers else AskedFor.NONE
    # "We have your list" is no answer to somebody in danger, days later either.
    has_list = any(_is_list(reply, visit) and not reply.is_urgent for reply in replies)
    return replace(visit, wish=wish, has_list=has_list)


def answered(visits: Iterable[Visit], facts: Facts, policy: Policy) -> Plan:
    """What the answers come to: acknowledgements, tasks for people, and events for the clinic."""
    visits = tuple(visits)
    plans = [_of_answers(visit, _answers(visit, facts.replies), facts.done, policy) for visit in visits]
    plans.append(_of_lists(visits, facts.replies, policy))
    unheard = (_to_read(reply, visit, policy) for visit in visits for reply in _too_late(visit, facts.replies))
    return Plan(
        messages=tuple(chain.from_iterable(plan.messages for plan in plans)),
        errands=(*chain.from_iterable(plan.errands for plan in plans), *unheard),
        responses=tuple(chain.from_iterable(plan.responses for plan in plans)),
    )


def _answers(visit: Visit, replies: Iterable[Reply]) -> tuple[Reply, ...]:
    """The answers `1`, `2` and `3` that count for an appointment as it now is, the oldest first."""
    return tuple(sorted((reply for reply in replies if _counts(reply, visit)), key=lambda reply: (reply.at, reply.id)))


def _counts(reply: Reply, visit: Visit) -> bool:
    """Whether it answers what the appointment still is: no other time, and nothing else was told of it since.

    Of several appointments nobody could say which one a bare token means.
    """
    if reply.planner != PLANNER or reply.token not in MEANINGS or reply.things != (visit.thing,):
        return False
    if visit.standing is not Expectation.ON or reply.at >= visit.start:
        return False
    said, now = reply.said[visit.thing], (visit.start, visit.mode.value, True)
    since = (one for one in visit.said if one.told_at > reply.at)
    return (_start(said), said.get("mode"), said.get("on")) == now and all(
        (one.start, one.mode, one.on) == now for one in since
    )


def _too_late(visit: Visit, replies: Sequence[Reply]) -> Iterator[Reply]:
    """Requests that came when the appointment had already changed, and nobody had told the patient so yet.

    They act on nothing, and a later answer that counts settles them.
    """
    settled_at = max((visit.changed_at, *(answer.at for answer in _answers(visit, replies))))
    if visit.standing is not Expectation.ON:
        return
    for reply in replies:
        if not (_is_request(reply, visit) and settled_at < reply.at < visit.start):
            continue
        if _start(reply.said[visit.thing]) is not None and not _counts(reply, visit):
            yield reply


def _is_request(reply: Reply, visit: Visit) -> bool:
    """Whether it asks for another time than this appointment's, or for none."""
    if reply.planner != PLANNER or reply.token not in MEANINGS or reply.things != (visit.thing,):
        return False
    return _meaning(reply).task is not None


def _to_read(reply: Reply, visit: Visit, policy: Policy) -> TaskRequest:
    """Somebody asked for another time, or none, as the news of another was on its way: a person tells what is meant."""
    return TaskRequest(
        kind=task_requests.TaskKind.READ_REPLY,
        key=reply.id,
        things=(visit.thing,),
        why=Why.OWN_WORDS,
        due_at=working_time.soon(reply.at, reply.at, visit.start, policy.window(visit.zone)),
        expires_at=visit.start,
        text_id=reply.id,
    )


def _is_list(reply: Reply, visit: Visit) -> bool:
    """Whether own words are about this appointment, wherever it has moved since; a new one wants a new list."""
    if reply.planner != PLANNER or reply.token is not None or visit.thing not in reply.said:
        return False
    start = _start(reply.said[visit.thing])
    return (
        visit.standing is Expectation.ON
        and reply.at < visit.start
        and not (start is not None and visit.had_passed(start))
    )


def _start(said: Mapping[str, Any]) -> datetime | None:
    """The time that a message said; None where it is erased."""
    return datetime.fromisoformat(said["start"]) if "start" in said else None


def _meaning(answer: Reply) -> Meaning:
    return MEANINGS[answer.token or ""]


def _of_answers(visit: Visit, answers: Sequence[Reply], done: Mapping[UUID, Done], policy: Policy) -> Plan:
    if not answers:
        return Plan()
    last = [*takewhile(lambda answer: answer.token == answers[-1].token, reversed(answers))][::-1]
    task = _meaning(last[0]).task
    return Plan(
        messages=tuple(_acknowledgements(visit, last, policy, changed_mind=len(last) < len(answers))),
        errands=(_errand(task, visit, last, done, policy),) if task else (),
        responses=tuple(_responses(visit, answers)),
    )


def _acknowledgements(visit: Visit, last: Sequence[Reply], policy: Policy, *, changed_mind: bool) -> Iterator[Message]:
    """Of the answers that all say what stands now. What the patient has taken back by then needs none."""
    kind = _meaning(last[0]).acknowledged
    acknowledged_at: datetime | None = None
    for answer in last:
        if answer.quiet or (acknowledged_at and answer.at < acknowledged_at + policy.same_again):
            continue
        news = {"undoes": changed_mind and acknowledged_at is None} if kind is PromptKind.COMING else {}
        acknowledged_at = answer.at
        message = _acknowledgement(kind, (visit,), answer, {**filling((visit,)), **news}, policy)
        yield replace(message, expires_at=min(message.expires_at, visit.start))


def _acknowledgement(
    kind: PromptKind, visits: Sequence[Visit], reply: Reply, data: Mapping[str, Any], policy: Policy
) -> Message:
    """It says of the appointment what the answered message said, so what that asked stays open."""
    return Message(
        key=f"{kind}/{reply.id}",
        kind=kind,
        template=kind.value,
        category=CATEGORY,
        send_at=reply.at,
        expires_at=reply.at + policy.answer_lives,
        says={visit.thing: reply.said[visit.thing] or visit.says for visit in visits},
        places=tuple(dict.fromkeys(visit.place for visit in visits)),
        data=data,
        answers_until=visits[0].start if kind in ASKING else None,
        reply_to=reply.id,
    )


def _errand(
    kind: task_requests.TaskKind, visit: Visit, last: Sequence[Reply], done: Mapping[UUID, Done], policy: Policy
) -> TaskRequest:
    """The task of a request. Asked again once somebody has seen to it, it is another task."""
    hours = policy.window(visit.zone)

    def of(answer: Reply) -> TaskRequest:
        return TaskRequest(
            kind=kind,
            key=f"{visit.key}/{answer.id}",
            things=(visit.thing,),
            why=Why.ASKED,
            due_at=working_time.soon(answer.at, answer.at, visit.start, hours),
            expires_at=visit.start,
            text_id=answer.id,
        )

    errand = of(last[0])
    for again in last[1:]:
        seen_to = done.get(errand.id)
        if seen_to is not None and seen_to.at <= again.at:
            errand = of(again)
    return errand


def _responses(visit: Visit, answers: Iterable[Reply]) -> Iterator[Response]:
    """An event for each answer, with what stands once it came. One that ends a request says which."""
    before: Meaning | None = None
    for answer in answers:
        meaning = _meaning(answer)
        undone = {"undoes": before.type} if before and before.task and not meaning.task else {}
        data = {"start": visit.start.isoformat(), "answer": meaning.name, **undone}
        yield Response(f"{meaning.type}/{answer.id}", meaning.type, (visit.thing,), answer.at, data)
        before = meaning


def _of_lists(visits: Sequence[Visit], replies: Iterable[Reply], policy: Policy) -> Plan:
    messages: list[Message] = []
    responses: list[Response] = []
    acknowledged: dict[tuple[str, ...], datetime] = {}
    for reply in sorted(replies, key=lambda reply: (reply.at, reply.id)):
        about = sorted((visit for visit in visits if _is_list(reply, visit)), key=lambda v: (v.start, v.thing))
        if not about:
            continue
        if reply.items:
            data = {"start": about[0].start.isoformat(), "items": list(reply.items)}
            responses.append(Response(f"{AGENDA}/{reply.id}", AGENDA, reply.things, reply.at, data))
        since = acknowledged.get(reply.things)
        if not reply.quiet and (since is None or reply.at > since + policy.one_list):
            acknowledged[reply.things] = reply.at
            place = {"place": {"place": about[0].place}}
            messages.append(_acknowledgement(PromptKind.LIST, about, reply, place, policy))
    return Plan(messages=tuple(messages), responses=tuple(responses))
