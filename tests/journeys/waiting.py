"""Waiting for a condition with a deadline, in place of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL = 0.05  # seconds


async def until(what: str, condition: Callable[[], Awaitable[object]], within: float = 90) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: it did not within so many seconds; says what was waited for.

    """
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, f"waited {within:.0f} s in vain: {what}"
        await asyncio.sleep(POLL)
