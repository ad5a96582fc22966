"""Who is outside the sandbox: the real Twilio SDK, and a server that receives callbacks."""

import asyncio
import base64
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped, unused-ignore]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped, unused-ignore]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]
from twilio.rest import Client  # type: ignore[import-untyped, unused-ignore]

from services.sandbox.app import Sandbox
from services.sandbox.settings import Settings

SENDER = "+15005550006"
ADA = "+447700900001"
PUBLIC = "https://messages.example.nhs.uk"

_TWILIO = "https://api.twilio.com"
_DEADLINE = 10  # seconds: far above what anything here takes


class _Redirected(TwilioHttpClient):  # type: ignore[misc, unused-ignore]
    def __init__(self, url: str, timeout: float | None) -> None:
        super().__init__(timeout=timeout)
        self._url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url.replace(_TWILIO, self._url), *args, **kwargs)


class _RedirectedAsync(AsyncTwilioHttpClient):  # type: ignore[misc, unused-ignore]
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        user, password = kwargs.pop("auth")
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        kwargs["headers"] = {**kwargs["headers"], "Authorization": f"Basic {credentials}"}
        return await super().request(method, url.replace(_TWILIO, self._url), *args, **kwargs)


class Sdk:
    """The SDK's synchronous client, in a thread; closes its connections at the end."""

    def __init__(self, sandbox: Sandbox, *, token: str | None = None, timeout: float | None = _DEADLINE) -> None:
        self._http = _Redirected(sandbox.url, timeout)
        settings = sandbox.settings
        self.client = Client(settings.account_sid, token or settings.auth_token, http_client=self._http)

    async def create(self, to: str = ADA, from_: str = SENDER, body: str = "Hello", **more: object) -> Any:
        return await asyncio.to_thread(self.client.messages.create, to=to, from_=from_, body=body, **more)

    async def list(self, **filters: object) -> Any:
        return await asyncio.to_thread(self.client.messages.list, **filters)

    async def fetch(self, sid: str) -> Any:
        return await asyncio.to_thread(self.client.messages(sid).fetch)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.session.close()


def async_http(sandbox: Sandbox) -> AsyncTwilioHttpClient:
    """The SDK's asynchronous HTTP client, pointed at the sandbox."""
    return _RedirectedAsync(sandbox.url)


class Receiver:
    """Receives callbacks at any path; `answers` are its first HTTP statuses, then 204."""

    def __init__(self, settings: Settings, answers: tuple[int, ...] = (), public: str | None = None) -> None:
        self.forms: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.url = ""
        self._validator = RequestValidator(settings.auth_token)
        self._answers = list(answers)
        self._public = public
        self._got = asyncio.Condition()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._receive)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.forms]

    async def got(self, count: int) -> None:
        async with asyncio.timeout(_DEADLINE), self._got:
            await self._got.wait_for(lambda: len(self.forms) >= count)

    async def _receive(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        url = f"{self._public or self.url}{request.raw_path}"
        signature = request.headers.get("X-Twilio-Signature", "")
        if not self._validator.validate(url, form, signature):
            return web.Response(status=403)
        async with self._got:
            self.forms.append(form)
            self.paths.append(request.raw_path)
            self._got.notify_all()
        return web.Response(status=self._answers.pop(0) if self._answers else 204)
