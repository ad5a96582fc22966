"""Sessions of courses as input of the rules: each is a visit, with the state of its course and enrolment."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.prompts.beliefs import Arranged, Statement, minute_of, statement
from services.prompts.messages import SESSION
from services.prompts.policy import Policy
from services.prompts.visits import Expectation, Visit, with_what_reads_the_same
from shared.clinic import courses
from shared.clinic.appointment import Mode
from shared.clinic.courses import Course, CourseStatus, Enrolment, EnrolmentStatus, course_name
from shared.clinic.courses import Session as CourseSession
from shared.clinic.joining import allowed_link
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact
from shared.rules.plan import Facts, SentHistory, SentMessage

ENROLMENT = "enrolment"
PART = "/session/"
"""Between the name of a course and the number of its session."""

TAKES_PART, NO_MORE, NEVER = range(3)
"""A patient's part in a course. Of several enrolments in one course the first of these counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSession:
    """One session of a course, for one patient.

    Attributes:
        course, enrolment: the things on which it rests: while an event of either is unreadable, no message goes.
        visit: its time and place, whether the patient is expected, and the messages sent about it.
        called_off: whether the whole course is cancelled.
        missed: whether the patient missed it.

    """

    course: str
    enrolment: str
    visit: Visit
    called_off: bool
    missed: bool

    @property
    def is_on(self) -> bool:
        """Whether the patient is expected."""
        return self.visit.standing is Expectation.ON

    def with_what_it_rests_on(
        self, said: Mapping[str, Mapping[str, Any]], *, named: bool = True
    ) -> dict[str, Mapping[str, Any]]:
        """The content of a message about it, and of the things on which it rests."""
        of_it = {thing: {**content, "enrolment": self.enrolment, "named": named} for thing, content in said.items()}
        return {**of_it, self.course: {}, self.enrolment: {}}


def says(thing: courses.Course | courses.Enrolment | courses.Reunion) -> str:
    """The content of a state that a patient would be sent: without attendance, and without the end of a session."""
    match thing:
        case Course(status=CourseStatus.PLANNED):
            held = sorted((s.number, _to_the_minute(s.start), s.cancelled, *_remote(s)) for s in thing.sessions)
            return json.dumps([held, thing.clinic or ""])
        case Enrolment():
            return json.dumps([thing.status, thing.course])
        case _:
            return ""


def _remote(session: CourseSession) -> tuple[Mode, ...]:
    """How a session is met that is not in person; in person goes without saying, as it did in digests kept before."""
    return () if session.mode is Mode.IN_PERSON else (session.mode,)


def _to_the_minute(start: datetime) -> str:
    return start.replace(second=0, microsecond=0).isoformat()


def sessions(facts: Facts, told: SentHistory, policy: Policy) -> tuple[PatientSession, ...]:
    """The sessions of all courses in which a patient takes part, or about which a message was sent, by start."""
    enrolments = sorted((fact for fact in facts.things if fact.kind == ENROLMENT), key=lambda fact: fact.thing)
    held = {fact.thing: fact for fact in facts.shared_things}
    known = dict(_sessions_sent(told))
    names = {*filter(None, map(_course_of, enrolments)), *map(_course_name, known)}
    found: list[PatientSession] = []
    for name in sorted(names):
        of_it = _of_course(name, known)
        if (part := _part(name, enrolments, of_it.values())) is not None:
            found += _sessions(_Attended(name, held.get(name), *part), of_it, facts.places, policy)
    found.sort(key=lambda one: (one.visit.start, one.visit.thing))
    alike = with_what_reads_the_same([one.visit for one in found])
    return tuple(replace(one, visit=visit) for one, visit in zip(found, alike, strict=True))


def _of_course(name: str, sent: Mapping[str, tuple[SentMessage, ...]]) -> dict[str, tuple[SentMessage, ...]]:
    return {thing: sayings for thing, sayings in sent.items() if _course_name(thing) == name}


def _sessions_sent(told: SentHistory) -> Iterator[tuple[str, tuple[SentMessage, ...]]]:
    """The sessions about which messages were sent, by name."""
    for thing, sayings in told.sayings.items():
        if PART in thing and sayings[-1].kind.startswith(SESSION):
            yield thing, sayings


def _course_name(thing: str) -> str:
    return thing.rpartition(PART)[0]


def _course_of(enrolment: Fact) -> str | None:
    data = enrolment.data
    return course_name(enrolment.source, data.course) if isinstance(data, Enrolment) else None


def _part(course: str, enrolments: Iterable[Fact], told: Iterable[Iterable[SentMessage]]) -> tuple[int, Fact] | None:
    """The patient's part in a course, and the enrolment that decides it; None where there is none."""
    by = {saying.said["enrolment"] for sayings in told for saying in sayings}
    candidates = [
        (_standing_by(fact, course), fact) for fact in enrolments if _course_of(fact) == course or fact.thing in by
    ]
    return min(candidates, key=lambda one: (one[0], one[1].thing), default=None)


def _standing_by(enrolment: Fact, course: str) -> int:
    """The part by one enrolment: a withdrawn patient knows it; one whose enrolment is gone or wrong does not."""
    data = enrolment.data
    if not isinstance(data, Enrolment) or _course_of(enrolment) != course:
        return NEVER
    match data.status:
        case EnrolmentStatus.ENROLLED:
            return TAKES_PART
        case EnrolmentStatus.ENTERED_IN_ERROR:
            return NEVER
        case _:
            return NO_MORE


@dataclass(frozen=True, slots=True)
class _Attended:
    """A course as the enrolment of one of its people has it.

    Attributes:
        course: None where the enrolment came before it.
        part: how they stand to it.

    """

    name: str
    course: Fact | None
    part: int
    enrolment: Fact

    @property
    def state(self) -> Course | None:
        """The course as it is; None where it is gone, or not there yet."""
        return self.course.data if self.course is not None and isinstance(self.course.data, Course) else None

    @property
    def called_off(self) -> bool:
        """Whether all of it is off."""
        state = self.state
        return self.course is not None and (state is None or state.status is not CourseStatus.PLANNED)

    @property
    def planned(self) -> dict[str, CourseSession]:
        """Its sessions, by their names as things."""
        state = self.state
        return {} if state is None else {f"{self.name}{PART}{session.number}": session for session in state.sessions}

    @property
    def missed(self) -> set[str]:
        """The sessions at which they were not."""
        data = self.enrolment.data
        numbers = data.missed if isinstance(data, Enrolment) and self.part == TAKES_PART else ()
        return {f"{self.name}{PART}{number}" for number in numbers}

    @property
    def key(self) -> str:
        """Its name in message keys. A session is many people's, and a key is one's own."""
        return (
            f"{self.enrolment.thing}~{self.enrolment.holders_before}"
            if self.enrolment.holders_before
            else self.enrolment.thing
        )

    @property
    def changed_at(self) -> datetime:
        """When what they would be told of it last changed."""
        return max(fact.since_at for fact in (self.course, self.enrolment) if fact is not None)

    @property
    def place(self) -> str | None:
        """The key of its place; None where nobody knows it now."""
        return None if self.course is None or self.state is None else place_key(self.course.source, self.state.clinic)


def _sessions(
    its: _Attended, told: Mapping[str, tuple[SentMessage, ...]], places: Places, policy: Policy
) -> Iterator[PatientSession]:
    """Each session that the course has, or that was told of it."""
    planned, missed = its.planned, its.missed
    for thing in {**planned, **told}:
        yield PatientSession(
            course=its.name,
            enrolment=its.enrolment.thing,
            visit=_visit(its, thing, planned.get(thing), told.get(thing, ()), places, policy),
            called_off=its.called_off,
            missed=thing in missed,
        )


def _visit(  # noqa: PLR0913, PLR0917 - a session, what was told of it, and where it may be
    its: _Attended,
    thing: str,
    session: CourseSession | None,
    told: tuple[SentMessage, ...],
    places: Places,
    policy: Policy,
) -> Visit:
    """A session as a visit; one that is gone is where and when it was last told to be."""
    place, state, changed_at = its.place or str(told[-1].said["place"]), its.state, its.changed_at
    zone = (state and state.zone) or places.zone(place, policy.zone)
    said = tuple(statement(thing, sent, places, zone) for sent in told)
    return Visit(
        thing=thing,
        key=f"{its.key}{PART}{thing.rpartition(PART)[2]}",
        standing=_standing(its, session),
        arranged=_arranged(session, said, place, zone, places),
        end=session.end if session else None,
        where=places.where(place),
        site=places.site(place),
        zone=zone,
        known_at=changed_at,
        changed_at=changed_at,
        learnt_at=changed_at,
        by_patient=False,
        said=said,
        own=places.policy(place),
        join_link=allowed_link(session.join_link, policy.link_domains) if session else "",
    )


def _arranged(
    session: CourseSession | None, said: Sequence[Statement], place: str, zone: ZoneInfo, places: Places
) -> Arranged:
    if session is None:
        return said[-1].arranged
    minute = minute_of(session.start, zone)
    return Arranged(start=session.start, minute=minute, mode=session.mode, place=place, moves=places.moves(place))


def _standing(its: _Attended, session: CourseSession | None) -> Expectation:
    """Whether the patient is expected; neither while the course is unknown, for an enrolment may come before it."""
    if its.part == NEVER:
        return Expectation.OFF
    if its.part == NO_MORE or its.course is None:
        return Expectation.NEITHER
    is_on = session is not None and not (session.cancelled or its.called_off)
    return Expectation.ON if is_on else Expectation.OFF
