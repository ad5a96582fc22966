"""The lists of who has a place, in PostgreSQL: only ever added to, under the lock of one row a reunion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.rules.waiting_list import Act, ListEntry

ADD = """
INSERT INTO reunions.lists (reunion) SELECT reunion FROM unnest($1::text[]) AS n(reunion) ORDER BY reunion
ON CONFLICT DO NOTHING
"""

LOCK = "SELECT reunion, planned FROM reunions.lists WHERE reunion = ANY($1) ORDER BY reunion FOR UPDATE"

ENTRIES = """
SELECT reunion, arrival, at, act, patient_id, party, other, reply_id FROM reunions.entries WHERE reunion = ANY($1)
ORDER BY reunion, arrival
"""

APPEND = """
INSERT INTO reunions.entries (reunion, arrival, at, act, patient_id, party, other, reply_id)
SELECT $1, * FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::uuid[], $6::integer[], $7::uuid[], $8::text[])
"""

PLANNED = "UPDATE reunions.lists SET planned = $2 WHERE reunion = $1"

ANSWERED = "SELECT DISTINCT reunion FROM reunions.entries WHERE patient_id = $1"

# Whoever had a place gives it up, and whoever moves up is told; which answers were theirs is forgotten.
GIVE_UP = """
INSERT INTO reunions.entries (reunion, arrival, at, act, patient_id, party)
SELECT e.reunion, (SELECT max(arrival) FROM reunions.entries l WHERE l.reunion = e.reunion) + rank() OVER (
    PARTITION BY e.reunion ORDER BY e.patient_id), $2, 'out', e.patient_id, 1
FROM (SELECT DISTINCT reunion, patient_id FROM reunions.entries WHERE patient_id = ANY($1)) e
"""

FORGET_ANSWERS = "UPDATE reunions.entries SET reply_id = NULL WHERE patient_id = ANY($1)"

OTHERS = "SELECT DISTINCT patient_id FROM reunions.entries WHERE reunion = ANY($1) AND patient_id <> ALL($2)"

UNITE = """
INSERT INTO reunions.entries (reunion, arrival, at, act, patient_id, party, other)
SELECT reunion, max(arrival) + 1, $4, 'same', $3, 0, $2 FROM reunions.entries WHERE reunion = ANY($1) GROUP BY reunion
"""


@dataclass(frozen=True, slots=True)
class StoredList:
    """One reunion's list.

    Attributes:
        entries: in the order of arrival.
        replies: the answers that stand there, by their ids.
        planned: whoever an entry up to this arrival moved has been planned again.

    """

    entries: tuple[ListEntry, ...] = ()
    replies: frozenset[str] = field(default_factory=frozenset)
    planned: int = 0


async def lock(connection: Connection, reunions: Iterable[str]) -> dict[str, StoredList]:
    """Lock these lists, in the one order that everybody uses, until the transaction ends, and read them."""
    things = sorted(set(reunions))
    await connection.execute(ADD, things)
    planned = {row["reunion"]: row["planned"] for row in await connection.fetch(LOCK, things)}
    return {thing: StoredList(*kept, planned[thing]) for thing, kept in (await _read(connection, things)).items()}


async def read(connection: Connection, reunions: Iterable[str]) -> dict[str, tuple[ListEntry, ...]]:
    """The entries of these lists as they stand, without a lock."""
    return {thing: entries for thing, (entries, _) in (await _read(connection, list(reunions))).items()}


async def append(connection: Connection, reunion: str, entries: Iterable[tuple[ListEntry, str | None]]) -> None:
    """Add entries to a locked list, each with the id of the answer that it is."""
    rows = [(e.arrival, e.at, e.act, e.patient_id, e.party, e.other, reply) for e, reply in entries]
    if rows:
        await connection.execute(APPEND, reunion, *columns(rows, 7))


async def note_planned(connection: Connection, reunion: str, arrival: int) -> None:
    """Note up to which entry everybody whom it moved is planned again."""
    await connection.execute(PLANNED, reunion, arrival)


async def move(connection: Connection, absorbed: UUID, survivor: UUID, now: datetime) -> None:
    """Two locked patients turned out to be one: from here on their places are one. What was before stays as it was."""
    things = [row["reunion"] for row in await connection.fetch(ANSWERED, absorbed)]
    if things:
        await connection.fetch(LOCK, sorted(things))
        await connection.execute(UNITE, things, absorbed, survivor, now)


async def forget(connection: Connection, patients: list[UUID], now: datetime) -> set[UUID]:
    """Give up the places of locked patients; everybody else on these lists, some of whom may move up."""
    things = sorted({row["reunion"] for one in patients for row in await connection.fetch(ANSWERED, one)})
    if not things:
        return set()
    await connection.fetch(LOCK, things)
    await connection.execute(GIVE_UP, patients, now)
    await connection.execute(FORGET_ANSWERS, patients)
    return {row["patient_id"] for row in await connection.fetch(OTHERS, things, patients)}


async def _read(
    connection: Connection, things: list[str]
) -> Mapping[str, tuple[tuple[ListEntry, ...], frozenset[str]]]:
    rows: dict[str, list[ListEntry]] = {thing: [] for thing in things}
    replies: dict[str, set[str]] = {thing: set() for thing in things}
    acts = {act.value: act for act in Act}
    for reunion, arrival, at, act, patient, party, other, reply in await connection.fetch(ENTRIES, things):
        rows[reunion].append(
            ListEntry(arrival=arrival, at=at, act=acts[act], patient_id=patient, party=party, other=other)
        )
        if reply is not None:
            replies[reunion].add(reply)
    return {thing: (tuple(rows[thing]), frozenset(replies[thing])) for thing in things}
