"""Health, readiness and metrics of a service, over HTTP."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

STALE = 60.0
"""Seconds after which a part that has not done its round counts as stuck: four times a back-off's longest pause."""


@dataclass(slots=True)
class Health:
    """When each part of a service last did its round. A ping proves less: a stuck consumer answers it."""

    ready: bool = False
    rounds: dict[str, float] = field(default_factory=dict)

    def did(self, part: str) -> None:
        """This part has just done its round."""
        self.rounds[part] = time.monotonic()

    def stuck(self) -> Mapping[str, float]:
        """Parts that have not done a round lately, with the seconds since."""
        now = time.monotonic()
        return {part: round(now - at, 1) for part, at in self.rounds.items() if now - at > STALE}


def routes(health: Health) -> list[Route]:
    """`/health` (200 alive, 503 stuck), `/ready` (200 started and alive) and `/metrics`."""

    async def alive(_: Request) -> Response:
        stuck = health.stuck()
        return JSONResponse({"status": "stuck" if stuck else "alive", "stuck": stuck}, 503 if stuck else 200)

    async def ready(_: Request) -> Response:
        fine = health.ready and not health.stuck()
        return JSONResponse({"status": "ready" if fine else "not ready"}, 200 if fine else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health", alive), Route("/ready", ready), Route("/metrics", metrics)]


@asynccontextmanager
async def serve_health(health: Health, host: str, port: int) -> AsyncIterator[None]:
    """Serve them while the service runs; a port of 0 serves none."""
    if port == 0:
        yield
        return
    async with serve(Starlette(routes=routes(health)), host, port):
        yield


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the service that it serves has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than clients and load balancers (60 s by default: AWS, nginx) keep
one for their next request. Whoever closes first must be the client: one that sends while we close has its POST reset,
and cannot know whether it was taken. Uvicorn's default is 5."""

NOT_GUESSED = [("X-Content-Type-Options", "nosniff")]
"""On every answer, whatever it is: no browser guesses that something else than it says is a page."""


@asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve an ASGI application in this loop; yields the port that it listens on.

    Raises:
        OSError: something else listens there, or the address is not this machine's.

    """
    with listener(host, port) as door:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
            headers=NOT_GUESSED,
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[door]), name=f"http {host}:{port}")
        try:
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield door.getsockname()[1]
        finally:
            server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await task


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there: bound by us, for uvicorn ends the process where it cannot."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from None
    return door
