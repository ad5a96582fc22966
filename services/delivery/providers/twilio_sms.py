"""Texts through Twilio's own SDK, made safe: hard timeouts, a settable address, no blind retries.

The Messages API has no idempotency key, and the SDK's retries post again on a 5xx: a second text.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
    encode_basic_auth,
)
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from services.delivery.providers.message import LookupUnavailable, OutboundMessage, ReceivedText
from services.delivery.providers.outcomes import Accepted, NotSent, Outcome, Unknown, on_create
from shared.events.delivery_receipt import Receipt
from shared.events.inbound_text import LONGEST_BODY, MOST_PICTURES, PHONE, Inbound

TWILIO = "https://api.twilio.com"
TIMEOUT = ClientTimeout(total=20, connect=5, sock_read=15)  # seconds; a slow answer must not hold a slot
VALIDITY = (1, 36_000)  # seconds that Twilio takes
LOOK_BACK = timedelta(minutes=1)  # two clocks may differ by that much
LIST_SIZE = 100  # messages to one number in the time that a look takes: far more than the daily cap
PAGE_SIZE = 1000  # of a list that is read whole: the most that Twilio gives at once
FORGOTTEN = (404, 20404)  # status and code where Twilio has a message no more
NO_MESSAGE = (ValueError, TypeError, AttributeError)  # what the SDK, or a receipt, makes of an answer that is none

RETRIES = "#rt=7000&rc=5&rp=5xx,ct,rt"
"""Ends a callback's address: how Twilio tries again (Twilio, "Webhook connection overrides").

Without it, Twilio tries once more, and only where no connection came about: a 503 while Kafka is away would lose it.
All tries together end after 15 seconds, whatever is asked for: 7 for one is more than the gateway takes by itself, and
leaves time for a second one. A fragment is neither requested nor signed.
"""


class SafeHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's HTTP client with its own session, timeout and address."""

    def __init__(self, api_url: str, connections: int, timeout: ClientTimeout) -> None:
        super().__init__(pool_connections=False, logger=logging.getLogger("cocreate.silent"))
        self._api_url = api_url.rstrip("/")
        self._own = ClientSession(connector=TCPConnector(limit=connections), timeout=timeout)

    async def request(  # the SDK's own signature  # noqa: PLR0913, PLR0917 - the SDK's own signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the session's own holds
        allow_redirects: bool = False,  # noqa: FBT001, FBT002
    ) -> Response:
        """Make the request once and log nothing: the SDK would log numbers and texts."""
        del timeout
        sent = {**(headers or {}), **({"Authorization": encode_basic_auth(*auth)} if auth else {})}
        address = self._api_url + url.removeprefix(TWILIO)
        query = {name: str(value) for name, value in (params or {}).items() if value is not None} or None
        form = {name: str(value) for name, value in (data or {}).items()} or None
        async with self._own.request(
            method, address, params=query, data=form, headers=sent, allow_redirects=allow_redirects
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)

    async def close(self) -> None:
        """Close the session."""
        await self._own.close()


class Twilio:
    """Sends texts and looks them up. `callback_url` receives Twilio's status callbacks and may end in `RETRIES`."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a setting of its own
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        callback_url: str,
        api_url: str = TWILIO,
        connections: int = 50,
        timeout: ClientTimeout = TIMEOUT,
        api_key: str | None = None,
    ) -> None:
        """`auth_token` is the account's, or the secret of `api_key`, which can do less and be withdrawn by itself."""
        self._http = SafeHttpClient(api_url, connections, timeout)
        self._client = Client(api_key or account_sid, auth_token, account_sid, http_client=self._http)
        self._sender = sender
        self._callback_url, mark, overrides = callback_url.partition("#")
        self._overrides = mark + overrides

    async def send(self, letter: OutboundMessage) -> Outcome:
        """Create the message once. A timeout, a reset after the write and a 5xx are unknown."""
        lasts = int(letter.lasts.total_seconds())
        origin = {"messaging_service_sid": self._sender} if self._sender.startswith("MG") else {"from_": self._sender}
        try:
            created = await self._client.messages.create_async(
                to=letter.address,
                body=letter.text,
                status_callback=f"{self._callback_url}?message={letter.message_id}{self._overrides}",
                validity_period=min(max(lasts, VALIDITY[0]), VALIDITY[1]),
                **origin,
            )
        except TwilioRestException as refusal:
            return on_create(refusal.status, refusal.code)
        except (ClientConnectorError, ConnectionTimeoutError):  # nothing was written: refused, no such host, TLS
            return NotSent("connect")
        except TimeoutError:
            return Unknown("timeout")
        except (ClientError, OSError, TwilioException, ValueError) as error:
            return Unknown(type(error).__name__)
        return Accepted(created.sid) if created.sid else Unknown("no sid")

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        """The SID of the oldest text to this number with exactly these words, without those in `known`."""
        try:
            listed = await self._client.messages.list_async(to=letter.address, limit=LIST_SIZE)
        except (TwilioException, ClientError, OSError, TimeoutError, ValueError) as error:
            raise LookupUnavailable(type(error).__name__) from error
        earliest = since.astimezone(UTC) - LOOK_BACK
        ours = [
            message
            for message in listed
            if message.body == letter.text and message.sid not in known and _created(message) >= earliest
        ]
        return min(ours, key=_created).sid if ours else None

    async def status(self, provider_id: str) -> Receipt | None:
        """The present status of a text as a delivery receipt; None where Twilio has deleted the text.

        Raises:
            CannotLook: Twilio does not answer now.

        """
        try:
            message = await self._client.messages(provider_id).fetch_async()
            code = message.error_code
            return Receipt(provider="twilio", provider_id=provider_id, status=message.status, error_code=code)
        except TwilioRestException as refusal:
            if (refusal.status, refusal.code) == FORGOTTEN:
                return None
            raise LookupUnavailable(str(refusal.code or refusal.status)) from refusal
        except (TwilioException, ClientError, OSError, TimeoutError, *NO_MESSAGE) as error:
            raise LookupUnavailable(type(error).__name__) from error

    async def received(self, since: datetime) -> list[ReceivedText]:
        """The texts that Twilio received for our number since then, or for any of the account's, the oldest first.

        A messaging service has numbers that only its own API lists: there every text of the account is looked through.
        """
        ours = {} if self._sender.startswith("MG") else {"to": self._sender}
        try:
            listed = await self._client.messages.list_async(
                date_sent_after=since.astimezone(UTC), page_size=PAGE_SIZE, **ours
            )
        except (TwilioException, ClientError, OSError, TimeoutError, *NO_MESSAGE) as error:
            raise LookupUnavailable(type(error).__name__) from error
        texts = [_received(message) for message in listed if message.direction == "inbound"]
        return sorted((text for text in texts if text is not None), key=lambda text: text.received_at)

    async def erase(self, provider_id: str) -> bool:
        """Have Twilio delete a text, with its number and words; whether it is gone, also where it was gone before.

        Twilio deletes nothing that is still on its way: False. Its own logs keep less for longer, by its terms.
        """
        try:
            return bool(await self._client.messages(provider_id).delete_async())
        except TwilioRestException as refusal:
            return (refusal.status, refusal.code) == FORGOTTEN
        except (TwilioException, ClientError, OSError, TimeoutError, ValueError):
            return False

    async def erase_all(self, provider_ids: Iterable[str]) -> tuple[int, int]:
        """Have Twilio delete texts, one after the other; how many are gone, and how many are left."""
        gone = [await self.erase(one) for one in provider_ids]
        return gone.count(True), gone.count(False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _created(message: Any) -> datetime:
    created: datetime | None = message.date_created
    return datetime.min.replace(tzinfo=UTC) if created is None else created.astimezone(UTC)


def _received(message: Any) -> ReceivedText | None:
    """A listed text; None where its sender is no phone, which nobody could answer."""
    sender = str(message.from_ or "")
    if not PHONE.fullmatch(sender):
        return None
    pictures = str(message.num_media or "0")
    text = Inbound(
        provider="twilio",
        provider_id=message.sid,
        sender=sender,
        recipient=str(message.to or "")[:64],
        body=str(message.body or "").replace("\0", "")[:LONGEST_BODY],
        pictures=min(int(pictures), MOST_PICTURES) if pictures.isdecimal() else 0,
    )
    return ReceivedText(text, _created(message))
