"""Injects faults into requests to the API, before or after they are carried out."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.sandbox.connections import hang, pause, reset
from services.sandbox.faults import FaultMix, ProviderFault
from services.sandbox.refusals import ApiRefusal, refusal

Handler = Callable[[Request], Awaitable[Response]]

_REFUSED = 400  # the first HTTP status that means "not done"


class FaultLine:
    """Wraps request handlers with the faults of the present mix."""

    def __init__(self, mix: FaultMix, closing: asyncio.Event) -> None:
        """Draw faults from this mix; requests that hang end when `closing` is set."""
        self.mix = mix
        self._closing = closing
        self._struck: set[str] = set()
        """Numbers that had a fault since a text to them was last taken without one."""

    def around(self, handler: Handler) -> Handler:
        """The handler with faults: it may refuse a request, drop it, or carry it out without a proper answer."""

        async def faulty(request: Request) -> Response:
            number = await _number(request)
            fault = self._fault(number)
            await pause(self.mix.faults.latency, self._closing)
            if self._closing.is_set():
                return await self._never(request)
            refused = await self._before(fault, request)
            if refused is not None:
                return refused
            response = await handler(request)
            if response.status_code >= _REFUSED:  # nothing was accepted: there is nothing to be in doubt about
                return response
            if fault is None and request.method == "POST":
                self._struck.discard(number)
            return await self._after(fault, request) or response

        return faulty

    def _fault(self, number: str) -> ProviderFault | None:
        """The fault of a request about a number; none where it was struck and faults may not be repeated."""
        fault = self.mix.for_request()
        if number in self._struck and not self.mix.faults.repeated:
            return None
        if fault and number:
            self._struck.add(number)
        return fault

    async def _before(self, fault: ProviderFault | None, request: Request) -> Response | None:
        match fault:
            case ProviderFault.TOO_MANY:
                return refused_with(refusal(20429))
            case ProviderFault.ERROR_BEFORE:
                return refused_with(refusal(20500))
            case ProviderFault.HALF_OPEN:
                return await self._never(request)
            case ProviderFault.RESET_BEFORE:
                return await self._broken_off(request)
            case _:
                return None

    async def _after(self, fault: ProviderFault | None, request: Request) -> Response | None:
        match fault:
            case ProviderFault.ERROR_AFTER:
                return refused_with(refusal(20500))
            case ProviderFault.HANG_AFTER:
                return await self._never(request)
            case ProviderFault.RESET_AFTER:
                return await self._broken_off(request)
            case _:
                return None

    async def _never(self, request: Request) -> Response:
        await hang(request, self._closing)
        return Response()

    async def _broken_off(self, request: Request) -> Response:
        await request.body()  # the client has sent everything: it can't know how far its request came
        reset(request)
        return await self._never(request)


async def _number(request: Request) -> str:
    """The number that a request is about, whether it makes a text or lists them; empty where it names none."""
    asked = (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
    return dict(parse_qsl(asked)).get("To", "")


def refused_with(refused: ApiRefusal) -> JSONResponse:
    """Twilio's answer to a request that it refuses."""
    return JSONResponse(refused.body, status_code=refused.status)
