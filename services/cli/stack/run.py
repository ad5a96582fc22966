"""`cocreate run SERVICE`: one service, as in production."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from services.cli.terminal import CommandRefused


def run_service(name: str) -> None:
    """Run it until it is told to stop.

    Raises:
        Refused: there is no such service.

    """
    start = SERVICES.get(name)
    if start is None:
        raise CommandRefused(f"There is no service {name!r}; there are {', '.join(SERVICES)}.")
    asyncio.run(start())


async def _prompts() -> None:
    from services.prompts.app import create_app  # noqa: PLC0415 - one service must not load another's parts

    await create_app().run()


async def _followup() -> None:
    from services.followup.app import create_app  # noqa: PLC0415

    await create_app().run()


async def _reunions() -> None:
    from services.reunions.app import create_app  # noqa: PLC0415

    await create_app().run()


async def _cards() -> None:
    from services.cards.app import create_app  # noqa: PLC0415

    await create_app().run()


async def _people() -> None:
    from services.people.app import create_app  # noqa: PLC0415

    await create_app().run()


async def _delivery() -> None:
    from services.delivery.app import create_app  # noqa: PLC0415

    await create_app().run()


async def _gateway() -> None:
    from services.gateway.app import serve  # noqa: PLC0415
    from services.gateway.settings import Settings  # noqa: PLC0415
    from shared.settings import load  # noqa: PLC0415

    async with serve(load(Settings)):
        await _told_to_stop()


async def _sandbox() -> None:
    try:
        from services.sandbox.app import Sandbox  # noqa: PLC0415
        from services.sandbox.settings import Settings  # noqa: PLC0415
    except ImportError:
        raise CommandRefused(
            "The sandbox is not in this image; build the target `sandbox` of deploy/Dockerfile."
        ) from None
    from shared.settings import load  # noqa: PLC0415

    async with Sandbox(load(Settings)):
        await _told_to_stop()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


SERVICES: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = {
    "prompts": _prompts,
    "followup": _followup,
    "reunions": _reunions,
    "cards": _cards,
    "people": _people,
    "delivery": _delivery,
    "gateway": _gateway,
    "sandbox": _sandbox,
}
