"""Pauses that grow, with jitter, so that a fleet does not knock all at once."""

import asyncio
import random
from dataclasses import dataclass
from types import TracebackType

FIRST = 0.1
LONGEST = 15.0


@dataclass(slots=True)
class Backoff:
    """Counts the tries of one outage. Seconds."""

    tries: int = 0
    waited: float = 0.0

    def next(self) -> float:
        """The next pause: doubling up to `LONGEST`, of which a random half is jitter."""
        longest = min(LONGEST, FIRST * 2.0 ** min(self.tries, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    async def pause(self) -> None:
        """Wait that long."""
        span = self.next()
        self.tries += 1
        self.waited += span
        await asyncio.sleep(span)

    async def __aenter__(self) -> None:
        """Pause where the block breaks, each time for longer; begin anew where it does not."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            await self.pause()
        elif error is None:
            self.tries, self.waited = 0, 0.0
