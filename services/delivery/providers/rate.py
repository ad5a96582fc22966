"""Spaces out the messages of one sender evenly, so that no burst exceeds the provider's rate."""

import asyncio
import time


class EvenRate:
    """At most `rate` a second, evenly. One for each sender in each replica."""

    def __init__(self, rate: float) -> None:
        self._gap = 1.0 / rate
        self._free_at = 0.0

    async def turn(self) -> None:
        """Wait until the next message may be sent."""
        now = time.monotonic()
        self._free_at = max(now, self._free_at + self._gap)
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)
