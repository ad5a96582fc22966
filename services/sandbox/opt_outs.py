"""The keywords that the carrier handles itself, and its answers to them."""

from collections.abc import Mapping
from types import MappingProxyType

from services.sandbox.entries import OptOut

# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out; only a text that is one of them and nothing else
_KINDS: Mapping[OptOut, tuple[str, ...]] = MappingProxyType(
    {
        "STOP": ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        "START": ("START", "YES", "UNSTOP"),
        "HELP": ("HELP", "INFO"),
    }
)

WORDS: Mapping[str, OptOut] = MappingProxyType({word: kind for kind, words in _KINDS.items() for word in words})

_ANSWERS: Mapping[OptOut, str] = MappingProxyType(
    {
        "STOP": "You will get no more texts from this number. Reply START to get them again.",
        "START": "You will get texts from this number again. Reply STOP to get no more.",
        "HELP": "Reply STOP to get no more texts from this number.",
    }
)


def taken(body: str) -> OptOut | None:
    """The keyword as which the carrier handles a text; None where the text is no keyword."""
    return WORDS.get(body.strip().upper())


def answer(word: OptOut, *, blocked: bool) -> str | None:
    """The carrier's answer to a keyword: to STOP and START only where they change something, to HELP always."""
    changes = {"STOP": not blocked, "START": blocked, "HELP": True}
    return _ANSWERS[word] if changes[word] else None
