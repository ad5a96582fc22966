"""Rules for the sessions of courses: their messages, and when these are due. `rules` adds them to its plan.

One message leads up to each session: a reminder or, after several missed sessions, an encouraging one in its place. A
patient who was sent other times gets one notice for all sessions of a course that are moved, cancelled or reinstated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import takewhile
from typing import Any

from services.prompts.messages import GROUPS, PromptKind, entries, instant, stamp
from services.prompts.notices import as_last_sent, notice_key, notice_kind, present_state_sent_at, urgent_by
from services.prompts.policy import Policy
from services.prompts.sessions import PatientSession, sessions
from services.prompts.visits import Visit
from shared.calendar import sending_window
from shared.rules.plan import Facts, Message, SentHistory

LEADING = (PromptKind.SESSION_REMINDER, PromptKind.SESSION_ENCOURAGE)
"""The messages that lead up to a session: one of these, once for each time and place."""


def courses(facts: Facts, told: SentHistory, policy: Policy) -> Iterator[Message]:
    """The messages for the sessions of a patient's courses."""
    clock = sending_window.spread(facts.patient, policy.spread_from, policy.spread_until)
    for course in sessions(facts, told, policy):
        news = sessions_to_notify(course)
        for kind, those in news.items():
            yield notice(kind, those, course, policy)
        led_up_to = {(said.start, said.site) for one in course for said in one.visit.said if said.kind in LEADING}
        for session in course:
            if session.is_on and session.slot not in led_up_to:
                led_up_to.add(session.slot)
                yield from leading(session, course, time_sent_at(session, news, policy), clock, policy)


def leading(
    session: PatientSession, course: Sequence[PatientSession], heard: datetime | None, clock: time, policy: Policy
) -> Iterator[Message]:
    """The message that leads up to a session, unless a notice came shortly before (`heard`), or it is too late.

    It is due a working day before, or as soon as the session is known. `clock` is the patient's time of day.
    """
    visit = session.visit
    day = policy.window(visit.zone).working_days_before(visit.day, policy.session_working_days)
    remind_at, expires_at = sending_window.instant(day, clock, visit.zone), visit.start - policy.short_notice_until
    send_at = max(remind_at, visit.known_at)
    if send_at >= expires_at or (heard is not None and remind_at < heard + policy.apart):
        return
    kind = PromptKind.SESSION_ENCOURAGE if needs_encouragement(session, course, policy) else PromptKind.SESSION_REMINDER
    yield Message(
        key=f"{visit.key}/{kind}/{stamp(visit.start)}",
        kind=kind,
        template=kind,
        category=GROUPS,
        send_at=send_at,
        expires_at=expires_at,
        says=session.says(visit),
        places=(visit.place,),
        data=_when_and_where(visit),
        calendar=entries((visit,)),
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


def sessions_to_notify(course: Iterable[PatientSession]) -> Mapping[PromptKind, tuple[PatientSession, ...]]:
    """The sessions of one course that need a notice, by its kind; see `notice_kind`.

    Where another session has taken the time and place that the patient was sent, no notice is needed.
    """
    course = tuple(course)
    taken = {one.slot for one in course if one.is_on}
    found: dict[PromptKind, tuple[PatientSession, ...]] = {}
    for session in course:
        last, kind = session.visit.last, notice_kind(session.visit)
        if last is None or kind is None or (last.on and (last.start, last.site) in taken):
            continue
        if session.visit.changed_at < _named(kind, session).start:
            found[kind] = (*found.get(kind, ()), session)
    return {kind: tuple(sorted(those, key=lambda one: _named(kind, one).start)) for kind, those in found.items()}


TOLD_AS: Mapping[PromptKind, PromptKind] = {PromptKind.CANCELLED: PromptKind.SESSION_CANCELLED}
"""By which message a notice of sessions goes, where it is not that they have moved."""


def notice(
    kind: PromptKind, those: Sequence[PatientSession], course: Iterable[PatientSession], policy: Policy
) -> Message:
    """One notice about all these sessions, due at once. It names the first of them; each has its calendar entry."""
    named = [_named(kind, session) for session in those]
    news = [(visit, last) for visit, session in zip(named, those, strict=True) if (last := session.visit.last)]
    is_off = kind is PromptKind.CANCELLED
    told_as = TOLD_AS.get(kind, PromptKind.SESSION_MOVED)
    first = named[0]
    old = {"old": instant(news[0][1].start, first), "back": kind is PromptKind.REINSTATED, "several": len(those) > 1}
    return Message(
        key=" + ".join(notice_key(told_as, visit, last) for visit, last in news),
        kind=told_as,
        template=told_as,
        category=GROUPS,
        send_at=max(visit.changed_at for visit in named),
        # A cancellation of several sessions is still needed for the later ones after the first would have begun.
        expires_at=(named[-1] if is_off else first).start,
        urgent_by=min(urgent_by(last, visit, policy) for visit, last in news),
        says=_says(those, named, all_named=is_off),
        places=tuple(dict.fromkeys(visit.place for visit in named)),
        data={**_when_and_where(first), **(_off(those, named, course) if is_off else old)},
        calendar=entries(named, cancelled=is_off),
    )


def time_sent_at(
    session: PatientSession, news: Mapping[PromptKind, Sequence[PatientSession]], policy: Policy
) -> datetime | None:
    """When a notice with a session's present time was sent, or will be; None: there was none, and will be none."""
    if any(session is those[0] for those in news.values()):
        return present_state_sent_at(session.visit, policy)
    if session.visit.last is None or not session.named or notice_kind(session.visit) is not None:
        return None
    return present_state_sent_at(session.visit, policy)


def _named(kind: PromptKind, session: PatientSession) -> Visit:
    """The session that a notice names: a cancellation names it as the patient was last sent it."""
    last = session.visit.last
    return session.visit if last is None or kind is not PromptKind.CANCELLED else as_last_sent(session.visit, last)


def _says(those: Sequence[PatientSession], named: Sequence[Visit], *, all_named: bool) -> dict[str, Mapping[str, Any]]:
    """What one message says of all these sessions; it names the first of them, or all."""
    said: dict[str, Mapping[str, Any]] = {}
    for count, (session, visit) in enumerate(zip(those, named, strict=True)):
        said |= session.says(visit, named=all_named or count == 0)
    return said


def _when_and_where(visit: Visit) -> dict[str, Any]:
    return {"start": instant(visit.start, visit), "place": {"place": visit.place}}


def _off(those: Sequence[PatientSession], named: Sequence[Visit], course: Iterable[PatientSession]) -> dict[str, Any]:
    """The data of a cancellation: its extent, its last session, and whether the course goes on afterwards."""
    what = "course" if those[0].called_off else "several" if len(those) > 1 else "one"
    goes_on = any(one.is_on and one.visit.start > named[0].start for one in course)
    return {"what": what, "last": instant(named[-1].start, named[-1]), "goes_on": goes_on}
