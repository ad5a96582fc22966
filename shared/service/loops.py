"""Work that is done again and again beside the consumers, and that nothing but a stop ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError

from shared.platform.backoff import Backoff
from shared.platform.database import COLLIDED, is_unavailable
from shared.platform.faults import where_it_broke

log = logging.getLogger("cocreate.loops")


class Loops:
    """Background tasks of one service, started and stopped together."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do `work` now and then: again at once while it returns something true, else after `seconds`.

        An outage is logged once and waited out; a fault of ours is logged and does not end the loop.
        """
        self._tasks.append(asyncio.create_task(_again(seconds, name, work), name=name))

    async def stop(self) -> None:
        """End them all, and wait until they have."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _again(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    backoff = Backoff()
    while True:
        try:
            busy = await work()
        except COLLIDED:
            await backoff.pause()
        except Exception as error:  # noqa: BLE001 - our own fault must not end the loop that everybody waits for
            if backoff.tries == 0:
                _tell(name, error)
            await backoff.pause()
        else:
            if backoff.tries:
                log.info("%s goes on", name)
                backoff = Backoff()
            if not busy:
                await asyncio.sleep(seconds)


def _tell(name: str, error: Exception) -> None:
    if is_unavailable(error) or isinstance(error, KafkaError):
        log.warning("%s waits: %s", name, type(error).__name__)
    else:
        log.error("%s failed: %s", name, where_it_broke(error))  # without a traceback, which may quote a patient
