"""The registry of sources: for which organisation each speaks, and what its word may do beyond its own things.

A source that is not registered is an organisation of its own, and has no grants: it speaks for its own things and its
own record of a patient, and for nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.patients.identity import NHS
from shared.platform.clock import Connection

IMPORT = """
INSERT INTO people.sources (source, organisation, name, topics)
SELECT source, organisation, name, topics
FROM jsonb_to_recordset($1) AS n(source text, organisation text, name text, topics text[])
ON CONFLICT (source) DO UPDATE SET organisation = excluded.organisation, name = excluded.name, topics = excluded.topics
"""

ALL = """
SELECT s.source, s.organisation, s.name, s.topics,
    coalesce((SELECT array_agg(g.may) FROM people.source_grants g
              WHERE g.source = s.source AND g.withdrawn_at IS NULL), '{}') AS grants
FROM people.sources s ORDER BY s.source
"""

GRANT = """
INSERT INTO people.source_grants (source, may, granted_by, granted_for, granted_at)
SELECT source, $2, $3, $4, $5 FROM people.sources WHERE source = $1
ON CONFLICT (source, may) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id
"""

WITHDRAW = """
UPDATE people.source_grants SET withdrawn_by = $3, withdrawn_for = $4, withdrawn_at = $5
WHERE source = $1 AND may = $2 AND withdrawn_at IS NULL RETURNING id
"""

RECORD = """
SELECT source, may, granted_by, granted_for, granted_at, withdrawn_by, withdrawn_for, withdrawn_at
FROM people.source_grants ORDER BY granted_at, id
"""


class Grant(StrEnum):
    """What an operator may let a source do beyond its own things."""

    UNITE = "unite"
    DEATHS = "deaths"


GRANTS: Mapping[Grant, str] = {
    Grant.UNITE: "its NHS numbers may unite its patients with those of other organisations that may as well",
    Grant.DEATHS: "its word that a patient has died holds what other organisations would send",
}
"""What each grant lets a source do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A registered source.

    Attributes:
        source: the CloudEvents source, without a slash at its end.
        organisation: whose it is; sources of one organisation speak for each other's things.
        name: what people call it.
        topics: the topics that it may write; empty: any.
        grants: what it may do beyond its own things, by an operator's decision on record.

    """

    source: str
    organisation: str
    name: str = ""
    topics: frozenset[str] = frozenset()
    grants: frozenset[Grant] = frozenset()


@dataclass(frozen=True, slots=True)
class Sources:
    """The registry as it stands."""

    known: Mapping[str, Source] = field(default_factory=dict)

    @classmethod
    def of(cls, sources: Iterable[Source]) -> "Sources":
        """A registry of these sources."""
        return cls({one.source: one for one in sources})

    def organisation(self, source: str) -> str:
        """The organisation for which a source speaks: one that is not registered, for itself."""
        registered = self.known.get(source)
        return f"source {source}" if registered is None else f"organisation {registered.organisation}"

    def organisations(self, sources: Iterable[str]) -> frozenset[str]:
        """The organisations of these sources; the NHS, whose word is about numbers, is none."""
        return frozenset(self.organisation(source) for source in sources if source != NHS)

    def may(self, source: str, grant: Grant) -> bool:
        """Whether a source may do this beyond its own things. The NHS's own word on deaths needs no grant."""
        if source == NHS:
            return grant is Grant.DEATHS
        registered = self.known.get(source)
        return registered is not None and grant in registered.grants

    def may_write(self, source: str, topic: str) -> bool:
        """Whether a source may write to a topic: one that is not registered may, as far as its token reaches."""
        registered = self.known.get(source)
        return registered is None or not registered.topics or topic in registered.topics


@dataclass(frozen=True, slots=True)
class GrantDecision:
    """An operator's decision about a grant: of what, to whom, whose decision, and why."""

    source: str
    grant: Grant
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRecord:
    """A grant as it is on record: who gave it and why, and who took it back and why."""

    source: str
    may: str
    granted_by: str
    granted_for: str
    granted_at: datetime
    withdrawn_by: str | None
    withdrawn_for: str | None
    withdrawn_at: datetime | None


async def load(connection: Connection) -> Sources:
    """Load the whole registry: some dozens of rows."""
    return Sources.of([_source(row) for row in await connection.fetch(ALL)])


async def store(connection: Connection, sources: Iterable[Source]) -> None:
    """Insert sources, or update those that are registered already; their grants stay as they are."""
    rows = [
        {"source": one.source, "organisation": one.organisation, "name": one.name, "topics": sorted(one.topics)}
        for one in sources
    ]
    await connection.execute(IMPORT, json.dumps(rows))


async def give(connection: Connection, decision: GrantDecision, now: datetime) -> bool:
    """Grant a registered source something, on record; False where it is not registered, or had it."""
    made = (decision.source, decision.grant, decision.by, decision.reason)
    return await connection.fetchval(GRANT, *made, now) is not None


async def take_back(connection: Connection, decision: GrantDecision, now: datetime) -> bool:
    """Withdraw a grant, on record; False where the source did not have it."""
    made = (decision.source, decision.grant, decision.by, decision.reason)
    return await connection.fetchval(WITHDRAW, *made, now) is not None


async def record(connection: Connection) -> list[GrantRecord]:
    """Every grant that was ever given, the oldest first."""
    return [GrantRecord(**dict(row)) for row in await connection.fetch(RECORD)]


def _source(row: Any) -> Source:
    return Source(
        source=row["source"],
        organisation=row["organisation"],
        name=row["name"],
        topics=frozenset(row["topics"]),
        grants=frozenset(Grant(one) for one in row["grants"]),
    )
