"""E-mail by SMTP: TLS required, the same Message-ID for every attempt, an unknown outcome after a break in DATA."""

import asyncio
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.delivery.providers.mail_headers import mail_policy
from services.delivery.providers.message import LookupUnavailable, OutboundMessage
from services.delivery.providers.outcomes import Accepted, Misconfigured, NotSent, Outcome, RefusedForGood, Unknown

TIMEOUT = 20.0  # seconds for one command
LONGEST = 25.0  # seconds up to DATA, and as many for DATA: together well inside a claim's lease
PERMANENT = 500  # RFC 5321, section 4.2.1: 5yz is for good, 4yz for now

PLAINTEXT = "smtp+plain"  # to the sandbox alone
LONGEST_LINE = 998  # characters, without CR and LF (RFC 5322, section 2.1.1)

TRANSFER_ENCODING = "quoted-printable"  # seven bits and short lines: whatever is on the way may be old


class SmtpRelay:
    """Sends e-mail through one relay.

    `url` is `smtps://user:password@host:465` (TLS from the start), `smtp://user:password@host:587` (STARTTLS required),
    or `smtp+plain://127.0.0.1:2525` for the sandbox alone: plaintext to another machine is refused.
    """

    def __init__(self, url: str, sender: str, name: str = "") -> None:
        parts = urlsplit(url)
        self._host, self._port, self._scheme = parts.hostname or "", parts.port or 587, parts.scheme
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._name = sender, name

    async def send(self, letter: OutboundMessage) -> Outcome:
        """Send one message over its own connection. A break before DATA is not sent, a later one unknown (RFC 1047)."""
        try:
            mail = self.compose(letter)
            content = mail.as_bytes()
            letter.address.encode("ascii")  # what it writes before the @ may be anything, but SMTPUTF8 is rare
        except ValueError as error:
            return RefusedForGood(type(error).__name__)
        client = self._client()
        try:
            async with asyncio.timeout(LONGEST):
                refused = await self._open(client) or await self._address(client, letter)
        except (SMTPException, OSError, TimeoutError) as error:
            client.close()
            return NotSent(type(error).__name__)
        try:
            return refused or await self._data(client, content, str(mail["Message-ID"]))
        finally:
            client.close()

    async def _open(self, client: SMTP) -> Outcome | None:
        """Connect, log in and give the sender; a permanent refusal here concerns our account, not a recipient."""
        try:
            await client.connect()
            if self._user:
                await client.login(self._user, self._password)
            await client.mail(self._sender)
        except SMTPResponseException as error:
            code = str(error.code)
            return NotSent(code) if error.code < PERMANENT else Misconfigured(code)
        return None

    async def _address(self, client: SMTP, letter: OutboundMessage) -> Outcome | None:
        try:
            await client.rcpt(letter.address)
        except SMTPResponseException as error:
            return _refused(error.code)
        return None

    async def _data(self, client: SMTP, content: bytes, message_id: str) -> Outcome:
        try:
            async with asyncio.timeout(LONGEST):
                await client.data(content)
        except SMTPResponseException as error:
            return _refused(error.code)
        except (SMTPException, OSError, TimeoutError) as error:
            return Unknown(type(error).__name__)
        return Accepted(message_id)

    def compose(self, letter: OutboundMessage) -> EmailMessage:
        """The e-mail with a text and an HTML part and, where it has exactly one calendar entry, an invitation.

        Outlook looks for an invitation among the first part's alternatives alone ([MS-STANOICAL] 2.2.168); other
        calendars look for a file. So a single one is put in both places, as in Google's own; several are files alone.
        """
        mail = EmailMessage(policy=mail_policy())
        mail["From"] = Address(self._name, addr_spec=self._sender)
        mail["To"] = letter.address
        mail["Subject"] = letter.subject
        mail["Message-ID"] = f"<{letter.message_id}@{self._sender.partition('@')[2]}>"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
        if self._stops(letter.unsubscribe):
            mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(letter.text, cte=TRANSFER_ENCODING)
        mail.add_alternative(letter.html, subtype="html", cte=TRANSFER_ENCODING)
        if len(letter.calendar) == 1:
            [invite] = letter.calendar
            method = {"method": invite.method}
            mail.add_alternative(invite.content.decode(), subtype="calendar", cte=TRANSFER_ENCODING, params=method)
        for invite in letter.calendar:
            mail.add_attachment(invite.content, maintype="application", subtype="ics", filename=invite.filename)
        return mail

    def _stops(self, url: str) -> bool:
        """Whether the unsubscribe link fits the header: HTTPS only (RFC 8058, section 3.1), HTTP in the sandbox."""
        schemes = ("https://", "http://") if self._scheme == PLAINTEXT else ("https://",)
        fits = len(url) <= LONGEST_LINE - len("List-Unsubscribe: <>")
        return url.startswith(schemes) and fits and url.isascii() and url.isprintable() and not set("<> ") & set(url)

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        """Refuse: a relay keeps no list of sent messages.

        Raises:
            CannotLook: always.

        """
        del letter, since, known
        message = "SMTP has no list of what was sent"
        raise LookupUnavailable(message)

    async def close(self) -> None:
        """Do nothing: each message has its own connection."""

    def _client(self) -> SMTP:
        plain = self._scheme == PLAINTEXT
        return SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp",
            tls_context=None if plain else ssl.create_default_context(),
            timeout=TIMEOUT,
        )


def _refused(code: int) -> Outcome:
    return NotSent(str(code)) if code < PERMANENT else RefusedForGood(str(code))
