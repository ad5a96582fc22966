"""What is kept, encrypted, of a message that was handed over: enough to find it in the provider's list."""

import json
from dataclasses import replace

from services.delivery.providers.message import OutboundMessage


def seal_text(letter: OutboundMessage) -> str:
    """A letter's address and words, to be sealed."""
    return json.dumps([letter.address, letter.text, letter.subject, letter.html])


def unseal(text: str, letter: OutboundMessage) -> OutboundMessage:
    """A letter with its address and words again."""
    address, body, subject, html = json.loads(text)
    return replace(letter, address=address, text=body, subject=subject, html=html)
