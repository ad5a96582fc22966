"""The part of a message that is kept, encrypted, after handover: enough to find it in the provider's list."""

import json
from dataclasses import replace

from services.delivery.providers.message import OutboundMessage


def serialise(letter: OutboundMessage) -> str:
    """A message's address and words as one text, to be encrypted."""
    return json.dumps([letter.address, letter.text, letter.subject, letter.html])


def restore(text: str, letter: OutboundMessage) -> OutboundMessage:
    """The message with its address and words restored from a decrypted text."""
    address, body, subject, html = json.loads(text)
    return replace(letter, address=address, text=body, subject=subject, html=html)
