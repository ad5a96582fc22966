"""How many requests one process takes: token buckets, the door that they guard, and those of one token at once."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.refusals import RequestRefusal, refused

TWILIO = "/twilio/"

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


@dataclass(frozen=True, slots=True)
class RequestsInHand:
    """How many requests of each bearer of a token are in hand, so that nobody keeps the others waiting."""

    most: int
    _now: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def another(self, name: str) -> Iterator[bool]:
        """One more of this bearer's while entered; False where there are too many already."""
        if self._now[name] >= self.most:
            yield False
            return
        self._now[name] += 1
        try:
            yield True
        finally:
            self._now[name] -= 1


def door(rate: float) -> Bucket:
    """The bucket for so many requests a second."""
    return Bucket(rate, burst=max(1.0, rate * BURST_SECONDS))


class Limited:
    """ASGI middleware: what comes too often is turned away before anything of it is read.

    Twilio's routes have a bucket of their own, so that no flood elsewhere costs a patient's text. Signatures are not
    read yet: forged requests empty it too. So what is turned away there gets 503, which Twilio is asked to try again;
    after 429 it would not.
    """

    def __init__(self, app: ASGIApp, bucket: Bucket, twilio: Bucket) -> None:
        """Let `app` see what the buckets let through: `twilio` on Twilio's routes, `bucket` on all others."""
        self._app = app
        self._bucket = bucket
        self._twilio = twilio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away with 503 (Twilio's) or 429 (others)."""
        refusal = self._refusal(scope["path"]) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refused("any", refusal)(scope, receive, send)

    def _refusal(self, path: str) -> RequestRefusal | None:
        if path.startswith(TWILIO):
            return None if self._twilio.take() else RequestRefusal.TOO_MANY_OF_TWILIO
        return None if self._bucket.take() else RequestRefusal.TOO_MANY
