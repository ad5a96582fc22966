"""Answer tokens: the answers that messages ask for. No two questions share a token, so none is ambiguous."""

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
"""Token → its meaning. A number follows `SURE`, and may follow `IN`, as in `IN 2`: the party, the writer included."""

MOST_IN_PARTY = 10
"""The largest party: a larger number after `IN` is read by a person."""

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
