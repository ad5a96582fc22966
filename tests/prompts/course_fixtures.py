"""A place that gives courses: its events are folded as the engine folds them, and courses are nobody's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self
from uuid import UUID

from services.prompts.sessions import ENROLMENT
from shared.clinic.courses import Course, Enrolment, course_name
from shared.planning.fact_store import NO_PATIENT
from shared.rules.plan import Facts
from tests.prompts.fixtures import SOURCE, Ward, london, patient_id

COURSE = "course"

WEEKS = tuple(f"2026-{day} 10:00" for day in ("11-03", "11-10", "11-17", "11-24", "12-01", "12-08"))
"""Six Tuesdays."""

MOVED = (*WEEKS[1:], "2026-12-15 10:00")
"""The same a week later."""

LONG_AGO = "2026-09-01 12:00"


def of(number: int, course: str = "C1") -> str:
    """The name of a session."""
    return f"{course_name(SOURCE, course)}/session/{number}"


class School(Ward):
    """Courses and enrolments in, plans out."""

    def __init__(self) -> None:
        super().__init__()
        self._courses: dict[UUID, set[str]] = {}

    def course(
        self,
        at: str,
        starts: Sequence[str] | Mapping[int, str] = WEEKS,
        off: Sequence[int] = (),
        id: str = "C1",  # noqa: A002 - the field's own name
        status: str = "planned",
        clinic: str = "HILL",
    ) -> Self:
        """The organiser publishes a course: starts by London's clock, and the numbers of sessions that are off."""
        numbered = starts if isinstance(starts, Mapping) else dict(enumerate(starts, 1))
        held = [{"number": n, "start": london(start), "cancelled": n in off} for n, start in numbered.items()]
        return self._take(
            at, COURSE, id, NO_PATIENT, Course.model_validate({"status": status, "sessions": held, "clinic": clinic})
        )

    def enrols(
        self,
        at: str,
        course: str = "C1",
        id: str = "E1",  # noqa: A002
        patient: str = "p1",
        **data: Any,
    ) -> Self:
        """Somebody takes part, or no longer, or did or didn't come."""
        state = Enrolment.model_validate({"course": course, "patient": {"id": patient}, **data})
        return self._take(at, ENROLMENT, id, patient_id(patient), state)

    def drops(self, at: str, kind: str, id: str) -> Self:  # noqa: A002
        """A tombstone of a course or an enrolment."""
        return self._take(at, kind, id, None, None)

    def known_of(self, who: UUID) -> Facts:
        """What is known of this patient, and the courses of their enrolments, even of those that are gone."""
        mine = super().known_of(who)
        held = {fact.thing: fact for fact in self.facts.values() if fact.patient_id == NO_PATIENT}
        mentioned = {course_name(SOURCE, course) for course in self._courses.get(who, ())}
        return replace(mine, shared_things=tuple(held[thing] for thing in sorted(mentioned & held.keys())))

    def _take(
        self,
        at: str,
        kind: str,
        id: str,  # noqa: A002
        who: UUID | None,
        state: Any,
        source: str = SOURCE,
    ) -> Self:
        super()._take(at, kind, id, who, state, source)
        fact = self.facts.get((f"{SOURCE}/{kind}/{id}", who)) if who else None
        if fact is not None and who is not None and isinstance(fact.data, Enrolment):
            self._courses.setdefault(who, set()).add(fact.data.course)
        return self


def enrolled(*starts: str) -> School:
    """Somebody who takes part in a course."""
    return School().course(LONG_AGO, starts or WEEKS).enrols(LONG_AGO)


def reminded(number: int = 1) -> School:
    """The same, reminded of one session in time."""
    school = enrolled()
    return remind(school, number)


def remind(school: School, number: int, patient: str = "p1") -> School:
    """Delivery claims what leads up to a session, when it is due."""
    (message,) = [m for m in school.plan(patient).messages if of(number) in m.says]
    school.claim(message, message.send_at, patient)
    return school
