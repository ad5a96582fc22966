"""Texts from patients: kept in the ledger and posted to the client's webhook as by Twilio, with STOP handled first."""

import secrets
from collections.abc import Callable
from datetime import datetime

from services.sandbox import opt_outs
from services.sandbox.callbacks import Carrier
from services.sandbox.entries import RefusedText, SandboxText, Status
from services.sandbox.ledger import Holder, Ledger
from services.sandbox.settings import Settings
from shared.words import sms


class Replies:
    """Sends texts from patients' phones, and handles the carrier's keywords."""

    def __init__(self, settings: Settings, ledger: Ledger, carrier: Carrier, now: Callable[[], datetime]) -> None:
        """Keep texts in this ledger and post them with this carrier."""
        self._settings = settings
        self._ledger = ledger
        self._carrier = carrier
        self._now = now

    @property
    def wanted(self) -> bool:
        """Whether the client has a webhook for texts."""
        return self._settings.inbound_url is not None

    def blocked(self, phone: str, ours: str) -> bool:
        """Whether the carrier blocks our texts to this phone: by the phone's last keyword, else by the settings."""
        said = self._ledger.opted_out(phone, ours)
        return phone in self._settings.blocked if said is None else said

    def reply(self, number: str, body: str, to: str | None = None) -> SandboxText:
        """Send a text from this number (E.164), by default to its last sender; the carrier handles its keywords."""
        at, word, ours = self._now(), opt_outs.taken(body), to or self._last_sender(number)
        text = SandboxText(
            sid=f"SM{secrets.token_hex(16)}",
            direction="inbound",
            to=ours,
            sender=number,
            body=body,
            status=Status.RECEIVED,
            created_at=at,
            sent_at=at,
            updated_at=at,
            opt_out=word,
        )
        answer = word and opt_outs.answer(word, blocked=self.blocked(number, ours))
        self._ledger.accept(text)
        if answer:
            self._ledger.accept(_by_the_carrier(text, answer))
        if self._settings.inbound_url is not None:
            self._carrier.post(str(self._settings.inbound_url), self._form(text))
        return text

    def _last_sender(self, number: str) -> str:
        texts = (text for text in self._ledger.held_by(Holder("sms", number)) if isinstance(text, SandboxText))
        tried: list[SandboxText | RefusedText] = [*texts, *self._ledger.refused(number)]
        newest_first = sorted(tried, key=lambda one: one.created_at, reverse=True)
        senders = (one.sender for one in newest_first if one.sender != number)
        return next(senders, self._settings.service_sender)

    def _form(self, text: SandboxText) -> dict[str, str]:
        opted = {"OptOutType": text.opt_out} if text.opt_out else {}
        return {
            **opted,
            "AccountSid": self._settings.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": text.body,
            "From": text.sender,
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": str(sms.count(text.body).segments),
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": text.status.value,
            "To": text.to,
        }


def _by_the_carrier(text: SandboxText, answer: str) -> SandboxText:
    return SandboxText(
        sid=f"SM{secrets.token_hex(16)}",
        direction="outbound-reply",
        to=text.sender,
        sender=text.to,
        body=answer,
        status=Status.DELIVERED,
        created_at=text.created_at,
        sent_at=text.created_at,
        updated_at=text.created_at,
    )
