"""Rules for the sessions of courses: their messages, and when these are due. `rules` adds them to its plan.

One message leads up to each session: a reminder or, after several missed sessions, an encouraging one in its place. A
patient who was sent other times gets one notice for all sessions of a course that are moved, cancelled or reinstated.
What they believe is held against the sessions of all courses of that source: a course may come back under another name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from services.prompts.beliefs import AsRead
from services.prompts.clinics import clock, hours, policy_for
from services.prompts.messages import GROUPS, PromptKind, entries, filling, instant, stamp
from services.prompts.news import News, news
from services.prompts.notices import (
    instead_of,
    no_longer,
    notice_entries,
    notice_key,
    notice_says,
    still_standing,
    told_at,
)
from services.prompts.policy import Policy
from services.prompts.sessions import PatientSession
from services.prompts.tasks import told_too_late
from services.prompts.visits import Visit
from shared.calendar import sending_window
from shared.clinic.places import Places
from shared.rules.plan import CalendarEntry, Facts, Message, Plan

LEADING = frozenset({PromptKind.SESSION_REMINDER, PromptKind.SESSION_ENCOURAGE})
"""The messages that lead up to a session: one of these, once for each time and place."""


def courses(held: Sequence[PatientSession], standing: Sequence[Visit], facts: Facts, policy: Policy) -> Plan:
    """The notices of the sessions of one source's courses, and the messages that lead up to them.

    `standing`: all the patient's visits there that stand, appointments as well.
    """
    if not held:
        return Plan()
    changes = news([session.visit for session in held], rebooked=False)
    of = {session.visit.thing: session for session in held}
    told_together = as_few(changes, of)
    messages = [notice(those, of, standing, facts.places, policy) for those in told_together]
    first = {those[0].visit.reading: told_at(those[0], policy) for those in told_together}
    for session in _to_lead_up_to(held):
        course = [one for one in held if one.course == session.course]
        messages += leading(session, course, _heard_at(session, changes, first), facts.patient, policy)
    return Plan(messages=tuple(messages), task_requests=tuple(told_too_late(changes, policy)))


def _to_lead_up_to(held: Sequence[PatientSession]) -> list[PatientSession]:
    """The sessions that stand at a known hour, each time and place once, without those that were led up to."""
    led_up_to = {said.reading for one in held for said in one.visit.said if said.kind in LEADING}
    standing = {one.visit.reading: one for one in reversed(held) if one.is_on and one.visit.hour_is_known}
    return [one for reading, one in reversed(standing.items()) if reading not in led_up_to]


def leading(
    session: PatientSession, course: Sequence[PatientSession], heard: datetime | None, patient: str, policy: Policy
) -> Iterator[Message]:
    """The message that leads up to a session, unless a notice came shortly before (`heard`), or it is too late.

    It is due a working day before, or as soon as the session is known.
    """
    visit = session.visit
    own, window = policy_for(visit, policy), hours(visit, policy)
    day = window.working_days_before(visit.day, own.session_working_days)
    remind_at = sending_window.instant(day, clock(visit, patient, policy), visit.zone)
    expires_at = visit.start - own.short_notice_until
    send_at = max(remind_at, visit.known_at)
    if send_at >= expires_at or (heard is not None and remind_at < heard + own.apart):
        return
    at_night = send_at == visit.known_at and not window.is_open(send_at)
    kind = PromptKind.SESSION_ENCOURAGE if needs_encouragement(session, course, policy) else PromptKind.SESSION_REMINDER
    yield Message(
        key=f"{visit.key}/{kind}/{stamp(visit.start)}",
        kind=kind,
        template=kind,
        category=GROUPS,
        send_at=send_at,
        expires_at=expires_at,
        urgent_by=expires_at - own.urgent_ahead if at_night else None,
        says=session.with_what_it_rests_on(visit.says),
        places=(visit.place,),
        data=filling((visit,)),
        calendar=entries((visit,)),
        must_reach=True,
    )


def needs_encouragement(session: PatientSession, course: Iterable[PatientSession], policy: Policy) -> bool:
    """Whether the last sessions in a row were missed, and no encouraging message was sent since the first of them."""
    course = tuple(course)
    before = [one for one in course if one.is_on and one.visit.start < session.visit.start]
    run = list(takewhile(lambda one: one.missed, reversed(before)))
    if len(run) < policy.missed_in_a_row:
        return False
    began_at = run[-1].visit.start
    told = (said for one in course for said in one.visit.said if said.kind == PromptKind.SESSION_ENCOURAGE)
    return all(said.start <= began_at for said in told)


def as_few(changes: Iterable[News], of: Mapping[str, PatientSession]) -> list[tuple[News, ...]]:
    """The news of courses, as few notices as may be: of each course one of all that moved, one of all that are off.

    What goes ahead after all is told session by session: whoever read "please do not come" must read which.
    """
    found: dict[tuple[str, PromptKind, AsRead | None], tuple[News, ...]] = {}
    for change in changes:
        alone = change.visit.reading if change.kind is PromptKind.REINSTATED else None
        together = of[change.visit.thing].course, change.kind, alone
        found[together] = (*found.get(together, ()), change)
    return list(found.values())


TOLD_AS: Mapping[PromptKind, PromptKind] = {
    PromptKind.CANCELLED: PromptKind.SESSION_CANCELLED,
    PromptKind.NOT_FOR_NOW: PromptKind.SESSION_CANCELLED,
}
"""By which message a notice of sessions goes, where it is not that they have moved."""


def notice(
    those: Sequence[News], of: Mapping[str, PatientSession], standing: Sequence[Visit], places: Places, policy: Policy
) -> Message:
    """One notice about all these sessions. It names the first of them; each has its calendar entry."""
    first, last = those[0], those[-1]
    told_as = TOLD_AS.get(first.kind, PromptKind.SESSION_MOVED)
    return Message(
        key=" + ".join(notice_key(one).replace(f"/{one.kind}/", f"/{told_as}/") for one in those),
        kind=told_as,
        template=told_as,
        category=GROUPS,
        send_at=max(one.due_at(policy_for(one.visit, policy)) for one in those),
        # A cancellation of several sessions is still needed for the later ones after the first would have begun.
        expires_at=(last if first.is_off else first).visit.start,
        urgent_by=min(one.urgent_by(policy_for(one.visit, policy)) for one in those),
        must_reach=True,
        says=_says(those, of),
        places=tuple(dict.fromkeys(one.visit.place for one in those)),
        data={
            **filling((first.visit,)),
            **(_off(those, of) if first.is_off else _on(those, standing, places)),
            "others": still_standing(those, standing),
        },
        calendar=_entries(those),
    )


def _heard_at(session: PatientSession, changes: Iterable[News], first: Mapping[AsRead, datetime]) -> datetime | None:
    """When a notice with a session's present time was sent, or will be; None: there was none, and will be none."""
    reading = session.visit.reading
    if reading in first:
        return first[reading]
    if any(change.visit.reading == reading for change in changes):
        return None  # the notice says only that it has another time
    told = [said for said in session.visit.said if said.named and said.on and said.reading == reading]
    return told[-1].told_at if told else None


def _says(those: Sequence[News], of: Mapping[str, PatientSession]) -> dict[str, Mapping[str, Any]]:
    """What one message says of all these sessions; it names the first of them, or all that are off."""
    said: dict[str, Mapping[str, Any]] = {}
    for count, one in enumerate(those):
        named = one.is_off or count == 0
        for thing, content in notice_says(one).items():
            said |= of[thing].with_what_it_rests_on({thing: content}, named=named)
    return said


def _entries(those: Iterable[News]) -> tuple[CalendarEntry, ...]:
    return tuple(entry for one in those for entry in notice_entries(one))


def _off(those: Sequence[News], of: Mapping[str, PatientSession]) -> dict[str, Any]:
    """The data of a cancellation: its extent, its last session, and whether the course goes on afterwards."""
    first, last = those[0].visit, those[-1].visit
    session = of[first.thing]
    what = "course" if session.called_off else "several" if len(those) > 1 else "one"
    its = [one for one in of.values() if one.course == session.course]
    goes_on = any(one.is_on and one.visit.start > first.start for one in its)
    return {"what": what, "last": instant(last.start, last), "goes_on": goes_on}


def _on(those: Sequence[News], standing: Sequence[Visit], places: Places) -> dict[str, Any]:
    """The data of a notice of other times: the old ones, or that it was off before."""
    back = those[0].kind is PromptKind.REINSTATED
    gone = [] if back else no_longer(those)
    return {**instead_of(those[0], standing, places), "gone": gone, "back": back, "several": len(those) > 1}
