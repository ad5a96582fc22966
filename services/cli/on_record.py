"""Puts on record what an operator does and looks at by the command, in the name that the system knows them by."""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from shared.audit import trail
from shared.audit.trail import AuditEntry, Means
from shared.platform.clock import Connection

LOGIN = Path("/proc/self/loginuid")
"""Who logged in at first: Linux keeps it whatever `su` and `sudo` do. 4294967295 where nobody did, as for a service."""


def operator() -> str:
    """The name of the person at the terminal, from the system: environment variables are whatever somebody sets.

    Whoever became another after they logged in has both names: `root (ada)`.
    """
    mine = _name(os.getuid()) or f"uid {os.getuid()}"
    first = _first_login()
    return mine if first in {None, mine} else f"{mine} ({first})"


async def act(  # noqa: PLR0913 - what there is to say of an act
    connection: Connection,
    action: str,
    *,
    why: str = "",
    patients: Iterable[UUID] = (),
    things: Iterable[str] = (),
    detail: str = "",
) -> None:
    """Put an act on record, in the transaction in which it is done."""
    await trail.record(
        connection, _entry(action, changes=True, why=why, patients=patients, things=things, detail=detail)
    )


async def act_elsewhere(
    connection: Connection, action: str, *, patients: Iterable[UUID] = (), things: Iterable[str] = (), detail: str = ""
) -> None:
    """Put on record what is about to be done where the database cannot see it, such as on Kafka or at the provider."""
    entry = _entry(action, changes=True, why="", patients=patients, things=things, detail=detail)
    await trail.record_alone(connection, entry)


async def look(
    connection: Connection, action: str, *, patients: Iterable[UUID] = (), things: Iterable[str] = (), detail: str = ""
) -> None:
    """Put a look at patients' data on record. What cannot be put on record is not shown: call it first."""
    entry = _entry(action, changes=False, why="", patients=patients, things=things, detail=detail)
    await trail.record_alone(connection, entry)


def _entry(  # noqa: PLR0913 - as above
    action: str, *, changes: bool, why: str, patients: Iterable[UUID], things: Iterable[str], detail: str
) -> AuditEntry:
    return AuditEntry(
        who=operator(),
        means=Means.COMMAND,
        action=action,
        changes=changes,
        why=why,
        patients=tuple(patients),
        things=tuple(things),
        detail=detail,
    )


def _first_login() -> str | None:
    try:
        return _name(int(LOGIN.read_text()))
    except (OSError, ValueError):
        return None


def _name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):  # a container without a user of that number, or nobody's number
        return None
