"""Refuses requests whose length two readers may understand differently, before anything reads them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.refusals import RequestRefusal, refused


class UnambiguousLength:
    """ASGI middleware that refuses `Content-Length` beside `Transfer-Encoding`, and several lengths.

    A proxy that believes the one, before a server that believes the other, lets a second request hide in the body of
    the first (RFC 9112, section 6.3). The connection ends with the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 400."""
        if scope["type"] == "http" and _is_ambiguous([name for name, _ in scope["headers"]]):
            answer = refused("any", RequestRefusal.AMBIGUOUS_LENGTH)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_ambiguous(names: list[bytes]) -> bool:
    lengths = names.count(b"content-length")
    return lengths > 1 or (lengths == 1 and b"transfer-encoding" in names)
