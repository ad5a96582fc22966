"""E-mail by SMTP: TLS required, a Message-ID that stays, and honesty about what broke after DATA."""

import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.delivery.letters import CannotLook, Letter
from services.delivery.outcomes import Accepted, Misconfigured, NotSent, Outcome, Refused, Unknown

TIMEOUT = 20.0


class Mail:
    """Sends e-mail through one relay.

    `url` is `smtps://user:password@host:465` (TLS from the start), `smtp://user:password@host:587` (STARTTLS required), or
    `smtp+plain://127.0.0.1:2525` for the sandbox alone: plaintext to another machine is refused.
    """

    def __init__(self, url: str, sender: str, name: str = "") -> None:
        parts = urlsplit(url)
        self._host, self._port, self._scheme = parts.hostname or "", parts.port or 587, parts.scheme
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._name = sender, name

    async def send(self, letter: Letter) -> Outcome:
        """One connection, one message. Up to DATA it is surely not sent; from then on a break is unknown (RFC 1047)."""
        client = self._client()
        try:
            await client.connect()
            if self._user:
                await client.login(self._user, self._password)
            await client.mail(self._sender)
            await client.rcpt(letter.address)
        except aiosmtplib.SMTPAuthenticationError as error:
            return Misconfigured(str(error.code))
        except SMTPResponseException as error:
            return NotSent(str(error.code)) if error.code < 500 else Refused(str(error.code))  # noqa: PLR2004
        except (SMTPException, OSError, TimeoutError) as error:
            return NotSent(type(error).__name__)
        else:
            return await self._data(client, letter)
        finally:
            client.close()

    async def _data(self, client: SMTP, letter: Letter) -> Outcome:
        mail = self.compose(letter)
        try:
            await client.data(mail.as_bytes(policy=SMTP_POLICY))
        except SMTPResponseException as error:
            return NotSent(str(error.code)) if error.code < 500 else Refused(str(error.code))  # noqa: PLR2004
        except (SMTPException, OSError, TimeoutError) as error:
            return Unknown(type(error).__name__)
        return Accepted(str(mail["Message-ID"]))

    def compose(self, letter: Letter) -> EmailMessage:
        """The message, as text and HTML."""
        mail = EmailMessage()
        mail["From"] = f"{self._name} <{self._sender}>" if self._name else self._sender
        mail["To"] = letter.address
        mail["Subject"] = letter.subject
        mail["Message-ID"] = f"<{letter.message_id}@{self._sender.partition('@')[2]}>"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        return mail

    async def find(self, letter: Letter, since: datetime, known: frozenset[str]) -> str | None:
        """A relay keeps no list."""
        del letter, since, known
        message = "SMTP has no list of what was sent"
        raise CannotLook(message)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _client(self) -> SMTP:
        plain = self._scheme == "smtp+plain"
        return SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp",
            tls_context=None if plain else ssl.create_default_context(),
            timeout=TIMEOUT,
        )
