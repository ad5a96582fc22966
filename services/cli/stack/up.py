"""`cocreate up`: runs the local stack and prints its addresses."""

import asyncio
import signal

from services.cli.harmless import tamed
from services.cli.stack.local_stack import Options, open_local_stack
from services.cli.terminal import out
from services.cli.where import UP, VAR, write_addresses


def run_up() -> None:
    """Run the local stack until SIGINT or SIGTERM."""
    asyncio.run(_run())


async def _run() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_local_stack(Options(data=VAR / "up")) as built:
        write_addresses(built.addresses)
        try:
            _greet(built.addresses, built.embedded)
            await stop.wait()
        finally:
            UP.unlink(missing_ok=True)
    out.print("Stopped; what is scheduled is kept." if "database" in built.embedded else "Stopped.")


def _greet(addresses: dict[str, str | None], embedded: tuple[str, ...]) -> None:
    out.print("[bold]Cocreate is up.[/] Stop with Ctrl-C.\n")
    for name, address in addresses.items():
        if address:
            kind = " (embedded)" if name in embedded else ""
            out.print(f"  {name:<9} {tamed(address)}{kind}", highlight=False, soft_wrap=True)
    if addresses["sandbox"]:
        out.print(f"\nNothing leaves this machine: patients' phones and mailboxes are at {tamed(addresses['sandbox'])}")
    if "kafka" in embedded:
        out.print("The embedded Kafka keeps its records in memory; what was planned is in PostgreSQL and stays.")
    out.print("\nNext: [bold]cocreate publish FILE[/], then [bold]cocreate messages[/]")
