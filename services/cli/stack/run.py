"""`cocreate run SERVICE`: runs one service, as in production."""

import asyncio
import gc
import signal

from services.cli.catalogue import CATALOGUE, PRODUCTION, CatalogueEntry
from services.cli.terminal import CommandRefused
from shared.settings import load


def run_service(name: str) -> None:
    """Run a service until the process receives SIGINT or SIGTERM.

    Raises:
        CommandRefused: there is no such service.

    """
    if name not in CATALOGUE:
        raise CommandRefused(f"There is no service {name!r}; there are {', '.join(CATALOGUE)}.")
    try:
        entry = CATALOGUE[name]()
    except ImportError:
        if name in PRODUCTION:
            raise
        raise CommandRefused(
            f"The {name} is not in this image; build the target `{name}` of deploy/Dockerfile."
        ) from None
    _keep_loaded()
    asyncio.run(_run(entry))


def _keep_loaded() -> None:
    """Take what has been loaded out of the garbage collector's sight, for it lives as long as the process.

    It is some 100,000 objects: each full collection would stop the service for 0.1 to 0.5 s to look at all of them, in
    the middle of a batch, under its patients' locks.
    """
    gc.collect()
    gc.freeze()


async def _run(entry: CatalogueEntry) -> None:
    settings = load(entry.settings)
    if entry.create_app is not None:
        await entry.create_app(settings).run()
    elif entry.serve is not None:
        async with entry.serve(settings):
            await _stop_signal()


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
