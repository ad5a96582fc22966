"""Courses with their sessions, enrolments and reunions as organisers publish them; each event is a whole state.

Courses and reunions are shared things: they belong to no single patient. An enrolment refers to its course by name; a
reunion refers to the courses, or to the sites of courses, whose graduates it invites.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from shared.clinic.appointment import Mode
from shared.clinic.joining import JoinLink
from shared.clinic.patient import OfPatient
from shared.clinic.places import place_key
from shared.events.cloudevents import EventKind
from shared.events.types import Code, EventData, Instant, Zone
from shared.replies.answer_tokens import MOST_IN_PARTY

COURSES = "clinic.courses"

MOST_PLACES = 10_000
MOST_SESSIONS = 60

SessionNumber = Annotated[int, Field(ge=1, le=MOST_SESSIONS)]
"""A session of a course, by the number that it keeps."""


class CourseStatus(StrEnum):
    """The status of a course."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class EnrolmentStatus(StrEnum):
    """The status of a person's enrolment in a course."""

    ENROLLED = "enrolled"
    WITHDRAWN = "withdrawn"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"


class Session(EventData):
    """One meeting of a course. A session keeps its number when it moves."""

    number: SessionNumber
    start: Instant
    end: Instant | None = None
    cancelled: bool = False
    mode: Mode = Mode.IN_PERSON
    join_link: JoinLink = Field(
        default=None, repr=False, description="the https address of a session by video; another one is left out"
    )


class SharedThing(EventData):
    """The state of a shared thing, which belongs to no single patient: a course or a reunion."""

    def names(self, source: str, thing: str) -> tuple[str, ...]:
        """The names by which other things refer to this one."""
        del source, thing
        return ()

    def refers(self, source: str) -> tuple[str, ...]:
        """The names of the things to which this one refers."""
        del source
        return ()


def course_name(source: str, course: str) -> str:
    """The name by which enrolments and reunions refer to a course."""
    return f"{source}/course/{course}"


class Course(SharedThing):
    """`clinic.courses`: one course. Its name and subject stay with the organiser: texts say "your course"."""

    status: CourseStatus = CourseStatus.PLANNED
    sessions: tuple[Session, ...] = Field(min_length=1, max_length=MOST_SESSIONS)
    clinic: Code | None = Field(default=None, description="the venue's code, looked up in the registry of places")
    zone: Zone | None = None

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _sessions_agree(self) -> Self:
        numbers = [session.number for session in self.sessions]
        if len(numbers) != len(set(numbers)):
            message = "two sessions have the same number"
            raise ValueError(message)
        if any(session.end is not None and session.end < session.start for session in self.sessions):
            message = "a session ends before it starts"
            raise ValueError(message)
        return self

    def names(self, source: str, thing: str) -> tuple[str, ...]:
        """The names of the course and of its venue."""
        return thing, place_key(source, self.clinic)


class Enrolment(OfPatient):
    """`clinic.courses`: one person's enrolment in one course, with the sessions attended and missed."""

    status: EnrolmentStatus = EnrolmentStatus.ENROLLED
    course: Code = Field(description="the course's id at the same source")
    attended: tuple[SessionNumber, ...] = Field(default=(), max_length=MOST_SESSIONS, description="numbers of sessions")
    missed: tuple[SessionNumber, ...] = Field(default=(), max_length=MOST_SESSIONS, description="numbers of sessions")

    @model_validator(mode="after")
    def _came_or_not(self) -> Self:
        if set(self.attended) & set(self.missed):
            message = "a session is both attended and missed"
            raise ValueError(message)
        if any(len(numbers) != len(set(numbers)) for numbers in (self.attended, self.missed)):
            message = "a session is named twice: whoever comes to one twice has come to one"
            raise ValueError(message)
        return self

    def refers(self, source: str) -> tuple[str, ...]:
        """The name of the course of this enrolment."""
        return (course_name(source, self.course),)


class Reunion(SharedThing):
    """`clinic.courses`: a meeting with places: a reunion of graduates, or a taster session."""

    status: Literal["planned", "cancelled", "entered-in-error"] = "planned"
    start: Instant
    end: Instant | None = None
    clinic: Code | None = Field(default=None, description="the venue's code, looked up in the registry of places")
    zone: Zone | None = None
    capacity: int = Field(ge=1, le=MOST_PLACES, description="places, guests included")
    most_in_party: int = Field(default=1, ge=1, le=MOST_IN_PARTY, description="1: no guests")
    rsvp_by: Instant = Field(description="answers count until then, and the list closes")
    kind: Literal["reunion", "taster"] = "reunion"
    courses: tuple[Code, ...] = Field(default=(), max_length=500, description="ids of courses whose people are invited")
    sites: tuple[Code, ...] = Field(default=(), max_length=100, description="or codes of venues of courses")
    organiser_email: Code | None = Field(default=None, repr=False, description="who gets the list the day before")

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _times_agree(self) -> Self:
        if self.rsvp_by > self.start:
            message = "answers are awaited until after it starts: rsvp_by lies after start"
            raise ValueError(message)
        if self.end is not None and self.end < self.start:
            message = "the end lies before the start"
            raise ValueError(message)
        if not self.courses and not self.sites:
            message = "nobody is invited: it names neither courses nor sites"
            raise ValueError(message)
        if self.most_in_party > self.capacity:
            message = "a party may be larger than all places together"
            raise ValueError(message)
        return self

    def refers(self, source: str) -> tuple[str, ...]:
        """The names of the courses, and of the venues of courses, whose graduates this reunion invites."""
        return (
            *(course_name(source, course) for course in self.courses),
            *(place_key(source, site) for site in self.sites),
        )


KINDS: Mapping[str, EventKind[Any]] = MappingProxyType(
    {
        "cocreate.course.v1": EventKind("course", Course),
        "cocreate.enrolment.v1": EventKind("enrolment", Enrolment),
        "cocreate.reunion.v1": EventKind("reunion", Reunion),
    }
)
"""What the topic carries: CloudEvent type → kind of thing."""
