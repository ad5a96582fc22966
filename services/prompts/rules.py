"""The rule of the prompts planner: messages for appointments and course sessions, as a pure function of the facts.

An agenda prompt and a reminder lead up to each appointment (`ladder`, here); those of one day become one, and those of
near days of a series (`lead_up`, `series`). All that a patient believes is held against all that is true (`news`), and
what they must hear is told (`notices`); patients' replies have effects (`replies`); what no message can do is a task
(`tasks`, `interpreters`). Sessions of courses have rules of their own (`course_rules`). The numbers and their sources:
`policy`; what a clinic wants otherwise: `clinics`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.prompts.answers import heard
from services.prompts.beliefs import AsRead, beliefs
from services.prompts.clinics import clock, hours, policy_for
from services.prompts.course_rules import courses
from services.prompts.interpreters import interpreted
from services.prompts.lead_up import LeadUpStep, at_most, one_a_day, one_a_week
from services.prompts.messages import PromptKind
from services.prompts.news import News, news
from services.prompts.notices import notice, told_at
from services.prompts.policy import Policy
from services.prompts.replies import answered
from services.prompts.series import InSeries, series
from services.prompts.sessions import sessions
from services.prompts.tasks import is_too_late, tasks, told_too_late
from services.prompts.visits import AskedFor, Expectation, Visit, as_one, visits
from shared.calendar.sending_window import instant
from shared.clinic.places import Places
from shared.rules.plan import Facts, Plan, SentHistory, together

LEADING = frozenset(
    {
        PromptKind.BOOKED,
        PromptKind.AGENDA,
        PromptKind.EARLY_REMINDER,
        PromptKind.REMINDER,
        PromptKind.SHORT_NOTICE,
    }
)
"""The kinds of message that lead up to a visit."""


def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """The complete plan for a patient's appointments, the replies about them, and sessions of courses."""
    found = [heard(visit, facts) for visit in visits(facts, told, policy)]
    held = sessions(facts, told, policy)
    every = (*found, *(session.visit for session in held))
    expected = [visit for visit in every if is_expected(visit)]
    standing = [visit for visit in as_one(expected) if can_be_named(visit, facts.places)]
    plans = []
    for source in sorted({visit.source for visit in every}):
        others = of_source(source, standing)
        plans.append(appointments(of_source(source, found), others, facts, policy))
        plans.append(courses([one for one in held if one.visit.source == source], others, facts, policy))
    by_people = Plan(task_requests=tuple(tasks(every, policy)))
    return together(*plans, answered(found, facts, policy), by_people, interpreted(expected, facts, policy))


def of_source(source: str, visits: Iterable[Visit]) -> list[Visit]:
    """The visits of which this source speaks."""
    return [visit for visit in visits if visit.source == source]


def is_expected(visit: Visit) -> bool:
    """Whether a visit is still to come, as far as its own events say: not one that had begun when we first heard."""
    return visit.standing is Expectation.ON and visit.learnt_at < visit.start


def can_be_named(visit: Visit, places: Places) -> bool:
    """Whether a message can say when and where a visit is."""
    return visit.hour_is_known and places.get(visit.place) is not None


def appointments(visits: Sequence[Visit], standing: Sequence[Visit], facts: Facts, policy: Policy) -> Plan:
    """The notices of one source's appointments, and the messages that lead up to them.

    `standing`: all the patient's visits there that stand, sessions of courses as well.
    """
    changes = news(visits)
    notices = (notice(change, standing, facts.places, policy) for change in changes)
    leading = (step.message() for step in steps(visits, _known_from(visits, changes, policy), facts.patient, policy))
    return Plan(messages=(*notices, *leading), task_requests=tuple(told_too_late(changes, policy)))


def steps(
    visits: Sequence[Visit], known: Mapping[AsRead, datetime], patient: str, policy: Policy
) -> Iterable[LeadUpStep]:
    """The steps that lead up to the visits of one source, as few as may be."""
    part = series(visits, policy)
    expected = [visit for visit in as_one(filter(is_expected, visits)) if visit.hour_is_known]
    found = [step for visit in expected for step in ladder(visit, known, part[visit.thing], patient, policy)]
    leading = {(one.message_id, one.told_at) for visit in visits for one in visit.said if one.kind in LEADING}
    most = min((policy_for(visit, policy).weekly_most for visit in expected), default=policy.weekly_most)
    return at_most(one_a_week(one_a_day(found)), [at for _, at in sorted(leading)], most)


def _known_from(visits: Iterable[Visit], changes: Iterable[News], policy: Policy) -> Mapping[AsRead, datetime]:
    """Since when the patient knows what stands, or will know it by a notice."""
    held = beliefs(said for visit in visits for said in visit.said)
    known = {reading: belief.last.told_at for reading, belief in held.items() if belief.on}
    return known | {one.visit.reading: told_at(one, policy) for one in changes if not one.is_off}


def ladder(
    visit: Visit, known: Mapping[AsRead, datetime], part: InSeries, patient: str, policy: Policy
) -> Iterator[LeadUpStep]:
    """An agenda prompt and a reminder, `apart` from each other and from other messages about this appointment.

    Where a late booking leaves no room for both, one short notice replaces them. A patient who has sent a list, or
    asked for another time or none, gets no agenda prompt; the reminder is sent all the same, and mentions it.
    """
    if visit.was_told(PromptKind.SHORT_NOTICE):
        return
    own = policy_for(visit, policy)
    times = lead_up(visit, known.get(visit.reading), part, patient, own)
    if times.is_news and not times.has_room:
        yield from short_notice(visit, part, own)
        return
    if times.is_news and own.confirms and times.ask_at >= visit.known_at + own.apart:
        yield from confirmation(visit, times, own)
    if times.has_room and times.ask_at + own.late_room <= times.ask_by and wants_agenda(visit, part, own):
        yield times.step(PromptKind.AGENDA, visit, times.ask_at, times.ask_by)
    early = times.early_at
    if early is not None and not visit.was_told(PromptKind.EARLY_REMINDER, PromptKind.REMINDER):
        yield times.step(PromptKind.EARLY_REMINDER, visit, early, times.ask_by)
    if times.earliest <= times.remind_at < visit.start and not visit.was_told(PromptKind.REMINDER):
        yield times.step(PromptKind.REMINDER, visit, times.remind_at, visit.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadUp:
    """When the messages that lead up to a visit would go.

    Attributes:
        is_news: the patient has heard nothing of this visit, nor will by a notice.
        earliest: nothing of it goes before.
        has_room: whether the agenda prompt has time to be answered before the reminder.
        early_at: when an earlier reminder goes; None where there is none.
        usual_at: when the reminder would go, were there no earlier visit of a series.

    """

    is_news: bool
    earliest: datetime
    ask_at: datetime
    ask_by: datetime
    has_room: bool
    early_at: datetime | None
    remind_at: datetime
    usual_at: datetime

    def step(self, kind: PromptKind, visit: Visit, send_at: datetime, expires_at: datetime) -> LeadUpStep:
        """One of these messages."""
        return LeadUpStep(
            kind=kind,
            visits=(visit,),
            send_at=send_at,
            expires_at=expires_at,
            earliest=self.earliest,
            usual_day=self.usual_at.astimezone(visit.zone).date(),
        )


def lead_up(visit: Visit, heard_at: datetime | None, part: InSeries, patient: str, policy: Policy) -> LeadUp:
    """The times at which a visit is led up to; `heard_at`: since when the patient knows its present state."""
    next_open = hours(visit, policy).next_open
    usual_at = reminder_at(visit, patient, policy.reminder_working_days, policy)
    remind_at = usual_at
    if part.over_at is not None and remind_at < part.over_at:
        after = next_open(part.over_at)  # nothing about the next one of a series before the last is over
        remind_at = after if after < visit.start - policy.short_notice_until else remind_at
    ask_at, ask_by = agenda_at(visit, patient, remind_at, policy), remind_at - policy.apart
    earliest = visit.known_at if heard_at is None else heard_at + policy.apart
    late = ask_at < earliest
    if late:
        ask_at = next_open(earliest)
    has_room = not late or ask_at + policy.late_room <= ask_by
    if part.over_at is not None:
        ask_at = max(ask_at, next_open(part.over_at))
    if visit.was_told(PromptKind.AGENDA) and remind_at < earliest:
        remind_at = next_open(earliest)  # moved away and back again: the reminder keeps its distance from the notice
    return LeadUp(
        is_news=heard_at is None,
        earliest=earliest,
        ask_at=ask_at,
        ask_by=ask_by,
        has_room=has_room,
        early_at=early_at(visit, patient, ask_at, remind_at, earliest, policy),
        remind_at=remind_at,
        usual_at=usual_at,
    )


def short_notice(visit: Visit, part: InSeries, policy: Policy) -> Iterator[LeadUpStep]:
    """One message in place of both, at once; in the urgent window where the usual one opens too late.

    Whoever is not to be asked what to talk about is reminded alone.
    """
    notify_by = visit.start - policy.short_notice_until
    if visit.known_at < notify_by and not is_too_late(visit, policy):
        yield LeadUpStep(
            kind=PromptKind.SHORT_NOTICE,
            visits=(visit,),
            send_at=visit.known_at,
            expires_at=notify_by,
            earliest=visit.known_at,
            usual_day=visit.day,
            asks=wants_agenda(visit, part, policy),
            # By day it goes at once; whoever books at night is told in the evening, or on Saturday.
            urgent_by=None if hours(visit, policy).is_open(visit.known_at) else notify_by - policy.urgent_ahead,
        )


def confirmation(visit: Visit, times: LeadUp, policy: Policy) -> Iterator[LeadUpStep]:
    """What, when and where, once a booking has settled; of no use a day after it could be sent."""
    send_at = visit.known_at + policy.settles
    expires_at = min(hours(visit, policy).next_open(send_at) + timedelta(days=1), times.ask_at)
    yield replace(times.step(PromptKind.BOOKED, visit, send_at, expires_at), earliest=visit.known_at)


def wants_agenda(visit: Visit, part: InSeries, policy: Policy) -> bool:
    """Whether the patient is to be asked what to talk about: not who was, has said, or wants another time or none."""
    if not part.asks or policy.agenda_days == 0:
        return False
    return not visit.was_told(PromptKind.AGENDA) and not visit.has_list and visit.wish is AskedFor.NONE


def reminder_at(visit: Visit, patient: str, working_days: int, policy: Policy) -> datetime:
    """When a reminder is due: so many working days before, at the patient's time of day."""
    day = hours(visit, policy).working_days_before(visit.day, working_days)
    return instant(day, clock(visit, patient, policy), visit.zone)


def early_at(  # noqa: PLR0913, PLR0917 - the moments that it keeps its distance from
    visit: Visit, patient: str, ask_at: datetime, remind_at: datetime, earliest: datetime, policy: Policy
) -> datetime | None:
    """When the first of two reminders is due; None where there is one alone, or another message comes so near it."""
    if not policy.early_reminder_working_days:
        return None
    at = reminder_at(visit, patient, policy.early_reminder_working_days, policy)
    near_agenda = policy.agenda_days > 0 and abs(at - ask_at) < policy.apart
    return at if earliest <= at <= remind_at - policy.apart and not near_agenda else None


def agenda_at(visit: Visit, patient: str, remind_at: datetime, policy: Policy) -> datetime:
    """When an agenda prompt is due: `agenda_days` before, or the working day before that.

    Earlier still where bank holidays bring the reminder near.
    """
    window = hours(visit, policy)
    latest = remind_at - policy.apart - policy.agenda_lives
    day = window.working_day_on_or_before(visit.day - timedelta(days=policy.agenda_days))
    at = clock(visit, patient, policy)
    while (ask_at := instant(day, at, visit.zone)) > latest:
        day = window.working_days_before(day, 1)
    return ask_at
