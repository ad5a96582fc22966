"""Moves accepted texts through their statuses and posts signed status callbacks, as Twilio does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urlsplit, urlunsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]
from yarl import URL

from services.sandbox.entries import FINAL, SandboxText, Status
from services.sandbox.faults import FaultMix
from services.sandbox.ledger import Ledger
from services.sandbox.settings import Settings

_log = logging.getLogger(__name__)

_UNREACHABLE = 30003
_REFUSED, _SERVER_ERROR = 400, 500  # the first HTTP status of each kind


@dataclass(frozen=True, slots=True)
class _Call:
    text: SandboxText
    late: bool
    doubled: bool


class Carrier:
    """The phone network: moves each accepted text to sent and to delivered or undelivered, and posts its callbacks."""

    def __init__(self, settings: Settings, ledger: Ledger, mix: FaultMix, now: Callable[[], datetime]) -> None:
        """Carry the texts of this ledger while entered (`async with`)."""
        self._settings = settings
        self._ledger = ledger
        self._mix = mix
        self._now = now
        self._validator = RequestValidator(settings.auth_token)
        self._session: ClientSession
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_trouble = False

    async def __aenter__(self) -> Self:
        """Start, and continue with the texts that an earlier run left without a last status."""
        timeout = ClientTimeout(total=self._settings.callback_timeout)
        self._session = ClientSession(timeout=timeout)
        for text in self._ledger.texts:
            if text.status not in FINAL:
                self.take(text)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once; the next run continues."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def take(self, text: SandboxText) -> None:
        """Carry an accepted text in the background."""
        self._start(self._carry(text))

    def post(self, url: str, form: dict[str, str]) -> None:
        """Post a signed form in the background."""
        self._start(self._deliver(url, form))

    async def settled(self) -> None:
        """Wait until every text has its last status and every callback was answered or given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, text: SandboxText) -> None:
        unreachable = text.to in self._settings.unreachable
        last = Status.UNDELIVERED if unreachable else Status.DELIVERED
        steps = [status for status in (Status.SENT, last) if status is not text.status]
        itinerary = self._mix.for_callbacks(len(steps))
        kept: list[_Call] = []
        told: asyncio.Task[None] | None = None
        for status, late, doubled in zip(steps, itinerary.late, itinerary.doubled, strict=True):
            await asyncio.sleep(self._settings.status_delay)
            code = _UNREACHABLE if status is Status.UNDELIVERED else None
            moved = self._ledger.move(text.sid, status, self._now(), code)
            kept.append(_Call(moved, late=late, doubled=doubled))
            if not itinerary.shuffled:
                told = self._start(self._tell(kept.pop(), after=told))
        for call in reversed(kept):
            told = self._start(self._tell(call, after=told))

    async def _tell(self, call: _Call, after: asyncio.Task[None] | None) -> None:
        """Post a status callback after the previous one has ended; the text's status never waits for the receiver."""
        if after is not None:
            await asyncio.wait((after,))
        if call.text.callback_url is None:
            return
        url, form = urldefrag(call.text.callback_url).url, self._form(call.text)  # overrides: not requested, not signed
        if call.late:  # goes its own way, and so may be overtaken
            self._start(self._deliver(url, form, wait=self._mix.faults.callback_late_by))
        else:
            await self._deliver(url, form)
        if call.doubled:
            await self._deliver(url, form)

    def _form(self, text: SandboxText) -> dict[str, str]:
        form = {
            "AccountSid": self._settings.account_sid,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": text.status.value,
            "SmsSid": text.sid,
            "SmsStatus": text.status.value,
            "To": text.to,
        }
        if text.service_sid is not None:
            form["MessagingServiceSid"] = text.service_sid
        if text.error_code is not None:
            form["ErrorCode"] = str(text.error_code)
        return form

    async def _deliver(self, url: str, form: dict[str, str], wait: float = 0) -> None:
        """Post until the receiver answers with a status below 500, `callback_tries` times at most."""
        await asyncio.sleep(wait)
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form), "User-Agent": "TwilioProxy/1.1"}
        status = None
        for attempt in range(self._settings.callback_tries):
            if attempt:
                await asyncio.sleep(self._settings.callback_retry_after * 2 ** (attempt - 1))
            status = await self._post(self._reached_at(url), form, headers)
            if status is not None and status < _SERVER_ERROR:
                break
        if status is not None and status < _REFUSED:
            self._in_trouble = False
        elif not self._in_trouble:  # one line for each outage
            self._in_trouble = True
            _log.warning("callbacks fail: the one for %s ended with %s", form["MessageSid"], status or "no answer")

    async def _post(self, url: str, form: dict[str, str], headers: dict[str, str]) -> int | None:
        try:
            exactly = URL(url, encoded=True)  # as it was signed
            async with self._session.post(exactly, data=form, headers=headers, allow_redirects=False) as response:
                return response.status
        except (ClientError, OSError, TimeoutError):
            return None

    def _reached_at(self, public: str) -> str:
        via = self._settings.callback_via
        if via is None:
            return public
        origin, parts = urlsplit(str(via)), urlsplit(public)
        return urlunsplit((origin.scheme, origin.netloc, parts.path, parts.query, ""))
