"""Rules for patients' replies about appointments: acknowledgements, tasks for people, and events for the clinic.

No answer changes the appointment: only the clinic does, and a task asks it to. Which replies count: `answers`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, takewhile
from typing import Any
from uuid import UUID

from services.prompts.answers import Meaning, answers_to, is_list, meaning_of, shown_by, too_late
from services.prompts.clinics import hours
from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PromptKind, filling
from services.prompts.policy import Policy
from services.prompts.visits import Visit, as_one
from shared.calendar import working_time
from shared.rules import task_requests
from shared.rules.plan import Facts, Message, Plan, Response
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from shared.schedule.states import Why

AGENDA = "agenda.submitted"


def answered(visits: Iterable[Visit], facts: Facts, policy: Policy) -> Plan:
    """The plan for the patient's answers: acknowledgements, tasks for people, and events for the clinic."""
    if not facts.replies:
        return Plan()
    visits = tuple(visits)
    alone = as_one(visits)
    taken: set[str] = set()
    plans = [_of_answers(visit, answers_to(visit, facts), facts.done, policy, taken) for visit in alone]
    plans.append(_of_lists(visits, facts.replies, policy))
    unheard = (_to_read(reply, visit, policy) for visit in alone for reply in too_late(visit, facts))
    return Plan(
        messages=tuple(chain.from_iterable(plan.messages for plan in plans)),
        task_requests=(*chain.from_iterable(plan.task_requests for plan in plans), *unheard),
        responses=tuple(chain.from_iterable(plan.responses for plan in plans)),
    )


def _to_read(reply: Reply, visit: Visit, policy: Policy) -> TaskRequest:
    """The task to read a request for another time, or none, that crossed with a notice of a new time."""
    return TaskRequest(
        kind=task_requests.TaskKind.READ_REPLY,
        key=reply.id,
        things=(visit.thing,),
        why=Why.OWN_WORDS,
        due_at=working_time.soon(reply.at, reply.at, visit.start, hours(visit, policy)),
        expires_at=visit.start,
        text_id=reply.id,
    )


def _of_answers(
    visit: Visit, answers: Sequence[Reply], done: Mapping[UUID, Done], policy: Policy, taken: set[str]
) -> Plan:
    """What the answers about one appointment come to; `taken`: the answers that were acknowledged for another one."""
    if not answers:
        return Plan()
    last = [*takewhile(lambda answer: answer.token == answers[-1].token, reversed(answers))][::-1]
    task = meaning_of(last[0]).task
    acknowledged = [one for one in last if one.id not in taken]
    taken.update(one.id for one in answers)
    changed_mind = len(last) < len(answers)
    return Plan(
        messages=tuple(_acknowledgements(visit, acknowledged, policy, changed_mind=changed_mind)),
        task_requests=(_errand(task, visit, last, done, policy),) if task else (),
        responses=tuple(_responses(visit, answers)),
    )


def _acknowledgements(visit: Visit, last: Sequence[Reply], policy: Policy, *, changed_mind: bool) -> Iterator[Message]:
    """The acknowledgements of the last answers, which are all equal. Answers that were taken back get none."""
    acknowledged_at: datetime | None = None
    for answer in last:
        kind = meaning_of(answer).acknowledged
        if answer.quiet or (acknowledged_at and answer.at < acknowledged_at + policy.same_again):
            continue
        news = {"undoes": changed_mind and acknowledged_at is None} if kind is PromptKind.COMING else {}
        acknowledged_at = answer.at
        message = _acknowledgement(kind, (visit,), answer, {**filling((visit,)), **news}, policy)
        yield replace(message, expires_at=min(message.expires_at, visit.start))


def _acknowledgement(
    kind: PromptKind, visits: Sequence[Visit], reply: Reply, data: Mapping[str, Any], policy: Policy
) -> Message:
    """An acknowledgement. It repeats the content of the answered message, so that its question stays open."""
    return Message(
        key=f"{kind}/{reply.id}",
        kind=kind,
        template=kind.value,
        category=CATEGORY,
        send_at=reply.at,
        expires_at=reply.at + policy.answer_lives,
        says=_repeated(visits, reply),
        places=tuple(dict.fromkeys(visit.place for visit in visits)),
        data=data,
        answers_until=visits[0].start if kind in ASKING else None,
        reply_to=reply.id,
    )


def _repeated(visits: Sequence[Visit], reply: Reply) -> dict[str, Mapping[str, Any]]:
    """What the answered message said of these appointments; what they say now, where that is erased."""
    return shown_by(reply) or {thing: of for visit in visits for thing, of in visit.says.items()}


def _errand(
    kind: task_requests.TaskKind, visit: Visit, last: Sequence[Reply], done: Mapping[UUID, Done], policy: Policy
) -> TaskRequest:
    """The task of a request. The same request after the task was closed is a new task."""
    open_hours = hours(visit, policy)

    def of(answer: Reply) -> TaskRequest:
        return TaskRequest(
            kind=kind,
            key=f"{visit.key}/{answer.id}",
            things=(visit.thing,),
            why=Why.ASKED,
            due_at=working_time.soon(answer.at, answer.at, visit.start, open_hours),
            expires_at=visit.start,
            text_id=answer.id,
        )

    request = of(last[0])
    for again in last[1:]:
        seen_to = done.get(request.id)
        if seen_to is not None and seen_to.at <= again.at:
            request = of(again)
    return request


def _responses(visit: Visit, answers: Iterable[Reply]) -> Iterator[Response]:
    """An event for the clinic for each answer. One that takes back a request names it."""
    before: Meaning | None = None
    for answer in answers:
        meaning = meaning_of(answer)
        undone = {"undoes": before.type} if before and before.task and not meaning.task else {}
        data = {"start": visit.start.isoformat(), "answer": meaning.name, **undone}
        yield Response(_response_key(meaning, answer, visit), meaning.type, visit.things, answer.at, data)
        before = meaning


def _response_key(meaning: Meaning, answer: Reply, visit: Visit) -> str:
    """The key of an event about an answer; of one about several appointments, each has its own."""
    several = len({said.get("minute") for said in answer.said.values() if said.get("on")}) > 1
    return f"{meaning.type}/{visit.thing}/{answer.id}" if several else f"{meaning.type}/{answer.id}"


def _of_lists(visits: Sequence[Visit], replies: Iterable[Reply], policy: Policy) -> Plan:
    messages: list[Message] = []
    responses: list[Response] = []
    acknowledged: dict[tuple[str, ...], datetime] = {}
    for reply in sorted(replies, key=lambda reply: (reply.at, reply.id)):
        about = sorted((visit for visit in visits if is_list(reply, visit)), key=lambda v: (v.start, v.thing))
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
