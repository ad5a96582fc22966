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

    Twilio's routes have a bucket of their own, so that no flood elsewhere costs a patient's text. Signatures are not
    checked yet, so forged requests empty it too. A refused request there gets 503, after which Twilio is asked to try
    again; after 429 it would not.
    """

    def __init__(self, app: ASGIApp, bucket: Bucket, twilio: Bucket) -> None:
        """Protect `app`: bucket `twilio` limits Twilio's routes, `bucket` all others."""
        self._app = app
        self._bucket = bucket
        self._twilio = twilio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 503 (Twilio's) or 429 (others)."""
        refusal = self._refusal(scope["path"]) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refused("any", refusal)(scope, receive, send)

    def _refusal(self, path: str) -> RequestRefusal | None:
        if path.startswith(TWILIO):
            return None if self._twilio.take() else RequestRefusal.TOO_MANY_OF_TWILIO
        return None if self._bucket.take() else RequestRefusal.TOO_MANY
