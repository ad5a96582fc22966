"""Limits the requests of one process: by rate, with token buckets, and by number in hand for each access token."""

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
    """A token bucket that gains `rate` tokens a second, holds at most `burst`, and begins full."""

    rate: float
    burst: float
    now: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        """Fill the bucket."""
        self._tokens, self._at = self.burst, self.now()

    def take(self) -> bool:
        """Take a token; False where the bucket is empty."""
        now = self.now()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class RequestsInHand:
    """Limits the simultaneous requests of each access token, so that one client does not delay the others."""

    most: int
    _now: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def another(self, name: str) -> Iterator[bool]:
        """Count one more request of this token while entered; yields False where the limit is reached."""
        if self._now[name] >= self.most:
            yield False
            return
        self._now[name] += 1
        try:
            yield True
        finally:
            self._now[name] -= 1


def door(rate: float) -> Bucket:
    """The bucket for `rate` requests a second, with bursts of two seconds' worth."""
    return Bucket(rate, burst=max(1.0, rate * BURST_SECONDS))


class Limited:
    """ASGI middleware that refuses requests beyond the rate before reading them.

    Twilio's routes pass: who signed a request is not known yet, and a forged one must cost no genuine text its place.
    They are limited once their signature holds (`services.gateway.signatures`).
    """

    def __init__(self, app: ASGIApp, bucket: Bucket) -> None:
        """Protect `app`: `bucket` limits all routes but Twilio's."""
        self._app = app
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 429."""
        if scope["type"] != "http" or scope["path"].startswith(TWILIO) or self._bucket.take():
            await self._app(scope, receive, send)
        else:
            await refused("any", RequestRefusal.TOO_MANY)(scope, receive, send)
