"""The keywords that the carrier handles itself, to compare its lists with ours."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from services.delivery.incoming.responding import HELPS, STARTS, STOPS

Keyword = Literal["STOP", "START", "HELP"]

KEYWORDS: Mapping[Keyword, frozenset[str]] = MappingProxyType({"STOP": STOPS, "START": STARTS, "HELP": HELPS})
"""Twilio's name of each list of keywords (`OptOutType`), and the whole texts on the list."""


def keyword(body: str) -> Keyword | None:
    """The list that holds a text, compared as the carrier does: the whole text, without case and surrounding space."""
    whole = body.strip().upper()
    return next((name for name, words in KEYWORDS.items() if whole in words), None)
