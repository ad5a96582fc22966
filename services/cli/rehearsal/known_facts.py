"""The facts of one planner in memory, as its table keeps them: folded, woken, and given to whom they now mean."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.planning.fact_store import NO_PATIENT, WAKEUP, links, woken_fact
from shared.planning.planner import Planner
from shared.rules.facts import Arrival, Fact, fold
from shared.schedule.wakeups import Woken


class KnownFacts:
    """All that one planner knows, by thing and patient.

    Names by which things refer to each other only grow, as in the table: whom a thing once concerned must hear what
    becomes of it.
    """

    def __init__(self, planner: Planner[Any]) -> None:
        self.planner = planner
        self._by_thing: dict[str, dict[UUID, Fact]] = {}
        self._things: dict[UUID, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._refers: dict[tuple[str, UUID], set[str]] = {}

    def take(self, arrival: Arrival) -> set[UUID]:
        """Fold an event; the patients who are to be planned again."""
        changed = fold(self._by_thing.get(arrival.event.thing, {}).values(), [arrival])
        shared = {fact.thing for fact in changed if fact.patient_id == NO_PATIENT}
        before = self._concerned(shared)
        for fact in changed:
            self._keep(fact)
        return (before | self._concerned(shared) | {fact.patient_id for fact in changed}) - {NO_PATIENT}

    def wake(self, woken: Iterable[Woken]) -> None:
        """Keep wake-ups that have come as facts."""
        for one in woken:
            self._keep(woken_fact(one))

    def of(self, patient: UUID) -> list[Fact]:
        """The facts of a patient, wake-ups that came among them."""
        return [self._by_thing[thing][patient] for thing in sorted(self._things.get(patient, ()))]

    def all(self) -> Iterator[Fact]:
        """All facts of things, also of those that are nobody's own."""
        return (fact for rows in self._by_thing.values() for fact in rows.values() if fact.kind != WAKEUP)

    def shared_things(self, patient: UUID) -> tuple[Fact, ...]:
        """The courses to which a patient's things refer or referred, and the reunions that refer to these courses."""
        wanted = {n for thing in self._things.get(patient, ()) for n in self._refers.get((thing, patient), ())}
        shared = self._things.get(NO_PATIENT, set())
        courses = {thing for thing in shared if wanted & self._names.get(thing, set())}
        names = {name for thing in courses for name in self._names[thing]}
        referring = {thing for thing in shared if names & self._refers.get((thing, NO_PATIENT), set())}
        return tuple(self._by_thing[thing][NO_PATIENT] for thing in sorted(courses | referring))

    def rehome(
        self, patients: Iterable[UUID], means: Callable[[bytes], UUID | None], merged: Callable[[UUID], bool]
    ) -> set[UUID]:
        """Give facts to whom their references now mean; everybody who got any.

        Where both have the thing, the newer row stays. Whoever was not merged is another person, who has the thing
        after the first.
        """
        got: set[UUID] = set()
        for patient in patients:
            for fact in self.of(patient):
                meant = means(fact.reference) or patient
                if meant != patient:
                    self._move(fact, meant, holders=0 if merged(patient) else 1)
                    got.add(meant)
        return got

    def _move(self, fact: Fact, patient: UUID, holders: int) -> None:
        there = self._by_thing[fact.thing].get(patient)
        del self._by_thing[fact.thing][fact.patient_id]
        self._things[fact.patient_id].discard(fact.thing)
        names = self._refers.pop((fact.thing, fact.patient_id), set())
        if there is None or _rank(fact) >= _rank(there):
            self._keep(replace(fact, patient_id=patient, holders_before=fact.holders_before + holders))
            self._refers.setdefault((fact.thing, patient), set()).update(names)

    def _keep(self, fact: Fact) -> None:
        self._by_thing.setdefault(fact.thing, {})[fact.patient_id] = fact
        self._things.setdefault(fact.patient_id, set()).add(fact.thing)
        names, refers = links(fact)
        if names:
            self._names.setdefault(fact.thing, set()).update(names)
        if refers:
            self._refers.setdefault((fact.thing, fact.patient_id), set()).update(refers)

    def _concerned(self, shared: set[str]) -> set[UUID]:
        """The patients whose things refer to these courses, or to courses to which these reunions refer."""
        if not shared:
            return set()
        names = {name for thing in shared for name in self._names.get(thing, ())}
        referred = {name for thing in shared for name in self._refers.get((thing, NO_PATIENT), ())}
        names |= {name for known in self._names.values() if known & referred for name in known}
        return {patient for (_, patient), refers in self._refers.items() if refers & names} - {NO_PATIENT}


def _rank(fact: Fact) -> tuple[str, bool]:
    return fact.version, fact.data is not None
