"""Breaks HTTP connections in ways that no framework offers: never answers, or resets the connection."""

import asyncio
import contextlib
import socket
import struct
from typing import Any, cast

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

# Linger for zero seconds: closing sends RST at once instead of FIN (SO_LINGER, socket(7)).
_NO_LINGER = struct.pack("ii", 1, 0)


class BreakableProtocol(H11Protocol):
    """HTTP/1.1 protocol that gives the application its connection as `request.state.transport`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Store the connection for its requests."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


async def pause(seconds: float, closing: asyncio.Event) -> None:
    """Wait for this time, or until the sandbox closes."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), seconds)


async def hang(request: Request, closing: asyncio.Event) -> None:
    """Send no answer until the client disconnects or the sandbox closes, then reset the connection."""
    gone = asyncio.create_task(_gone(request))
    closed = asyncio.create_task(closing.wait())
    try:
        await asyncio.wait((gone, closed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        closed.cancel()
    reset(request)


def reset(request: Request) -> bool:
    """Reset the request's TCP connection; False where the server is not `Sandbox`'s, and nothing happens."""
    transport = request.scope.get("state", {}).get("transport")
    if transport is None:
        return False
    reset_transport(cast("asyncio.Transport", transport))
    return True


def reset_transport(transport: asyncio.Transport) -> None:
    """Reset this TCP connection."""
    sock = cast("Any", transport.get_extra_info("socket"))
    if not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
