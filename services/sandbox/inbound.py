"""What patients text back: into the ledger, and to the client's webhook as Twilio posts it."""

import secrets
from collections.abc import Callable
from datetime import datetime

from services.sandbox.callbacks import Carrier
from services.sandbox.entries import Status, Text
from services.sandbox.ledger import Holder, Ledger
from services.sandbox.settings import Settings
from shared import sms


class Replies:
    """Texts from patients' phones."""

    def __init__(self, settings: Settings, ledger: Ledger, carrier: Carrier, now: Callable[[], datetime]) -> None:
        """Keep replies in this ledger and post them by this carrier."""
        self._settings = settings
        self._ledger = ledger
        self._carrier = carrier
        self._now = now

    @property
    def wanted(self) -> bool:
        """Whether anybody is told of replies."""
        return self._settings.inbound_url is not None

    def reply(self, number: str, body: str, to: str | None = None) -> Text:
        """Text from this number (E.164), by default to whoever texted it last."""
        at = self._now()
        text = Text(
            sid=f"SM{secrets.token_hex(16)}",
            direction="inbound",
            to=to or self._last_sender(number),
            sender=number,
            body=body,
            status=Status.RECEIVED,
            created_at=at,
            sent_at=at,
            updated_at=at,
        )
        self._ledger.accept(text)
        if self._settings.inbound_url is not None:
            self._carrier.post(str(self._settings.inbound_url), self._form(text))
        return text

    def _last_sender(self, number: str) -> str:
        held = reversed(self._ledger.held_by(Holder("sms", number)))
        senders = (text.sender for text in held if isinstance(text, Text) and text.sender != number)
        return next(senders, self._settings.service_sender)

    def _form(self, text: Text) -> dict[str, str]:
        return {
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
