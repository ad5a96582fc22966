"""Which replies count as answers about an appointment, and as lists for it: those about what it still is.

The last of `1` (coming), `2` (a new time) and `3` (not needed) counts. Own words are items of the agenda.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from services.prompts.beliefs import AsRead, arranged_of
from services.prompts.messages import PLANNER, PromptKind
from services.prompts.visits import AskedFor, Expectation, Visit
from shared.clinic.places import Places
from shared.rules import task_requests
from shared.rules.plan import Facts
from shared.rules.reply import Reply


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
    answers = answers_to(visit, facts)
    wish = meaning_of(answers[-1]).wish if answers else AskedFor.NONE
    # "We have your list" is no answer to somebody in danger, days later either.
    has_list = any(is_list(reply, visit) and not reply.is_urgent for reply in replies)
    return replace(visit, wish=wish, has_list=has_list) if replies else visit


def answers_to(visit: Visit, facts: Facts) -> tuple[Reply, ...]:
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
    of_all = len(stands) == 1 or meaning_of(reply).wish is AskedFor.NONE
    return visit.reading in stands and of_source and of_all


def _reading(said: Mapping[str, Any], visit: Visit, places: Places) -> AsRead | None:
    """What the answered message shows as standing, as its reader saw it; None where that is erased, or it is off."""
    return arranged_of(said, visit.zone).reading(places) if said.get("on") and "start" in said else None


def too_late(visit: Visit, facts: Facts) -> Iterator[Reply]:
    """Requests that came after the appointment had changed, but before the patient was sent the change.

    They have no effect, and a later answer that counts settles them.
    """
    settled_at = max((visit.changed_at, *(answer.at for answer in answers_to(visit, facts))))
    if visit.standing is not Expectation.ON:
        return
    for reply in facts.replies:
        if not (_is_request(reply, visit) and settled_at < reply.at < visit.start):
            continue
        if _start(reply.said[visit.thing]) is not None and not _counts(reply, visit, facts.places):
            yield reply


def _is_request(reply: Reply, visit: Visit) -> bool:
    """Whether it asks for another time than this appointment's, or for none."""
    is_request = reply.planner == PLANNER and reply.token in MEANINGS and meaning_of(reply).task is not None
    hours_shown = {said.get("minute", said.get("start")) for said in shown_by(reply).values()}
    return is_request and visit.thing in shown_by(reply) and len(hours_shown) == 1


def is_list(reply: Reply, visit: Visit) -> bool:
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


def meaning_of(answer: Reply) -> Meaning:
    """The effects of this answer."""
    return MEANINGS[answer.token or ""]


def shown_by(reply: Reply) -> dict[str, Mapping[str, Any]]:
    """What stands by the answered message, as far as it is not erased."""
    return {thing: of for thing, of in reply.said.items() if of and of.get("on", True)}
