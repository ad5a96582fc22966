"""The audit trail: writes a row for each act and each look at a patient's data, and lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.platform.clock import Connection

ADD = """
INSERT INTO audit.entries (who, means, action, changes, why, patients, things, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

LIST = """
SELECT id, at, who, means, role, action, changes, why, patients, things, detail FROM audit.entries
WHERE ($1::uuid[] IS NULL OR patients && $1) AND ($2::text IS NULL OR who = $2)
    AND ($3::timestamptz IS NULL OR at >= $3) AND (changes OR NOT $4)
ORDER BY id DESC LIMIT $5
"""

# A role that may only read is put on record as well; its transactions begin as ones that read.
WRITABLE = "SET TRANSACTION READ WRITE"


class Means(StrEnum):
    """By which means somebody did something."""

    COMMAND = "command"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What somebody did. Ids and codes only: no name, number or address of a patient, and no text of theirs.

    Attributes:
        who: a login, or the name of an access token.
        means: how they did it.
        action: what they did, as the command is called: `people part`.
        changes: whether it changed anything, or was a look.
        why: the reason that they gave.
        patients: whom it concerned.
        things: which things, sources, records or wordings.
        detail: what else there is to know, such as an outcome or a count.

    """

    who: str
    means: Means
    action: str
    changes: bool
    why: str = ""
    patients: tuple[UUID, ...] = ()
    things: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord(AuditEntry):
    """An entry as it is kept: the database adds when it was, and with which of its roles it was written."""

    id: int
    at: datetime
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to list. None: whichever.

    Attributes:
        patients: those that concern one of these.
        who: those of this login or token.
        since: those from then on.
        acts_only: only what changed something.

    """

    patients: Sequence[UUID] | None = None
    who: str | None = None
    since: datetime | None = None
    acts_only: bool = False


async def record(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry in the caller's transaction: if that fails, the act has not happened, and neither has this."""
    await connection.execute(
        ADD,
        entry.who,
        entry.means,
        entry.action,
        entry.changes,
        entry.why,
        sorted(set(entry.patients)),
        list(dict.fromkeys(filter(None, entry.things))),
        entry.detail,
    )


async def record_alone(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry in a transaction of its own: of a look, before its result is shown, or of an act elsewhere."""
    async with connection.transaction():
        await connection.execute(WRITABLE)
        await record(connection, entry)


async def load(connection: Connection, which: AuditFilter, limit: int) -> list[AuditRecord]:
    """The entries, the newest first."""
    rows = await connection.fetch(LIST, which.patients, which.who, which.since, which.acts_only, limit)
    return [
        AuditRecord(
            **{**row, "means": Means(row["means"]), "patients": tuple(row["patients"]), "things": tuple(row["things"])}
        )
        for row in rows
    ]
