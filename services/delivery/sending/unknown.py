"""Unknown is a state, and ends: found at the provider, sent once more, or parked for a person; always by its expiry."""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.delivery.composing.sealing import restore
from services.delivery.providers.message import LookupUnavailable, OutboundMessage, Provider
from services.delivery.sending.records import wake
from shared.platform import clock, metrics
from shared.platform.clock import Moment
from shared.platform.database import Pool
from shared.schedule import changes, tasks, transitions
from shared.schedule.states import MessageState
from shared.schedule.transitions import Change
from shared.security.encryption import Encryption, EncryptionError, Sealed

log = logging.getLogger("cocreate.delivery")

EXPIRED_LEASES = """
SELECT id FROM schedule.messages WHERE state = 'sending' AND lease_until < $1 ORDER BY id FOR UPDATE SKIP LOCKED
"""

# Taken by moving its next look away, so that two replicas do not look up the same one.
TAKE = """
UPDATE schedule.messages m SET due_at = $2
FROM (SELECT id FROM schedule.messages WHERE state = 'unknown' AND due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE
    SKIP LOCKED) t
WHERE m.id = t.id
RETURNING m.id, m.planner, m.patient_id, m.claim_token, m.channel, m.claimed_at, m.unknown_at, m.expires_at, m.resends,
    m.on_unknown, m.key_id, m.sealed
"""

KNOWN = """
SELECT unnest(past_ids || provider_id) AS provider_id FROM schedule.messages
WHERE address = (SELECT address FROM schedule.messages WHERE id = $1)
"""

BATCH = 50
LOOK_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """An unknown message, as a decision sees it. `looked`: the provider showed its list, and it was not there."""

    unknown_at: datetime
    expires_at: datetime
    resends: int
    on_unknown: str
    looked: bool


def settle(case: UnknownMessage, moment: Moment, grace: timedelta) -> Change | None:
    """What to make of a message that was not found: it is sent once more, or parked; None: look again.

    Only a list that was seen after the grace period without the message justifies sending again.
    """
    park = transitions.parked("" if case.looked else "the provider's list could not be read")
    if moment.now >= case.expires_at:
        return park
    if moment.earlier(grace) < case.unknown_at:
        return None
    if not case.looked:
        return park if case.on_unknown == "park" else None
    return transitions.resent(moment.now) if case.on_unknown == "resend" and case.resends == 0 else park


class Reconciler:
    """Looks unknown messages up and settles them."""

    def __init__(self, pool: Pool, encryption: Encryption, providers: Mapping[str, Provider], grace: timedelta) -> None:
        self._pool = pool
        self._encryption = encryption
        self._providers = providers
        self._grace = grace

    async def run_once(self) -> bool:
        """One look at those that are due for one; whether there were any."""
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            expired = await connection.fetch(EXPIRED_LEASES, moment.now)
            lost = [(row["id"], transitions.lost_lease(moment.now)) for row in expired]
            await changes.apply(connection, lost, moment.now)
            rows = await connection.fetch(TAKE, moment.now, moment.later(LOOK_AGAIN), BATCH)
        for row in rows:
            try:
                found, looked = await self._look(row), True
            except LookupUnavailable:
                found, looked = None, False
            except EncryptionError as error:
                log.error("message %s cannot be looked up: %s", row["id"], error)  # noqa: TRY400 - it says the cure
                found, looked = None, False
            on_unknown = "park" if row["channel"] == "email" else row["on_unknown"]  # nobody can look an e-mail up
            case = UnknownMessage(row["unknown_at"], row["expires_at"], row["resends"], on_unknown, looked)
            with contextlib.suppress(asyncpg.UniqueViolationError):  # another was quicker to find the same: look again
                await self._settle(row["id"], (row["planner"], row["patient_id"]), found, case)
        return len(rows) == BATCH

    async def _look(self, row: Any) -> str | None:
        """The provider's id of an unknown message, where its list has one."""
        letter = OutboundMessage(
            message_id=row["id"],
            claim_token=row["claim_token"],
            channel=row["channel"],
            address="",
            text="",
            lasts=timedelta(0),
            resend=row["resends"],
        )
        letter = restore(self._encryption.open(Sealed(row["key_id"], row["sealed"]), str(row["id"])), letter)
        async with self._pool.acquire() as connection:
            known = frozenset(r["provider_id"] for r in await connection.fetch(KNOWN, row["id"]))
        return await self._providers[letter.channel].find(letter, row["claimed_at"], known)

    async def _settle(
        self, message_id: UUID, planner_of: tuple[str, UUID], found: str | None, case: UnknownMessage
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            change = settle(case, moment, self._grace) if found is None else transitions.found(found)
            if change is None or not await changes.apply(connection, [(message_id, change)], moment.now):
                return  # it is looked at again, or something was quicker
            match change.state:
                case MessageState.SENT:
                    await tasks.end_of_sent(connection, [message_id], moment.now)
                case MessageState.SCHEDULED:
                    await wake(connection, [planner_of], moment.now)
                    metrics.RESENDS.inc()
                    log.warning("message %s is sent once more: the provider's list does not have it", message_id)
                case MessageState.PARKED:
                    log.error("message %s is parked: nobody can tell whether it was sent", message_id)
