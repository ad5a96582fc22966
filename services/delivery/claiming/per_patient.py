"""Where a claim breaks: patient by patient, so that one whom we cannot read or decide stops nobody else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import asyncpg

from shared.platform.database import is_transient

T = TypeVar("T")


async def one_by_one(
    patients: Sequence[UUID], limit: int, alone: Callable[[UUID, int], Awaitable[tuple[list[T], int]]]
) -> tuple[list[T], int]:
    """Claim up to `limit` messages of these patients, each in a transaction of its own.

    Args:
        patients: whose messages are due.
        limit: how many can be sent at once.
        alone: claims up to so many of one patient's, or postpones them; those claimed, and how many were looked at.

    Raises:
        OSError, asyncpg.PostgresError: the database failed before anything was claimed.

    """
    claimed: list[T] = []
    looked_at = 0
    for patient in patients:
        if len(claimed) >= limit:
            break
        try:
            found, number = await alone(patient, limit - len(claimed))
        except Exception as error:
            if not claimed or not (is_transient(error) or isinstance(error, asyncpg.PostgresError)):
                raise
            break  # what is claimed already is ours to send; the next round meets the same fault
        claimed += found
        looked_at += number
    return claimed, looked_at
