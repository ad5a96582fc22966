"""The sender: claims as much as it can send at once, keeps many in flight, has outcomes recorded in small batches."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from services.delivery.claiming.claims import Claimed
from services.delivery.providers.message import OutboundMessage, Provider
from services.delivery.providers.outcomes import Misconfigured, NotSent, Outcome, Unknown
from services.delivery.providers.rate import EvenRate
from services.delivery.sending.records import SendResult
from shared.platform import metrics

log = logging.getLogger("cocreate.delivery")

BLOCKED = timedelta(minutes=1).total_seconds()

Claim = Callable[[int, frozenset[str]], Awaitable[tuple[list[Claimed], int]]]
RecordBatch = Callable[[list[SendResult]], Awaitable[None]]


def awake() -> float:
    """Seconds by a clock that goes on while the machine is suspended: a lease does, and no send may begin after it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Sender:
    """Sends claimed messages, each once.

    Args:
        claim: claims up to so many messages, none on these blocked channels; returns them and how many were looked at.
        record: writes a batch of outcomes down; keeps trying until it could.
        providers: who delivers on each channel.
        paces: how fast, on each channel.
        in_flight: how many sends may be under way.
        lease_in: how long after its claim a send may begin: later, the reconciler may have given it up.
        flush_in: how long outcomes are gathered before they are written down. A crash leaves unknowns, not doubles.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - its parts
        self,
        claim: Claim,
        record: RecordBatch,
        providers: Mapping[str, Provider],
        paces: Mapping[str, EvenRate],
        in_flight: int,
        lease_in: timedelta,
        flush_in: timedelta = timedelta(milliseconds=30),
    ) -> None:
        self._claim = claim
        self._record = record
        self._providers = providers
        self._paces = paces
        self._in_flight = in_flight
        self._lease_in = lease_in.total_seconds()
        self._flush_in = flush_in.total_seconds()
        self._sends: set[asyncio.Task[None]] = set()
        self._results: list[SendResult] = []
        self._claiming = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._blocked: dict[str, float] = {}
        self._closing = False

    async def run_once(self) -> bool:
        """Claim and begin to send, as soon as there is room; whether there was anything to look at."""
        if len(self._sends) >= self._in_flight:
            await asyncio.wait(self._sends, return_when=asyncio.FIRST_COMPLETED)
        async with self._claiming:
            if self._closing:
                return False
            begin_by = awake() + self._lease_in
            claimed, looked_at = await self._claim(self._in_flight - len(self._sends), self.blocked)
            for one in claimed:
                task = asyncio.create_task(self._send(one, begin_by))
                self._sends.add(task)
                task.add_done_callback(self._sends.discard)
        return looked_at > 0

    async def flush(self) -> bool:
        """Write down the outcomes that have gathered."""
        await asyncio.sleep(self._flush_in)
        async with self._writing:
            results, self._results = self._results, []
            if not results:
                return False
            try:
                await self._record(results)
            except BaseException:
                self._results = results + self._results
                raise
        return True

    async def close(self, within: float) -> None:
        """Claim no more, let sends under way end, and write down what became of them."""
        self._closing = True
        async with self._claiming:  # a claim that is under way is sent, not left for its lease to run out
            pass
        if self._sends:
            await asyncio.wait(self._sends, timeout=within)
        await self.flush()

    @property
    def busy(self) -> bool:
        """Whether a send is under way or an outcome not yet written down."""
        return bool(self._sends or self._results)

    @property
    def blocked(self) -> frozenset[str]:
        """Channels whose sender was refused within the last minute."""
        now = time.monotonic()
        return frozenset(channel for channel, until in self._blocked.items() if until > now)

    async def _send(self, claimed: Claimed, begin_by: float) -> None:
        letter = claimed.letter
        await self._paces[letter.channel].turn()
        started = time.monotonic()
        outcome = await self._outcome(letter) if awake() < begin_by else NotSent("too late")
        metrics.SEND_SECONDS.labels(letter.channel).observe(time.monotonic() - started)
        if isinstance(outcome, Misconfigured):
            if letter.channel not in self.blocked:
                log.error(
                    "the %s provider refuses our account or sender (code %s): check its settings",
                    letter.channel,
                    outcome.code,
                )
            self._blocked[letter.channel] = time.monotonic() + BLOCKED
        self._results.append(SendResult(claimed, outcome))

    async def _outcome(self, letter: OutboundMessage) -> Outcome:
        try:
            return await self._providers[letter.channel].send(letter)
        except Exception as error:  # noqa: BLE001 - what breaks after the write must not look like "not sent"
            name = type(error).__name__  # without its words and its traceback: they show numbers
            log.error("sending %s broke: %s", letter.message_id, name)  # noqa: TRY400
            return Unknown(type(error).__name__)
