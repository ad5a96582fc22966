"""Delivery receipts: the provider's status of a message; the gateway writes them, delivery reads them."""

from typing import Literal

from shared.events.types import Code, EventData

TYPE = "cocreate.receipt.v1"
KIND = "message"


class Receipt(EventData):
    """One status of one message; the event's subject names the message. Receipts come unordered and repeated."""

    provider: Literal["twilio"]
    provider_id: Code
    """The provider's id of the message (Twilio: MessageSid)."""
    status: Code
    """The provider's status, also one that is unknown to us (Twilio: MessageStatus)."""
    error_code: int | None = None
    """Why the message failed, where the provider gives a code (Twilio: ErrorCode, such as 30003)."""
