"""When a site's graduates should meet again: some months after their last session, if nobody has planned it. Pure."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LOOK_BACK = timedelta(days=92)
"""Courses of a site that ended within three months of each other are remembered together: one room for all of them."""

ONE_MONTH = timedelta(days=31)
"""So long after its day an anniversary is still raised, and so far apart are two of one site."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A course that is over.

    Attributes:
        site: what all codes of its venue have in common.
        ended_at: the end of its last session.
        graduates: who came to enough of it.
        has_reunion: whether a reunion is planned for it, or for its site.

    """

    thing: str
    site: str
    ended_at: datetime
    graduates: frozenset[UUID]
    has_reunion: bool = False


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A site whose graduates should meet again.

    Attributes:
        course: the course whose last session was so many months ago.
        at: when that was so.
        things: it, and the site's other courses of that time.
        graduates: how many people that concerns; whoever finished two courses is one.

    """

    site: str
    course: str
    months: int
    at: datetime
    things: tuple[str, ...]
    graduates: int

    @property
    def key(self) -> str:
        """The occasion: the same one is raised once."""
        return f"{self.site}/{self.course}/{self.months}"


def anniversaries(
    courses: Iterable[Finished], months: Sequence[int], enough: int, now: datetime
) -> tuple[Anniversary, ...]:
    """Those that are due now: enough graduates, no reunion planned, and none of that site in the month before."""
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
    """The same day so many months later, or the last of that month where it has no such day."""
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
    return Anniversary(course.site, course.thing, months, at, things, len(people))
