"""The rule of the prompts planner: messages for appointments and course sessions, as a pure function of the facts.

An agenda prompt and a reminder lead up to each appointment (`ladder`, here); those of one day become one (`lead_up`);
a patient who was sent another state gets a notice (`notices`); patients' replies have effects (`replies`). Sessions of
courses have rules of their own (`course_rules`). The numbers and their sources: `policy`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from services.prompts.course_rules import courses
from services.prompts.lead_up import LeadUpStep, one_a_day
from services.prompts.messages import PromptKind
from services.prompts.notices import notice, present_state_sent_at
from services.prompts.policy import Policy
from services.prompts.replies import answered, heard
from services.prompts.visits import AskedFor, Expectation, Visit, visits
from shared.calendar.sending_window import instant, spread
from shared.rules.plan import Facts, Plan, SentHistory


def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """The complete plan for a patient's appointments, the replies about them, and sessions of courses."""
    found = tuple(heard(visit, facts.replies) for visit in visits(facts, told, policy))
    expected = [visit for visit in found if visit.standing is Expectation.ON and visit.learnt_at < visit.start]
    clock = spread(facts.patient, policy.spread_from, policy.spread_until)
    rungs = one_a_day(rung for visit in expected for rung in ladder(visit, clock, policy))
    notices = [message for visit in found if (message := notice(visit, policy)) is not None]
    answers = answered(found, facts, policy)
    lead_up = (rung.message() for rung in rungs)
    return replace(answers, messages=(*lead_up, *notices, *answers.messages, *courses(facts, told, policy)))


def ladder(visit: Visit, clock: time, policy: Policy) -> Iterator[LeadUpStep]:
    """An agenda prompt and a reminder, `apart` from each other and from other messages about this appointment.

    Where a late booking leaves no room for both, one short notice replaces them. A patient who has sent a list, or
    asked for another time or none, gets no agenda prompt; the reminder is sent all the same, and mentions it.
    `clock` is the patient's time of day.
    """
    if visit.was_told(PromptKind.SHORT_NOTICE):
        return
    times = lead_up(visit, clock, policy)
    if times.is_news and not times.has_room:
        yield from short_notice(visit, policy)
        return
    if times.has_room and wants_agenda(visit):
        yield LeadUpStep(PromptKind.AGENDA, (visit,), times.ask_at, times.ask_by)
    if times.earliest <= times.remind_at < visit.start and not visit.was_told(PromptKind.REMINDER):
        yield LeadUpStep(PromptKind.REMINDER, (visit,), times.remind_at, visit.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadUp:
    """When an agenda prompt and a reminder would go.

    Attributes:
        is_news: the patient has heard nothing of this visit, nor will by a notice.
        earliest: nothing of it goes before.
        has_room: whether the agenda prompt has time to be answered before the reminder.

    """

    is_news: bool
    earliest: datetime
    ask_at: datetime
    ask_by: datetime
    has_room: bool
    remind_at: datetime


def lead_up(visit: Visit, clock: time, policy: Policy) -> LeadUp:
    """The times at which a visit is led up to; `clock` is the patient's time of day."""
    next_open = policy.window(visit.zone).next_open
    remind_at = reminder_at(visit, clock, policy)
    ask_at, ask_by = agenda_at(visit, clock, remind_at, policy), remind_at - policy.apart
    heard = present_state_sent_at(visit, policy)
    earliest = visit.known_at if heard is None else heard + policy.apart
    late = ask_at < earliest
    if late:
        ask_at = next_open(earliest)
    if visit.was_told(PromptKind.AGENDA) and remind_at < earliest:
        remind_at = next_open(earliest)  # moved away and back again: the reminder keeps its distance from the notice
    return LeadUp(
        is_news=heard is None,
        earliest=earliest,
        ask_at=ask_at,
        ask_by=ask_by,
        has_room=not late or ask_at + policy.late_room <= ask_by,
        remind_at=remind_at,
    )


def short_notice(visit: Visit, policy: Policy) -> Iterator[LeadUpStep]:
    """One message in place of both, at once."""
    notify_by = visit.start - policy.short_notice_until
    if visit.known_at < notify_by:
        yield LeadUpStep(PromptKind.SHORT_NOTICE, (visit,), visit.known_at, notify_by)


def wants_agenda(visit: Visit) -> bool:
    """Whether the patient is to be asked what to talk about: not who was, has said, or wants another time or none."""
    return not visit.was_told(PromptKind.AGENDA) and not visit.has_list and visit.wish is AskedFor.NONE


def reminder_at(visit: Visit, clock: time, policy: Policy) -> datetime:
    """When a reminder is due: `reminder_working_days` before, at the patient's time of day."""
    day = policy.window(visit.zone).working_days_before(visit.day, policy.reminder_working_days)
    return instant(day, clock, visit.zone)


def agenda_at(visit: Visit, clock: time, remind_at: datetime, policy: Policy) -> datetime:
    """When an agenda prompt is due: `agenda_days` before, or the working day before that.

    Earlier still where bank holidays bring the reminder near.
    """
    window = policy.window(visit.zone)
    latest = remind_at - policy.apart - policy.agenda_lives
    day = window.working_day_on_or_before(visit.day - timedelta(days=policy.agenda_days))
    while (at := instant(day, clock, visit.zone)) > latest:
        day = window.working_days_before(day, 1)
    return at
