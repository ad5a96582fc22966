"""The facts of a rehearsal: those known after an event, and the courses and reunions that concern a patient."""

from collections.abc import Iterable

from shared.clinic.courses import SharedThing
from shared.planning.fact_store import refers
from shared.rules.facts import Arrival, Fact, fold


def shared_facts_of(own: Iterable[Fact], known: Iterable[Fact]) -> tuple[Fact, ...]:
    """The courses that a patient's own facts refer to, and the reunions that refer to these courses."""
    shared = [(fact, fact.data) for fact in known if isinstance(fact.data, SharedThing)]
    wanted = {name for fact in own for name in refers(fact.data, fact.source)}
    courses = [(fact, data) for fact, data in shared if wanted & set(data.names(fact.source, fact.thing))]
    names = {name for fact, data in courses for name in data.names(fact.source, fact.thing)}
    found = {fact.thing: fact for fact, _ in courses}
    return tuple(
        {**found, **{fact.thing: fact for fact, data in shared if names & set(data.refers(fact.source))}}.values()
    )


def folded(known: list[Fact], arrival: Arrival) -> list[Fact]:
    """All known facts after this arrival."""
    changed = {fact.thing: fact for fact in fold(known, [arrival])}
    return [*(fact for fact in known if fact.thing not in changed), *changed.values()]
