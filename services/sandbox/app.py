"""Assembles the sandbox: one ASGI application, and both servers, by default on 127.0.0.1."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.sandbox.callbacks import Carrier
from services.sandbox.cards import Cards, Label
from services.sandbox.connections import BreakableProtocol
from services.sandbox.entries import SandboxText
from services.sandbox.fault_line import FaultLine, refused_with
from services.sandbox.faults import FaultMix, Faults
from services.sandbox.gallery import Gallery
from services.sandbox.inbound import Replies
from services.sandbox.ledger import Ledger
from services.sandbox.mail_server import MailServer
from services.sandbox.messages_api import MessagesApi
from services.sandbox.page import LivePage
from services.sandbox.refusals import refusal
from services.sandbox.settings import Settings

_PATIENCE = 3  # seconds that open requests have to end when the sandbox stops
_NOT_FOUND, _METHOD_NOT_ALLOWED = 404, 405


def utc_now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxParts:
    """The parts of an application, kept as `app.state.parts`."""

    settings: Settings
    ledger: Ledger
    mix: FaultMix
    carrier: Carrier
    mail_server: MailServer
    replies: Replies
    closing: asyncio.Event
    """Set when the server stops: ends streams and requests that hang."""


def create_app(
    settings: Settings | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
    label: Label | None = None,
    gallery: Gallery | None = None,
) -> Starlette:
    """The application: messages API, page, ledger and faults. Its lifespan runs the mail server and the callbacks.

    `now` gives the aware times of the ledger; `label` names the owner of a number or address; `gallery` makes the
    samples of the page of words, which exists only with it. Connections can be reset only on `Sandbox`'s own server;
    elsewhere such a request hangs.
    """
    settings = settings or Settings()
    ledger = Ledger(settings.ledger)
    mix = FaultMix(settings.faults)
    carrier = Carrier(settings, ledger, mix, now)
    replies = Replies(settings, ledger, carrier, now)
    parts = SandboxParts(
        settings=settings,
        ledger=ledger,
        mix=mix,
        carrier=carrier,
        mail_server=MailServer(settings.host, settings.smtp_port, ledger, mix, now),
        replies=replies,
        closing=asyncio.Event(),
    )
    api = MessagesApi(settings, ledger, FaultLine(mix, parts.closing), carrier, now, replies.blocked)
    zone = ZoneInfo(settings.time_zone)
    page = LivePage(ledger, Cards(ledger, zone, label, replies.blocked), replies, parts.closing, zone, gallery)
    routes = [
        *api.routes(),
        *page.routes(),
        Route("/ledger.json", _show_ledger, methods=["GET"]),
        Route("/faults", _show_faults, methods=["GET"]),
        Route("/faults", _set_faults, methods=["PUT"]),
    ]
    handlers = {_NOT_FOUND: _not_found, _METHOD_NOT_ALLOWED: _not_allowed}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=_lifespan)
    app.state.parts = parts
    return app


class Sandbox:
    """The HTTP server and the mail server, running in the event loop while entered (`async with`).

    The ports are those of the settings, or free ones.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        label: Label | None = None,
        gallery: Gallery | None = None,
    ) -> None:
        """Assemble the application; see `create_app`."""
        self.app = create_app(settings, now=now, label=label, gallery=gallery)
        self._parts: SandboxParts = self.app.state.parts
        self._stack = AsyncExitStack()
        self._port = 0

    async def __aenter__(self) -> Self:
        """Start both servers; a port that is taken raises OSError."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.app.router.lifespan_context(self.app))
            self._port = await stack.enter_async_context(_serve(self.app, self._parts))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both servers; texts under way continue when the ledger is read again."""
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """The base URL of the API and the page, without a slash at the end."""
        return f"http://{self.settings.host}:{self._port}"

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Host and port of the mail server."""
        return self._parts.mail_server.address

    @property
    def settings(self) -> Settings:
        """The settings of this sandbox."""
        return self._parts.settings

    @property
    def ledger(self) -> Ledger:
        """The ledger of accepted texts and mails."""
        return self._parts.ledger

    @property
    def faults(self) -> Faults:
        """The present probabilities of faults."""
        return self._parts.mix.faults

    def set_faults(self, faults: Faults) -> None:
        """Replace the probabilities of faults at once, and restart their random sequences."""
        self._parts.mix.set(faults)

    def reply(self, number: str, body: str, to: str | None = None) -> SandboxText:
        """Send a text from a patient's phone (E.164), by default to its last sender; posted to `inbound_url`."""
        return self._parts.replies.reply(number, body, to)

    async def settled(self) -> None:
        """Wait until every text has its last status and every callback was answered or given up."""
        await self._parts.carrier.settled()


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the owner of the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _serve(app: Starlette, parts: SandboxParts) -> AsyncIterator[int]:
    """Serve the application while entered; yields the port."""
    listener = socket.create_server((parts.settings.host, parts.settings.http_port), backlog=2048)
    config = uvicorn.Config(
        app,
        http=BreakableProtocol,
        lifespan="off",  # entered by Sandbox, so that its errors are ordinary ones
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag, not an event
            await asyncio.sleep(0)
        yield listener.getsockname()[1]
    finally:
        parts.closing.set()
        server.should_exit = True
        await serving


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    parts: SandboxParts = app.state.parts
    with contextlib.closing(parts.ledger):
        async with parts.carrier, parts.mail_server:
            yield


async def _show_ledger(request: Request) -> Response:
    ledger: Ledger = request.app.state.parts.ledger
    entries = [entry.model_dump(mode="json", by_alias=True) for entry in ledger.entries]
    doubles = [[first.sid, later.sid] for first, later in ledger.doubles()]
    return JSONResponse({"entries": entries, "doubles": doubles, "revision": ledger.revision})


async def _show_faults(request: Request) -> Response:
    return JSONResponse(request.app.state.parts.mix.faults.model_dump())


async def _set_faults(request: Request) -> Response:
    """Replace all probabilities of faults; fields that the request leaves out get their defaults."""
    try:
        faults = Faults.model_validate_json(await request.body())
    except ValidationError as exc:
        problems = exc.errors(include_url=False, include_context=False, include_input=False)
        return JSONResponse({"errors": problems}, status_code=422)
    request.app.state.parts.mix.set(faults)
    return JSONResponse(faults.model_dump())


async def _not_found(request: Request, _error: Exception) -> Response:
    return refused_with(refusal(20404, path=request.url.path))


async def _not_allowed(_request: Request, _error: Exception) -> Response:
    return refused_with(refusal(20004))
