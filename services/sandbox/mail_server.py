"""The mail server: accepts every mail and keeps it in the ledger."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.sandbox.connections import reset_transport
from services.sandbox.entries import ReceivedMail
from services.sandbox.faults import FaultMix, MailFault
from services.sandbox.invitations import changes, unsubscribe
from services.sandbox.ledger import Ledger


class MailServer:
    """An SMTP server in the running event loop, without TLS or login."""

    def __init__(self, host: str, port: int, ledger: Ledger, mix: FaultMix, now: Callable[[], datetime]) -> None:
        """Listen once entered (`async with`) on this TCP port; 0 takes a free one."""
        self._host, self._port = host, port
        self._clerk = _MailHandler(ledger, mix, now)
        self._open: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._clerk, self._open, loop), self._host, self._port
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Abort open connections and stop."""
        if self._server is not None:
            self._server.close()
            for transport in tuple(self._open):
                cast("asyncio.Transport", transport).abort()
            await self._server.wait_closed()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, once entered."""
        if self._server is None:
            message = "the mail server isn't running: enter it with `async with` first"
            raise RuntimeError(message)
        return self._host, self._server.sockets[0].getsockname()[1]


class _Connection(SMTP):
    """One SMTP connection, registered so that the server can abort it."""

    def __init__(
        self, clerk: "_MailHandler", opened: set[asyncio.BaseTransport], loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(clerk, hostname="sandbox", ident="Cocreate sandbox", enable_SMTPUTF8=True, loop=loop)
        self._opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._opened.discard(self.transport)
        super().connection_lost(error)


class _MailHandler:
    """Handles the mails that are handed over: keeps them, and injects faults."""

    def __init__(self, ledger: Ledger, mix: FaultMix, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._mix = mix
        self._now = now

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        fault = self._mix.for_mail()
        if fault is MailFault.DEFERRED:
            return "451 4.3.0 Try again later"
        for mail in read_mails(envelope, self._now()):
            self._ledger.accept(mail)
        if fault is MailFault.UNANSWERED:
            reset_transport(cast("asyncio.Transport", server.transport))
        return "250 2.0.0 Kept"


def read_mails(envelope: Envelope, at: datetime) -> list[ReceivedMail]:
    """The entries of a mail, one for each recipient; unreadable parts are kept as far as they can be decoded."""
    content = envelope.content or b""
    raw = content.encode() if isinstance(content, str) else content
    message = message_from_bytes(raw, policy=policy.default)
    return [
        ReceivedMail(
            sid=f"EM{secrets.token_hex(16)}",
            to=recipient,
            sender=_header(message, "From") or envelope.mail_from or "",
            subject=_header(message, "Subject") or "",
            text=_part(message, "plain"),
            html=_part(message, "html"),
            created_at=at,
            message_id=_header(message, "Message-ID"),
            unsubscribe=unsubscribe(message),
            changes=changes(message),
        )
        for recipient in envelope.rcpt_tos
    ]


def _header(message: EmailMessage, name: str) -> str | None:
    value = message[name]
    return None if value is None else str(value).strip()


def _part(message: EmailMessage, subtype: str) -> str | None:
    body = message.get_body((subtype,))
    if body is None:
        return None
    payload = cast("bytes", body.get_payload(decode=True) or b"")
    try:
        text = payload.decode(body.get_content_charset("utf-8"), errors="replace")
    except LookupError:  # an unknown charset
        text = payload.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n")
