"""What became of a text, as the provider tells it: the gateway writes it, delivery reads it."""

from typing import Literal

from shared.events.types import Code, EventData

TYPE = "cocreate.receipt.v1"
KIND = "message"


class Receipt(EventData):
    """One status that one message had. They come unordered and repeated; the subject of the event names the message."""

    provider: Literal["twilio"]
    provider_id: Code
    """The provider's own name for the message (Twilio: MessageSid)."""
    status: Code
    """The provider's word, also one that we don't know yet (Twilio: MessageStatus)."""
    error_code: int | None = None
    """Why it failed, where the provider says (Twilio: ErrorCode, such as 30003)."""
