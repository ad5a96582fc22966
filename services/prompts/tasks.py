"""Tasks for people where no message can help: what comes too late for a text, and a day without an hour."""

from collections.abc import Iterable, Iterator

from services.prompts.clinics import hours
from services.prompts.messages import PromptKind, stamp
from services.prompts.news import News
from services.prompts.notices import notice_key, told_at
from services.prompts.policy import Policy
from services.prompts.visits import Expectation, Visit, as_one
from shared.calendar import sending_window
from shared.calendar.working_time import due_before
from shared.rules.task_requests import TaskKind, TaskRequest
from shared.schedule.states import Why


def tasks(visits: Iterable[Visit], policy: Policy) -> Iterator[TaskRequest]:
    """The tasks for visits that the patient has heard nothing of, and for those whose hour nobody has said."""
    for visit in as_one(visits):
        if visit.standing is not Expectation.ON or visit.learnt_at >= visit.start:
            continue
        if not visit.hour_is_known:
            yield _task(TaskKind.HOUR_UNKNOWN, Why.NO_HOUR, visit, policy)
        elif not visit.said and is_too_late(visit, policy):
            yield _task(TaskKind.REACH_OTHERWISE, Why.BOOKED_TOO_LATE, visit, policy)


def told_too_late(changes: Iterable[News], policy: Policy) -> Iterator[TaskRequest]:
    """The tasks for visits that moved at night: no window opens before the hour at which the patient would come.

    The notice is sent all the same, for the new hour. One that would expire is delivery's to see.
    """
    for news in changes:
        if news.kind is PromptKind.MOVED and news.believed.start <= told_at(news, policy) < news.visit.start:
            yield TaskRequest(
                kind=TaskKind.REACH_OTHERWISE,
                key=f"{notice_key(news)}/{Why.CHANGED_TOO_LATE}",
                things=news.visit.things,
                why=Why.CHANGED_TOO_LATE,
                due_at=due_before(news.believed.start, news.at, hours(news.visit, policy)),
                expires_at=news.believed.start,
            )


def is_too_late(visit: Visit, policy: Policy) -> bool:
    """Whether a visit was booked out of hours, and no window opens before the last moment at which a text is of use."""
    notify_by = visit.start - policy.short_notice_until
    usual, urgent = hours(visit, policy), sending_window.urgent(visit.zone)
    opens = min(usual.next_open(visit.known_at), urgent.next_open(visit.known_at))
    return not usual.is_open(visit.known_at) and opens >= notify_by


def _task(kind: TaskKind, why: Why, visit: Visit, policy: Policy) -> TaskRequest:
    return TaskRequest(
        kind=kind,
        key=f"{visit.key}/{why}/{stamp(visit.start)}",
        things=visit.things,
        why=why,
        due_at=due_before(visit.start, visit.known_at, hours(visit, policy)),
        expires_at=visit.start,
    )
