"""How many requests one process takes: a token bucket, and the door that it guards."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.refusals import Refusal, refused

BURST_SECONDS = 2.0  # a batch of sends brings its callbacks within a second or two


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` tokens a second flow in, at most `burst` are kept; it begins full."""

    rate: float
    burst: float
    now: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        """Fill it."""
        self._tokens, self._at = self.burst, self.now()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = self.now()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def door(rate: float) -> Bucket:
    """The bucket for so many requests a second."""
    return Bucket(rate, burst=max(1.0, rate * BURST_SECONDS))


class Limited:
    """ASGI middleware: what comes too often is turned away before anything of it is read."""

    def __init__(self, app: ASGIApp, bucket: Bucket) -> None:
        """Let `app` see what the bucket lets through."""
        self._app = app
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away with 429."""
        if scope["type"] == "http" and not self._bucket.take():
            await refused("any", Refusal.TOO_MANY)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
