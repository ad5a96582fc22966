"""Injects faults into requests to the API, before or after they are carried out."""

import asyncio
from collections.abc import Awaitable, Callable

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

    def around(self, handler: Handler) -> Handler:
        """The handler with faults: it may refuse a request, drop it, or carry it out without a proper answer."""

        async def faulty(request: Request) -> Response:
            fault = self.mix.for_request()
            await pause(self.mix.faults.latency, self._closing)
            if self._closing.is_set():
                return await self._never(request)
            refused = await self._before(fault, request)
            if refused is not None:
                return refused
            response = await handler(request)
            if response.status_code >= _REFUSED:  # nothing was accepted: there is nothing to be in doubt about
                return response
            return await self._after(fault, request) or response

        return faulty

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


def refused_with(refused: ApiRefusal) -> JSONResponse:
    """Twilio's answer to a request that it refuses."""
    return JSONResponse(refused.body, status_code=refused.status)
