"""The words that the carrier takes itself, and which of them a text is: that its lists are ours can be seen. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from services.delivery.incoming.responding import HELPS, STARTS, STOPS

Keyword = Literal["STOP", "START", "HELP"]

KEYWORDS: Mapping[Keyword, frozenset[str]] = MappingProxyType({"STOP": STOPS, "START": STARTS, "HELP": HELPS})
"""What Twilio calls each list (`OptOutType`), and the whole texts on it."""


def keyword(body: str) -> Keyword | None:
    """Which list a text is on, as the carrier compares it: the whole of it, whatever the case and the space around."""
    whole = body.strip().upper()
    return next((name for name, words in KEYWORDS.items() if whole in words), None)
