"""Rules for patients' replies about appointments: acknowledgements, tasks for people, and events for the clinic.

The last of `1` (coming), `2` (a new time) and `3` (not needed) counts. None of them changes the appointment: only the
clinic does, and a task asks it to. Own words are items of the agenda.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, takewhile
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.prompts.beliefs import AsRead, arranged_of
from services.prompts.clinics import hours
from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PLANNER, PromptKind, filling
from services.prompts.policy import Policy
from services.prompts.visits import AskedFor, Expectation, Visit, as_one
from shared.calendar import working_time
from shared.clinic.places import Places
from shared.rules import task_requests
from shared.rules.plan import Facts, Message, Plan, Response
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from shared.schedule.states import Why

AGENDA = "agenda.submitted"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The effects of an answer.

    Attributes:
        name: the answer's name in events for the clinic.
        type: the type of the event for the clinic.
        wish: the patient's request from then on.
        acknowledged: the kind of message that acknowledges it.
        task: the kind of task for a person; None where there is none.

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


def heard(visit: Visit, facts: Facts) -> Visit:
    """The appointment with the patient's request, and whether there is a list."""
    replies = facts.replies
    answers = _answers(visit, facts)
    wish = _meaning(answers[-1]).wish if answers else AskedFor.NONE
    # "We have your list" is no answer to somebody in danger, days later either.
    has_list = any(_is_list(reply, visit) and not reply.is_urgent for reply in replies)
    return replace(visit, wish=wish, has_list=has_list)


def answered(visits: Iterable[Visit], facts: Facts, policy: Policy) -> Plan:
    """The plan for the patient's answers: acknowledgements, tasks for people, and events for the clinic."""
    visits = tuple(visits)
    alone = as_one(visits)
    taken: set[str] = set()
    plans = [_of_answers(visit, _answers(visit, facts), facts.done, policy, taken) for visit in alone]
    plans.append(_of_lists(visits, facts.replies, policy))
    unheard = (_to_read(reply, visit, policy) for visit in alone for reply in _too_late(visit, facts))
    return Plan(
        messages=tuple(chain.from_iterable(plan.messages for plan in plans)),
        task_requests=(*chain.from_iterable(plan.task_requests for plan in plans), *unheard),
        responses=tuple(chain.from_iterable(plan.responses for plan in plans)),
    )


def _answers(visit: Visit, facts: Facts) -> tuple[Reply, ...]:
    """The answers `1`, `2` and `3` that count for the present appointment, the oldest first."""
    counting = (reply for reply in facts.replies if _counts(reply, visit, facts.places))
    return tuple(sorted(counting, key=lambda reply: (reply.at, reply.id)))


def _counts(reply: Reply, visit: Visit, places: Places) -> bool:
    """Whether a reply answers the appointment's present state, and no other state was sent since the reply.

    A `1` to a message about several appointments is for each of them; another token does not identify one. An answer is
    about what its message showed: under whatever name that stands now.
    """
    is_answer = reply.planner == PLANNER and reply.token in MEANINGS
    is_in_time = visit.standing is Expectation.ON and reply.at < visit.start
    if not (is_answer and is_in_time and _is_asked_about(visit, reply, places)):
        return False
    since = (one for one in visit.said if one.told_at > reply.at)
    return all(one.on and one.reading == visit.reading for one in since)


def _is_asked_about(visit: Visit, reply: Reply, places: Places) -> bool:
    """Whether the answered message showed this visit, and the answer can be of it."""
    stands = {reading for said in reply.said.values() if (reading := _reading(said, visit, places)) is not None}
    of_source = any(thing.startswith(f"{visit.source}/") for thing in reply.said)
    of_all = len(stands) == 1 or _meaning(reply).wish is AskedFor.NONE
    return visit.reading in stands and of_source and of_all


def _reading(said: Mapping[str, Any], visit: Visit, places: Places) -> AsRead | None:
    """What the answered message shows as standing, as its reader saw it; None where that is erased, or it is off."""
    return arranged_of(said, visit.zone).reading(places) if said.get("on") and "start" in said else None


def _too_late(visit: Visit, facts: Facts) -> Iterator[Reply]:
    """Requests that came after the appointment had changed, but before the patient was sent the change.

    They have no effect, and a later answer that counts settles them.
    """
    settled_at = max((visit.changed_at, *(answer.at for answer in _answers(visit, facts))))
    if visit.standing is not Expectation.ON:
        return
    for reply in facts.replies:
        if not (_is_request(reply, visit) and settled_at < reply.at < visit.start):
            continue
        if _start(reply.said[visit.thing]) is not None and not _counts(reply, visit, facts.places):
            yield reply


def _is_request(reply: Reply, visit: Visit) -> bool:
    """Whether it asks for another time than this appointment's, or for none."""
    is_request = reply.planner == PLANNER and reply.token in MEANINGS and _meaning(reply).task is not None
    hours_shown = {said.get("minute", said.get("start")) for said in _standing(reply).values()}
    return is_request and visit.thing in _standing(reply) and len(hours_shown) == 1


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


def _is_list(reply: Reply, visit: Visit) -> bool:
    """Whether own words are about this appointment, even if it has moved since; a new appointment needs a new list."""
    if reply.planner != PLANNER or reply.token is not None or visit.thing not in reply.said:
        return False
    start = _start(reply.said[visit.thing])
    return (
        visit.standing is Expectation.ON
        and reply.at < visit.start
        and not (start is not None and visit.had_passed(start))
    )


def _start(said: Mapping[str, Any]) -> datetime | None:
    """The start in a sent message's content; None where it is erased."""
    return datetime.fromisoformat(said["start"]) if "start" in said else None


def _meaning(answer: Reply) -> Meaning:
    return MEANINGS[answer.token or ""]


def _of_answers(
    visit: Visit, answers: Sequence[Reply], done: Mapping[UUID, Done], policy: Policy, taken: set[str]
) -> Plan:
    """What the answers about one appointment come to; `taken`: the answers that were acknowledged for another one."""
    if not answers:
        return Plan()
    last = [*takewhile(lambda answer: answer.token == answers[-1].token, reversed(answers))][::-1]
    task = _meaning(last[0]).task
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
        kind = _meaning(answer).acknowledged
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
    return _standing(reply) or {thing: of for visit in visits for thing, of in visit.says.items()}


def _standing(reply: Reply) -> dict[str, Mapping[str, Any]]:
    """What stands by the answered message, as far as it is not erased."""
    return {thing: of for thing, of in reply.said.items() if of and of.get("on", True)}


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
        meaning = _meaning(answer)
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
