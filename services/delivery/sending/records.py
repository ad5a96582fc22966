"""What became of sends, written down in small batches: fenced by the claim's token, with all that follows from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.delivery.claiming.claims import Claimed
from services.delivery.forms import PLANNER
from services.delivery.providers.outcomes import (
    DEAD_NUMBERS,
    Accepted,
    Misconfigured,
    NotSent,
    OptedOut,
    Outcome,
    RefusedForGood,
    Unknown,
)
from shared.patients import dead_numbers, opt_outs
from shared.patients.dead_numbers import DeadNumber
from shared.platform import clock, metrics
from shared.platform.clock import Connection, Moment
from shared.platform.database import Pool, columns_of, takes_rows
from shared.schedule import changes, tasks, transitions, wakeups
from shared.schedule.states import MessageState, Why
from shared.schedule.tasks import Task
from shared.schedule.transitions import Change


@dataclass(frozen=True, slots=True)
class Proven:
    """A message, and the provider's id that is surely its own."""

    id: UUID
    provider_id: str


# Two messages of the same words to the same number look alike in the provider's list. Where the reconciler took one for
# the other, it gives back what an answer or a receipt proves to be the other's, and looks again.
TAKEN_FOR_ANOTHER = takes_rows(
    Proven,
    """
SELECT m.id FROM schedule.messages m JOIN unnest($1::uuid[], $2::text[]) AS n(id, provider_id)
    ON m.provider_id = n.provider_id AND m.id <> n.id
WHERE m.state = 'sent' AND m.why = 'found_at_provider' ORDER BY m.id FOR UPDATE OF m
""",
)

UNTOLD = frozenset({MessageState.SCHEDULED, MessageState.FAILED, MessageState.WITHHELD})
"""Whoever was to be told is not, by a message that ends here: its planner plans again, which brings it up to date or
withdraws it before the next claim."""

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
BLOCKED_RETRY = timedelta(minutes=1)
FIRST_LOOK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SendResult:
    """A message that was claimed, and what became of it."""

    claimed: Claimed
    outcome: Outcome


def change(  # noqa: PLR0911 - one for each outcome
    outcome: Outcome, attempt: int, moment: Moment, *, others: bool, first_retry: timedelta = FIRST_RETRY
) -> Change:
    """What an outcome makes of the message.

    Args:
        outcome: what the provider answered, or did not.
        attempt: how many times it was claimed.
        moment: when that was.
        others: whether the patient has another address.
        first_retry: how long after the first "not now" it is tried again, in a machine's time; doubles each time.

    """
    match outcome:
        case Accepted(provider_id):
            return transitions.accepted(provider_id)
        case NotSent(code):
            pause = min(first_retry * 2 ** min(attempt - 1, 10), LONGEST_RETRY)
            return transitions.not_sent(Why.PROVIDER_BUSY, code, moment.later(pause))
        case Misconfigured(code):
            return transitions.not_sent(Why.SENDER_BLOCKED, code, moment.later(BLOCKED_RETRY))
        case Unknown(code):
            return transitions.timed_out(code, moment.later(FIRST_LOOK))
        case OptedOut(code):
            return transitions.blocked(code)
        case RefusedForGood(code) if others:
            return transitions.not_sent(Why.NEXT_CHANNEL, code, moment.now, refused=True)
        case RefusedForGood(code):
            return transitions.refused(code)


async def record(pool: Pool, results: Sequence[SendResult], first_retry: timedelta = FIRST_RETRY) -> None:
    """Write down what became of sends; see `change` for `first_retry`."""
    async with pool.acquire() as connection, connection.transaction():
        moment = await clock.read(connection)
        ordered = sorted(results, key=lambda result: result.claimed.letter.message_id)
        made = [(result.claimed.letter.message_id, _change(result, moment, first_retry)) for result in ordered]
        proven = [Proven(i, c.provider_id) for i, c in made if c.provider_id is not None]
        await give_back(connection, proven, moment.now)
        # A receipt may have been quicker, and has then moved the message on: that stays.
        changed = await changes.apply(connection, made, moment.now)
        await wake(connection, changes.changed_to(changed, UNTOLD), moment.now)
        await _hand_over(connection, results, changed, moment.now)
        stopped = [(one.claimed.address, one.outcome.code) for one in results if isinstance(one.outcome, OptedOut)]
        await opt_outs.opt_out_by_carrier(connection, stopped, moment.now)
        await dead_numbers.failed(connection, [pair for one in ordered if (pair := _dead(one))], moment.now)
    for result in results:
        metrics.SENDS.labels(result.claimed.letter.channel, type(result.outcome).__name__.lower()).inc()


def _dead(result: SendResult) -> tuple[bytes, DeadNumber] | None:
    """The number that the provider says takes no text, and why."""
    match result.outcome:
        case RefusedForGood(code) if code in DEAD_NUMBERS and result.claimed.letter.channel == "sms":
            return result.claimed.address, DEAD_NUMBERS[code]
        case _:
            return None


async def _hand_over(
    connection: Connection, results: Sequence[SendResult], changed: Iterable[Any], now: datetime
) -> None:
    """Close what people were to do in place of what was sent, and ask them where it was not, and it gets late."""
    moved = {row["id"]: row["state"] for row in changed}
    await tasks.end_of_sent(connection, [i for i, state in moved.items() if state == MessageState.SENT], now)
    unsent = (one for one in results if moved.get(one.claimed.letter.message_id) in UNTOLD)
    asked = [task for one in unsent if (task := _in_its_place(one, now))]
    await tasks.raise_tasks(connection, asked, now)


def _in_its_place(result: SendResult, now: datetime) -> Task | None:
    """What a person is to do in place of a message that the provider did not take."""
    fallback = result.claimed.fallback
    if fallback is None:
        return None
    match result.outcome:
        case OptedOut():
            return fallback.once_stopped()
        case NotSent():
            return fallback.once_late(Why.PROVIDER_BUSY, now)
        case Misconfigured():
            return fallback.once_late(Why.SENDER_BLOCKED, now)
        case _:
            return None


async def wake(connection: Connection, pairs: Iterable[tuple[str, UUID]], now: datetime) -> None:
    """Have (planner, patient) planned again. Answers are no planner's: nobody would, and they would wait for it."""
    await wakeups.request_replan(connection, [pair for pair in pairs if pair[0] != PLANNER], now)


async def give_back(connection: Connection, proven: Sequence[Proven], now: datetime) -> None:
    """Have messages that were taken for these looked up again."""
    if proven:
        taken = await connection.fetch(TAKEN_FOR_ANOTHER, *columns_of(Proven, proven))
        await changes.apply(connection, [(row["id"], transitions.given_back(now)) for row in taken], now)


def _change(result: SendResult, moment: Moment, first_retry: timedelta) -> Change:
    claimed = result.claimed
    made = change(result.outcome, claimed.attempt, moment, others=claimed.others, first_retry=first_retry)
    return made.fenced(claimed.letter.claim_token)
