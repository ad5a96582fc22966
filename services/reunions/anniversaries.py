"""Anniversaries: a site's graduates should meet some months after their course, where no reunion is planned."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LOOK_BACK = timedelta(days=92)
"""Courses of a site that ended within three months of each other share an anniversary: one room for all of them."""

ONE_MONTH = timedelta(days=31)
"""The time after its day in which an anniversary is still raised, and the least time between two of one site."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A course that has ended.

    Attributes:
        site: the site of its venue.
        ended_at: the end of its last session.
        graduates: the people who attended enough sessions.
        has_reunion: whether a reunion is planned for it, or for its site.

    """

    thing: str
    site: str
    ended_at: datetime
    graduates: frozenset[UUID]
    has_reunion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Anniversary:
    """A site whose graduates should meet again.

    Attributes:
        course: the course whose last session was `months` ago.
        at: the instant of the anniversary.
        things: that course, and the site's other courses of that time.
        graduates: the number of people; a graduate of two courses counts once.

    """

    site: str
    course: str
    months: int
    at: datetime
    things: tuple[str, ...]
    graduates: int

    @property
    def key(self) -> str:
        """The key of the anniversary, which is raised once."""
        return f"{self.site}/{self.course}/{self.months}"


def anniversaries(
    courses: Iterable[Finished], months: Sequence[int], enough: int, now: datetime
) -> tuple[Anniversary, ...]:
    """The anniversaries due now: with enough graduates, no reunion planned, and none of that site a month before."""
    ordered = sorted(courses, key=lambda one: (one.ended_at, one.thing))
    found: list[Anniversary] = []
    for count in months:
        last: dict[str, datetime] = {}
        for course in ordered:
            at = months_after(course.ended_at, count)
            one = _of(course, ordered, count, at)
            if one.graduates < enough or (course.site in last and at < last[course.site] + ONE_MONTH):
                continue
            last[course.site] = at
            if at <= now < at + ONE_MONTH and not course.has_reunion:
                found.append(one)
    return tuple(found)


def months_after(at: datetime, months: int) -> datetime:
    """The same day that many months later, or the last of that month where it has no such day."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def _of(course: Finished, courses: Sequence[Finished], months: int, at: datetime) -> Anniversary:
    those = [
        one
        for one in courses
        if one.site == course.site and course.ended_at - LOOK_BACK < one.ended_at <= course.ended_at
    ]
    people = frozenset[UUID]().union(*(one.graduates for one in those))
    things = (course.thing, *(one.thing for one in those if one.thing != course.thing))
    return Anniversary(
        site=course.site, course=course.thing, months=months, at=at, things=things, graduates=len(people)
    )
