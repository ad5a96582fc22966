"""What became of sends, written down in small batches: fenced by the claim's token, with all that follows from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.delivery.claiming.claims import Claimed
from services.delivery.forms import PLANNER
from services.delivery.providers.outcomes import (
    Accepted,
    Misconfigured,
    NotSent,
    OptedOut,
    Outcome,
    RefusedForGood,
    Unknown,
)
from shared.patients import details
from shared.platform import clock, metrics
from shared.platform.clock import Connection
from shared.platform.database import Pool, columns
from shared.schedule import wakeups
from shared.schedule.states import MessageState, Why

# A receipt may have been quicker, and has then moved the message on: that stays. A late answer ends even a parked one's
# doubt. Whatever is no longer told wakes its planner, which brings it up to date or withdraws it before the next claim.
RECORD = """
UPDATE schedule.messages m SET state = n.state, why = n.why, detail = n.detail, provider_id = n.provider_id,
    sent_at = CASE WHEN n.state = 'sent' THEN $1 ELSE m.sent_at END,
    claimed_at = CASE WHEN n.state IN ('sent', 'unknown') THEN m.claimed_at END,
    unknown_at = CASE WHEN n.state = 'unknown' THEN $1 END,
    due_at = CASE WHEN n.due_at IS NULL THEN m.due_at ELSE least(n.due_at, m.expires_at) END,
    tried = CASE WHEN n.refused THEN m.tried || m.address ELSE m.tried END,
    lease_until = NULL, claim_token = CASE WHEN n.state = 'unknown' THEN m.claim_token END,
    version = m.version + 1, changed_at = $1
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::boolean[])
    AS n(id, claim_token, state, why, detail, provider_id, due_at, refused)
WHERE m.id = n.id AND m.claim_token = n.claim_token
    AND (m.state = 'sending' OR m.state IN ('unknown', 'parked') AND n.state <> 'unknown')
RETURNING m.planner, m.patient_id, m.state
"""

# Two messages of the same words to the same number look alike in the provider's list. Where the reconciler took one for
# the other, it gives back what an answer or a receipt proves to be the other's, and looks again.
GIVE_BACK = """
UPDATE schedule.messages m SET state = 'unknown', why = 'timed_out', provider_id = NULL, sent_at = NULL,
    unknown_at = $1, due_at = $1, version = m.version + 1, changed_at = $1
FROM unnest($2::uuid[], $3::text[]) AS n(id, provider_id)
WHERE m.provider_id = n.provider_id AND m.id <> n.id AND m.why = 'found_at_provider'
"""

UNTOLD = frozenset({MessageState.SCHEDULED.value, MessageState.FAILED.value, MessageState.WITHHELD.value})

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
BLOCKED_RETRY = timedelta(minutes=1)
FIRST_LOOK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SendResult:
    """A message that was claimed, and what became of it."""

    claimed: Claimed
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """What an outcome makes of a message. `again_in` is a machine's time; `refused`: never this address again."""

    state: MessageState
    why: Why
    detail: str = ""
    provider_id: str | None = None
    again_in: timedelta | None = None
    refused: bool = False


def change(  # noqa: PLR0911 - one for each outcome
    outcome: Outcome, attempt: int, *, others: bool, first_retry: timedelta = FIRST_RETRY
) -> OutcomeChange:
    """What an outcome makes of the message.

    Args:
        outcome: what the provider answered, or did not.
        attempt: how many times it was claimed.
        others: whether the patient has another address.
        first_retry: how long after the first "not now" it is tried again; doubles each time.

    """
    match outcome:
        case Accepted(provider_id):
            return OutcomeChange(MessageState.SENT, Why.ACCEPTED, provider_id=provider_id)
        case NotSent(code):
            pause = min(first_retry * 2 ** min(attempt - 1, 10), LONGEST_RETRY)
            return OutcomeChange(MessageState.SCHEDULED, Why.PROVIDER_BUSY, code, again_in=pause)
        case Misconfigured(code):
            return OutcomeChange(MessageState.SCHEDULED, Why.SENDER_BLOCKED, code, again_in=BLOCKED_RETRY)
        case Unknown(code):
            return OutcomeChange(MessageState.UNKNOWN, Why.TIMED_OUT, code, again_in=FIRST_LOOK)
        case OptedOut(code):
            return OutcomeChange(MessageState.WITHHELD, Why.OPTED_OUT, code, refused=True)
        case RefusedForGood(code) if others:
            return OutcomeChange(MessageState.SCHEDULED, Why.NEXT_CHANNEL, code, again_in=timedelta(0), refused=True)
        case RefusedForGood(code):
            return OutcomeChange(MessageState.FAILED, Why.REFUSED, code, refused=True)


async def record(pool: Pool, results: Sequence[SendResult], first_retry: timedelta = FIRST_RETRY) -> None:
    """Write down what became of sends; see `change` for `first_retry`."""
    async with pool.acquire() as connection, connection.transaction():
        moment = await clock.read(connection)
        ordered = sorted(results, key=lambda result: result.claimed.letter.message_id)
        rows = [_row(result, moment, first_retry) for result in ordered]
        await give_back(connection, [(row[0], row[5]) for row in rows if row[5] is not None], moment.now)
        changed = await connection.fetch(RECORD, moment.now, *columns(rows, 8))
        untold = [(row["planner"], row["patient_id"]) for row in changed if row["state"] in UNTOLD]
        await wake(connection, untold, moment.now)
        # In one order, as texts that say STOP are written: two replicas must not wait for each other.
        for result in sorted(results, key=lambda result: result.claimed.address):
            if isinstance(result.outcome, OptedOut):
                origin = f"carrier {result.outcome.code}"
                await details.opt_out_address(connection, result.claimed.address, origin, moment.now)
    for result in results:
        metrics.SENDS.labels(result.claimed.letter.channel, type(result.outcome).__name__.lower()).inc()


async def wake(connection: Connection, pairs: Iterable[tuple[str, UUID]], now: datetime) -> None:
    """Have (planner, patient) planned again. Answers are no planner's: nobody would, and they would wait for it."""
    await wakeups.request_replan(connection, [pair for pair in pairs if pair[0] != PLANNER], now)


async def give_back(connection: Connection, proven: Sequence[tuple[UUID, str]], now: datetime) -> None:
    """Have messages that were taken for these, each given with its own provider's id, looked up again."""
    if proven:
        await connection.execute(GIVE_BACK, now, *columns(proven, 2))


def _row(
    result: SendResult, moment: clock.Moment, first_retry: timedelta
) -> tuple[UUID, UUID, str, str, str, str | None, datetime | None, bool]:
    claimed, letter = result.claimed, result.claimed.letter
    new = change(result.outcome, claimed.attempt, others=claimed.others, first_retry=first_retry)
    due_at = None if new.again_in is None else moment.later(new.again_in)
    return (letter.message_id, letter.claim_token, new.state, new.why, new.detail, new.provider_id, due_at, new.refused)
