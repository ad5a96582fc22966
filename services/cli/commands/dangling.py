"""Finds references of courses, enrolments and reunions to unknown courses and places; such events send no messages."""

from collections import Counter
from collections.abc import Iterator, Sequence

from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact


def dangling(facts: Sequence[Fact], registry: Places) -> Iterator[str]:
    """A sentence with the cure for each reference to an unknown course or place; no sentence names a patient."""
    courses = {fact.thing: (fact, fact.data) for fact in facts if isinstance(fact.data, Course)}
    names = {name for thing, (fact, course) in courses.items() for name in course.names(fact.source, thing)}
    enrolled = Counter(
        name for fact in facts if isinstance(fact.data, Enrolment) for name in fact.data.refers(fact.source)
    )
    for name, number in sorted(enrolled.items()):
        if name not in courses:
            yield f"{name}: {number} enrolled, and no such course is known; publish it, or mend the enrolments"
    for fact in sorted(facts, key=lambda fact: fact.thing):
        if isinstance(fact.data, Reunion):
            for name in sorted(set(fact.data.refers(fact.source)) - names):
                yield f"{fact.thing}: names {_called(name)}, and {_missing(name)} is known; nobody is invited for it"
        if isinstance(fact.data, Course | Reunion):
            key = place_key(fact.source, fact.data.clinic)
            if key not in registry.known:
                waits = "its messages wait: `cocreate places import`"
                yield f"{fact.thing}: {_called(key)} has no approved public name, and {waits}"
    yield from _beyond(facts, {thing: course for thing, (_, course) in courses.items()})


def _beyond(facts: Sequence[Fact], courses: dict[str, Course]) -> Iterator[str]:
    """A sentence for each course with attendance at session numbers that it does not have; these do not count."""
    found: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact.data, Enrolment):
            for name in fact.data.refers(fact.source):
                numbers = {session.number for session in courses[name].sessions} if name in courses else None
                if numbers is not None and not numbers.issuperset({*fact.data.attended, *fact.data.missed}):
                    found[name] += 1
    for name, number in sorted(found.items()):
        yield f"{name}: {number} enrolled came to, or missed, sessions that it does not have; look at their numbers"


def _called(name: str) -> str:
    """A reference in words: `course C1`, or `the venue HALL`."""
    _, is_place, clinic = name.partition("#")
    if is_place:
        return f"the venue {clinic}" if clinic else "the source's own venue"
    return f"course {name.rpartition('/course/')[2]}"


def _missing(name: str) -> str:
    return "no course there" if "#" in name else "no such course"
