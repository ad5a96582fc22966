"""Twilio's messages API over HTTP: create, list, fetch."""

import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.sandbox.callbacks import Carrier
from services.sandbox.drafts import Numbers, e164, read_draft
from services.sandbox.entries import RefusedText, SandboxText, message_id
from services.sandbox.fault_line import FaultLine, Handler, refused_with
from services.sandbox.ledger import Holder, Ledger
from services.sandbox.listing import ListRequest, page_of, read_question
from services.sandbox.refusals import ApiRefusal, error_message, refusal
from services.sandbox.settings import Settings
from shared.words import sms

_NOT_TAKEN = frozenset({21610, 21614})  # refused for the phone's sake, so its page shows it

_ROOT = "/2010-04-01/Accounts/{account}"


class MessagesApi:
    """The routes of the API, over a ledger and with injected faults."""

    def __init__(  # noqa: PLR0913, PLR0917 - what the API needs
        self,
        settings: Settings,
        ledger: Ledger,
        fault_line: FaultLine,
        carrier: Carrier,
        now: Callable[[], datetime],
        blocked: Callable[[str, str], bool],
    ) -> None:
        """Serve this account from this ledger; `blocked`: whether a phone (E.164) has opted out of a number's texts."""
        self._settings = settings
        self._ledger = ledger
        self._fault_line = fault_line
        self._carrier = carrier
        self._now = now
        self._deleted: set[str] = set()  # the ledger keeps them: it judges what was sent
        self._numbers = Numbers(blocked, settings.landline, settings.service_sender)

    def routes(self) -> list[Route]:
        """The routes at Twilio's paths."""
        return [
            Route(_ROOT + "/Messages.json", self._guarded(self._create), methods=["POST"]),
            Route(_ROOT + "/Messages.json", self._guarded(self._list), methods=["GET"]),
            Route(_ROOT + "/Messages/{sid}.json", self._guarded(self._fetch), methods=["GET"]),
            Route(_ROOT + "/Messages/{sid}.json", self._guarded(self._delete), methods=["DELETE"]),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            refused = self._stranger(request)
            try:
                return refused_with(refused) if refused else await faulty(request)
            except ClientDisconnect:  # the client no longer waits for an answer
                return Response(status_code=400)

        faulty = self._fault_line.around(handler)
        return guarded

    def _stranger(self, request: Request) -> ApiRefusal | None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            given = b""
        of_account = f"{self._settings.account_sid}:{self._settings.auth_token}".encode()
        of_key = f"{self._settings.api_key}:{self._settings.api_secret}".encode()
        known = [secrets.compare_digest(given, one) for one in (of_account, of_key)]
        if scheme.lower() != "basic" or not any(known):
            return refusal(20003)
        return None if request.path_params["account"] == self._settings.account_sid else _not_found(request)

    async def _create(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        draft = read_draft(form, self._numbers)
        if isinstance(draft, ApiRefusal):
            self._note(draft, form)
            return refused_with(draft)
        at = self._now()
        text = SandboxText(
            sid=f"SM{secrets.token_hex(16)}",
            to=draft.to,
            sender=draft.sender,
            body=draft.body,
            created_at=at,
            updated_at=at,
            validity=draft.validity,
            service_sid=draft.service_sid,
            callback_url=draft.callback_url,
            message_id=message_id(draft.callback_url),
        )
        self._ledger.accept(text)
        self._carrier.take(text)
        return JSONResponse(self._body(text), status_code=201)

    def _note(self, why: ApiRefusal, form: dict[str, str]) -> None:
        to = e164(form.get("To", ""))
        if to is None or why.code not in _NOT_TAKEN:
            return
        sender = form.get("From") or self._settings.service_sender
        refused = RefusedText(to=to, sender=sender, body=form["Body"], error_code=why.code, created_at=self._now())
        self._ledger.refuse(refused)

    async def _list(self, request: Request) -> Response:
        question = read_question(request.query_params)
        if isinstance(question, ApiRefusal):
            return refused_with(question)
        page = page_of(self._found(question), question, request.query_params, request.url.path)
        return JSONResponse({**page.meta, "messages": [self._body(text) for text in page.texts]})

    def _found(self, question: ListRequest) -> list[SandboxText]:
        """The texts that a list request asks for, newest first; the youngest may not be there yet."""
        lagging = self._now() - timedelta(seconds=self._fault_line.mix.faults.list_lag)
        phone = self._ledger.held_by(Holder("sms", question.to)) if question.to else []
        held = phone or self._ledger.texts
        # What the carrier answers itself appears in no list:
        # https://support.twilio.com/hc/en-us/articles/360034798533
        texts = [
            text for text in reversed(held) if isinstance(text, SandboxText) and text.direction != "outbound-reply"
        ]
        return [
            text
            for text in texts
            if text.sid not in self._deleted and text.created_at <= lagging and question.admits(text)
        ]

    async def _fetch(self, request: Request) -> Response:
        text = self._kept(request)
        return refused_with(_not_found(request)) if text is None else JSONResponse(self._body(text))

    async def _delete(self, request: Request) -> Response:
        """Delete a text, as Twilio does one that is no longer on its way: it is in no list, and cannot be fetched."""
        text = self._kept(request)
        if text is None:
            return refused_with(_not_found(request))
        self._deleted.add(text.sid)
        return Response(status_code=204)

    def _kept(self, request: Request) -> SandboxText | None:
        sid = request.path_params["sid"]
        return None if sid in self._deleted else self._ledger.text(sid)

    def _body(self, text: SandboxText) -> dict[str, object]:
        uri = f"/2010-04-01/Accounts/{self._settings.account_sid}/Messages/{text.sid}"
        return {
            "sid": text.sid,
            "account_sid": self._settings.account_sid,
            "messaging_service_sid": text.service_sid,
            "to": text.to,
            "from": text.sender,
            "body": text.body,
            "status": text.status,
            "direction": text.direction,
            "num_segments": str(sms.count(text.body).segments),
            "num_media": "0",
            "date_created": _rfc2822(text.created_at),
            "date_updated": _rfc2822(text.updated_at),
            "date_sent": _rfc2822(text.sent_at),
            "error_code": text.error_code,
            "error_message": error_message(text.error_code),
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


def _rfc2822(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment.replace(microsecond=0))


def _not_found(request: Request) -> ApiRefusal:
    return refusal(20404, path=request.url.path)
