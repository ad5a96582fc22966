"""The rule of the reunions planner: messages and events about reunions, as a pure function of the facts.

Graduates are invited, and once more after a silence (`invitations`); each is sent the status of their seat (`replies`);
a patient with a place is reminded a week before and the working day before (`reminders`, here); a patient who was sent
another state gets a notice (`notices`). Seats are settled before, under the list's lock (`ledger`). The numbers and
their sources: `policy`.
"""

from collections.abc import Iterator
from datetime import time, timedelta

from services.reunions.invitations import invitations
from services.reunions.meetings import PatientReunion, Stands, meetings
from services.reunions.messages import CATEGORY, ReunionKind, entry, naming, stamp
from services.reunions.notices import notice
from services.reunions.policy import Policy
from services.reunions.replies import answered, responses, wakeups
from shared.calendar.sending_window import instant, spread
from shared.rules.plan import Facts, Message, Plan, SentHistory, WakeUp


def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """The complete plan for a patient's reunions, and the replies about them."""
    found = meetings(facts, told, policy)
    clock = spread(facts.patient, policy.spread_from, policy.spread_until)
    wanted = [each for meeting in found for each in _wanted(meeting, facts, clock, policy)]
    return Plan(
        messages=tuple(each for each in wanted if isinstance(each, Message)),
        wakeups=tuple(each for each in wanted if isinstance(each, WakeUp)),
        responses=tuple(response for meeting in found for response in responses(meeting)),
    )


def _wanted(meeting: PatientReunion, facts: Facts, clock: time, policy: Policy) -> Iterator[Message | WakeUp]:
    news = notice(meeting, policy)
    if news is not None:
        yield news
    if meeting.on:
        yield from invitations(meeting, clock, policy)
        yield from answered(meeting, facts, policy)
        yield from wakeups(meeting)
        yield from reminders(meeting, clock, policy)


def reminders(meeting: PatientReunion, clock: time, policy: Policy) -> Iterator[Message]:
    """The reminders of a patient who has a place: a week before, and the working day before; not soon after news.

    `clock` is the patient's time of day.
    """
    if meeting.seat is None or meeting.stands is not Stands.IN:
        return
    window, before = meeting.window, meeting.window.working_days_before
    confirm_on = window.working_day_on_or_before(meeting.day - timedelta(days=policy.confirm_days))
    confirm_at = instant(confirm_on, clock, meeting.zone)
    remind_at = instant(before(meeting.day, policy.reminder_working_days), clock, meeting.zone)
    earliest = max(meeting.seat.at, meeting.changed_at) + policy.apart
    for kind, send_at, expires_at in (
        (ReunionKind.CONFIRM, confirm_at, remind_at),
        (ReunionKind.REMINDER, remind_at, meeting.start),
    ):
        if earliest <= send_at < expires_at:
            yield Message(
                key=f"{meeting.key}/{kind}/{stamp(meeting.start)}{meeting.tail}",
                kind=kind,
                template=kind,
                category=CATEGORY,
                send_at=send_at,
                expires_at=expires_at,
                says={meeting.thing: meeting.says},
                places=(meeting.place,),
                data=naming(meeting),
                calendar=(entry(meeting),),
                answers_until=meeting.start,
                must_reach=kind is ReunionKind.REMINDER,
            )
