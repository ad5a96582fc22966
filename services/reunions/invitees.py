"""Rules for invitees: graduates of a reunion's courses, and all who take part in the courses of a taster session."""

from datetime import datetime
from fractions import Fraction
from math import ceil

from shared.clinic.courses import Course, CourseStatus, Enrolment, EnrolmentStatus, Reunion
from shared.rules.facts import Fact
from shared.rules.plan import Facts

TAKES_PART = frozenset({EnrolmentStatus.ENROLLED, EnrolmentStatus.COMPLETED})


def invited_at(fact: Fact, reunion: Reunion, facts: Facts, share: Fraction) -> datetime | None:
    """Since when a patient is known to be invited, by the first of their courses; None where they are not."""
    wanted = set(reunion.refers(fact.source))
    since = [
        max(of_course.since_at, of_enrolment.since_at)
        for of_enrolment, enrolment in facts.of(Enrolment)
        for of_course, course in facts.held(Course)
        if of_course.thing in enrolment.refers(of_enrolment.source)
        and wanted.intersection(course.names(of_course.source, of_course.thing))
        and _is_meant(enrolment, course, reunion, share)
    ]
    return max(min(since), fact.since_at) if since else None


def is_graduate(enrolment: Enrolment, course: Course, share: Fraction) -> bool:
    """Whether the enrolled person attended at least this share of the sessions that were not cancelled."""
    if not _takes_part(enrolment, course):
        return False
    sessions = {session.number for session in course.sessions if not session.cancelled}
    return bool(sessions) and len(sessions.intersection(enrolment.attended)) >= ceil(len(sessions) * share)


def _is_meant(enrolment: Enrolment, course: Course, reunion: Reunion, share: Fraction) -> bool:
    if reunion.kind == "taster":
        return _takes_part(enrolment, course)
    return is_graduate(enrolment, course, share)


def _takes_part(enrolment: Enrolment, course: Course) -> bool:
    """Whether the enrolment counts. A cancelled course may have graduates; one entered in error has none."""
    return enrolment.status in TAKES_PART and course.status is not CourseStatus.ENTERED_IN_ERROR
