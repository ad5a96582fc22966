"""Facts in PostgreSQL: one table a planner, in the planner's own schema."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clinic.places import Places
from shared.events.types import EventData, Instant
from shared.patients import identity
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.rules.facts import Fact
from shared.rules.plan import Facts
from shared.schedule.wakeups import Woken

WAKEUP = "wakeup"

NO_PATIENT = UUID(int=0)
"""Under this name stand the things that are nobody's own: courses, reunions."""

FIELDS = "thing, patient_id, reference, source, kind, version, seen, first_at, since_at, digest, holder, data"

LOAD = f"SELECT {FIELDS} FROM {{name}}.facts WHERE patient_id = ANY($1)"  # noqa: S608 - see STORE

HOLDERS = "SELECT DISTINCT patient_id FROM {name}.facts WHERE thing = ANY($1)"

PATIENTS = "SELECT DISTINCT patient_id FROM {name}.facts WHERE patient_id <> $1"

# An enrolment refers to its course; a reunion to courses, by their own names or their venues'. Name by name, for a join
# of arrays would hold each patient against each course that there ever was.
OCCASIONS = """
WITH own AS (SELECT patient_id AS whose, unnest(refers) AS name FROM {name}.facts WHERE patient_id = ANY($1)),
named AS (SELECT thing, unnest(names) AS name FROM {name}.facts WHERE patient_id = $2),
referring AS (SELECT thing, unnest(refers) AS name FROM {name}.facts WHERE patient_id = $2),
courses AS (SELECT DISTINCT whose, thing FROM own JOIN named USING (name)),
found AS (
    SELECT whose, thing FROM courses
    UNION SELECT c.whose, r.thing FROM courses c JOIN named n USING (thing) JOIN referring r USING (name)
)
SELECT whose, f.* FROM found JOIN {name}.facts f USING (thing) WHERE f.patient_id = $2
"""

REFERRING = f"""
SELECT {FIELDS} FROM {{name}}.facts
WHERE refers && $1 AND refers <> '{{{{}}}}' AND patient_id <> $2 AND data IS NOT NULL
"""  # noqa: S608 - see STORE

# Of which both planners have read the same event: otherwise nobody can tell whose it is.
AGREED = """
SELECT thing, a.patient_id, a.source, a.since_at FROM {name}.facts a JOIN {other}.facts b USING (thing, version)
WHERE thing = ANY($1) AND a.data IS NOT NULL AND b.data IS NOT NULL
"""

# The indexes leave out the things that have no names: they can be used only where it is said that there are some.
CONCERNED = """
WITH named AS (
    SELECT unnest(names) AS name FROM {name}.facts WHERE patient_id = $2 AND thing = ANY($1)
    UNION SELECT unnest(c.names) FROM {name}.facts r
        JOIN {name}.facts c ON c.names && r.refers AND c.names <> '{{}}' AND c.patient_id = $2
    WHERE r.patient_id = $2 AND r.thing = ANY($1)
)
SELECT DISTINCT patient_id FROM {name}.facts
WHERE refers && ARRAY(SELECT name FROM named) AND refers <> '{{}}' AND patient_id <> $2
"""

# Whoever changes what is nobody's own waits for those who look at it, and they for them: neither misses the other.
TAKE_TURNS = {
    True: "SELECT pg_advisory_xact_lock(7301003, hashtext($1))",
    False: "SELECT pg_advisory_xact_lock_shared(7301003, hashtext($1))",
}

# Whom a thing once concerned it concerns for good: they may have been told of it, and must hear what becomes of it.
# What it refers to now, and who is meant, is in its data.
STORE = f"""
INSERT INTO {{name}}.facts AS f ({FIELDS}, names, refers)
SELECT thing, patient_id, reference, source, kind, version, string_to_array(seen, E'\\n'), first_at, since_at, digest,
    holder, data, string_to_array(names, E'\\n'), string_to_array(refers, E'\\n')
FROM unnest($1::text[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[], $10::text[], $11::smallint[], $12::jsonb[], $13::text[], $14::text[])
    AS n({FIELDS}, names, refers)
ON CONFLICT (thing, patient_id) DO UPDATE SET reference = excluded.reference, version = excluded.version,
    seen = excluded.seen, first_at = excluded.first_at, since_at = excluded.since_at, digest = excluded.digest,
    holder = excluded.holder, data = excluded.data,
    names = CASE WHEN excluded.names @> f.names THEN excluded.names
        ELSE ARRAY(SELECT DISTINCT unnest(f.names || excluded.names)) END,
    refers = CASE WHEN excluded.refers @> f.refers THEN excluded.refers
        ELSE ARRAY(SELECT DISTINCT unnest(f.refers || excluded.refers)) END
"""  # noqa: S608 - all that is filled in is a planner's name, which `_named` checks

REFERENCES = "SELECT DISTINCT reference, patient_id FROM {name}.facts WHERE patient_id = ANY($1)"

# Facts follow a person who was merged or corrected. Where both already have the thing, the newer row stays; of one
# event that took it from the one and gave it to the other, the row of whoever has it.
CLASHES = """
WITH moving AS (
    SELECT f.thing, f.patient_id AS old, i.patient_id AS new, f.version, f.data IS NOT NULL AS is_there
    FROM {name}.facts f JOIN unnest($2::bytea[], $3::uuid[]) AS i(reference, patient_id) USING (reference)
    WHERE f.patient_id = ANY($1) AND i.patient_id <> f.patient_id
), clash AS (
    SELECT thing, CASE WHEN (f.version, f.data IS NOT NULL) > (m.version, m.is_there) THEN m.old ELSE m.new END
        AS patient_id
    FROM moving m JOIN {name}.facts f USING (thing) WHERE f.patient_id = m.new
)
DELETE FROM {name}.facts f USING clash c WHERE f.thing = c.thing AND f.patient_id = c.patient_id
"""

# Whoever was not merged is another person, who has the thing after the first; else the same one under two names.
REHOME = """
UPDATE {name}.facts f SET patient_id = i.patient_id,
    holder = f.holder + CASE WHEN f.patient_id = ANY($4) THEN 0 ELSE 1 END
FROM unnest($2::bytea[], $3::uuid[]) AS i(reference, patient_id)
WHERE f.reference = i.reference AND f.patient_id = ANY($1) AND i.patient_id <> f.patient_id
RETURNING i.patient_id
"""

NAME = re.compile(r"[a-z_]{1,40}")


class WokenUp(EventData):
    """The fact that a wake-up's moment has come."""

    key: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Agreed:
    """Whose a thing is, as two planners know it, and since when its patient would be told what they would be now."""

    thing: str
    patient_id: UUID
    source: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class UnknownPlanner(Exception):
    """A planner's name becomes an SQL identifier, so it is lower-case letters and underscores."""

    name: str


def _named(query: str, planner: str, other: str = "") -> str:
    for name in (planner, other or planner):
        if not NAME.fullmatch(name):
            raise UnknownPlanner(name)
    return query.format(name=planner, other=other)


async def load(
    connection: Connection, planner: str, patients: Iterable[UUID], shapes: Mapping[str, type[EventData]]
) -> list[Fact]:
    """All facts of these patients; `shapes` gives each kind's data."""
    shapes = {**shapes, WAKEUP: WokenUp}
    return [_fact(row, shapes) for row in await connection.fetch(_named(LOAD, planner), list(patients))]


async def shared_things(
    connection: Connection, planner: str, patients: Iterable[UUID], shapes: Mapping[str, type[EventData]]
) -> dict[UUID, tuple[Fact, ...]]:
    """What is nobody's own and concerns each of these patients."""
    known: dict[str, Fact] = {}
    found: dict[UUID, tuple[Fact, ...]] = {}
    for row in await connection.fetch(_named(OCCASIONS, planner), list(patients), NO_PATIENT):
        fact = known.get(row["thing"]) or known.setdefault(row["thing"], _fact(row, shapes))
        found[row["whose"]] = (*found.get(row["whose"], ()), fact)
    return found


async def concerned(connection: Connection, planner: str, things: Iterable[str]) -> set[UUID]:
    """Everybody whom these things, which are nobody's own, concern."""
    rows = await connection.fetch(_named(CONCERNED, planner), list(things), NO_PATIENT)
    return {row["patient_id"] for row in rows}


async def referring(
    connection: Connection, planner: str, names: Iterable[str], shapes: Mapping[str, type[EventData]]
) -> list[Fact]:
    """Everybody's facts that refer to one of these names of things of nobody's own, or did."""
    return [_fact(row, shapes) for row in await connection.fetch(_named(REFERRING, planner), list(names), NO_PATIENT)]


async def agreed(connection: Connection, planner: str, other: str, things: Iterable[str]) -> list[Agreed]:
    """Whose these things are, where both planners have read the same event of them."""
    rows = await connection.fetch(_named(AGREED, planner, other), list(things))
    return [Agreed(**dict(row)) for row in rows]


async def take_turns(connection: Connection, planner: str, *, alone: bool) -> None:
    """Until the transaction ends: what is nobody's own changes only `alone`."""
    await connection.execute(TAKE_TURNS[alone], planner)


async def holders(connection: Connection, planner: str, things: Iterable[str]) -> set[UUID]:
    """Everybody who has or had one of these things."""
    return {row["patient_id"] for row in await connection.fetch(_named(HOLDERS, planner), list(things))}


async def patients(connection: Connection, planner: str) -> list[UUID]:
    """Everybody of whom this planner knows anything."""
    return [row["patient_id"] for row in await connection.fetch(_named(PATIENTS, planner), NO_PATIENT)]


async def store(connection: Connection, planner: str, changed: Iterable[Fact]) -> None:
    """Keep facts as they are now."""
    rows = [
        (
            fact.thing,
            fact.patient_id,
            fact.reference,
            fact.source,
            fact.kind,
            fact.version,
            "\n".join(fact.seen),
            fact.first_at,
            fact.since_at,
            fact.digest,
            fact.holders_before,
            None if fact.data is None else fact.data.model_dump_json(exclude_none=True),
            *("\n".join(names) for names in links(fact)),
        )
        for fact in changed
    ]
    if rows:
        await connection.execute(_named(STORE, planner), *columns(rows, 14))


def refers(data: EventData | None, source: str) -> tuple[str, ...]:
    """The names of things of nobody's own to which a thing refers."""
    return data.refers(source) if data is not None and hasattr(data, "refers") else ()


def links(fact: Fact) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names by which others refer to a thing, and those to which it refers."""
    known_as = fact.data.names(fact.source, fact.thing) if fact.data is not None and hasattr(fact.data, "names") else ()
    return known_as, refers(fact.data, fact.source)


def _fact(row: Any, shapes: Mapping[str, type[EventData]]) -> Fact:
    return Fact(
        thing=row["thing"],
        patient_id=row["patient_id"],
        reference=row["reference"],
        source=row["source"],
        kind=row["kind"],
        version=row["version"],
        seen=tuple(row["seen"]),
        first_at=row["first_at"],
        since_at=row["since_at"],
        digest=row["digest"],
        holders_before=row["holder"],
        data=None if row["data"] is None else shapes[row["kind"]].model_validate_json(row["data"]),
    )


async def store_woken(connection: Connection, planner: str, woken: Iterable[Woken]) -> None:
    """Fold wake-ups as facts."""
    await store(connection, planner, [woken_fact(one) for one in woken])


async def rehome(connection: Connection, planner: str, patients: Iterable[UUID]) -> set[UUID]:
    """Give facts to whom their references now mean; everybody who got any."""
    ids = list(patients)
    rows = await connection.fetch(_named(REFERENCES, planner), ids)
    means = await identity.find(connection, sorted({row["reference"] for row in rows}))
    if all(means.get(row["reference"], row["patient_id"]) == row["patient_id"] for row in rows):
        return set()
    moving = (ids, list(means), list(means.values()))
    await connection.execute(_named(CLASHES, planner), *moving)
    merged = list(await identity.merged(connection, ids))
    return {row["patient_id"] for row in await connection.fetch(_named(REHOME, planner), *moving, merged)}


def facts_of(patient: UUID, facts: Iterable[Fact], places: Places) -> Facts:
    """What the rule sees of one patient."""
    things = tuple(facts)
    woken = {fact.data.key: fact.data.at for fact in things if isinstance(fact.data, WokenUp)}
    others = tuple(fact for fact in things if fact.kind != WAKEUP)
    return Facts(patient=str(patient), things=others, places=places, woken=woken)


def woken_fact(woken: Woken) -> Fact:
    """A wake-up that has come, as the fact that it is from then on."""
    return Fact(
        thing=f"{woken.patient_id}/{WAKEUP}/{woken.key}",
        patient_id=woken.patient_id,
        reference=b"",
        source=WAKEUP,
        kind=WAKEUP,
        version="",
        seen=(),
        first_at=woken.at,
        since_at=woken.at,
        digest="",
        holders_before=0,
        data=WokenUp(key=woken.key, at=woken.at),
    )
