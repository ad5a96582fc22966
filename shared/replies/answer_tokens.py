"""The answers that messages ask for, as single tokens: no two questions share one, so an answer needs no guessing."""

from collections.abc import Mapping
from types import MappingProxyType

TOKENS: Mapping[str, str] = MappingProxyType(
    {
        "1": "coming",
        "2": "new time",
        "3": "not needed",
        "A": "did it",
        "B": "did some",
        "C": "not yet",
        "SURE": "how sure, 0 to 10",
        "TALK": "please call me",
        "IN": "takes part; where guests may come, with how many",
        "OUT": "does not take part",
        "LATER": "ask again next time",
        "9": "no more of this kind",
    }
)
"""What each means. `SURE` is followed by a number; `IN` may be, as in `IN 2`: how many come, the writer included."""

MOST_IN_PARTY = 10
"""More than that nobody brings along: a larger number after `IN` is read by a person."""

RESERVED = frozenset(
    {
        "STOP",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "START",
        "YES",
        "UNSTOP",
        "HELP",
        "INFO",
    }
)
"""Words that Twilio takes before we see them (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""
