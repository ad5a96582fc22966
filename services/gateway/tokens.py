"""The access tokens of clinics and the sources that each may publish for; only hashes of tokens are stored.

BadTokens    the setting of tokens is malformed or ambiguous
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.clinic.submissions import TOPICS
from shared.events.types import LONGEST_CODE
from shared.patients.identity import NHS

SHORTEST = 32
"""Fewest characters of a token. Generated ones have 52, 43 of them random (256 bits); hand-made ones are weaker."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)  # RFC 6750, section 2.1

FORM = "write name:hash:source, several by commas; a token with two sources has two entries of one name and one hash"


class BadTokens(ValueError):
    """The setting of tokens is malformed or ambiguous. The error's text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token: its name in metrics, its hash, and the sources that its bearer may publish for."""

    name: str
    digest: bytes = field(repr=False)
    sources: frozenset[str]
    topics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The topics that sources may write; a source that is not among them may write any."""

    def may_write(self, source: str, topic: str) -> bool:
        """Whether the bearer may write to a topic for a source."""
        return topic in self.topics.get(source, {topic})


@dataclass(frozen=True, slots=True)
class Tokens:
    """All accepted tokens. During a rotation two tokens have the same source."""

    every: tuple[Token, ...] = ()

    @classmethod
    def of(cls, text: str, topics: str = "") -> "Tokens":
        """Parse the setting of tokens, entries `name:hash:source`, and that of topics; both separated by commas.

        An entry needs no quoting in a shell or an .env file, and gives one token one source: a forgotten source is
        refused, and none is granted by mistake.

        Raises:
            BadTokens: an entry is malformed, two tokens have one name, or one token has two names.

        """
        digests: dict[str, bytes] = {}
        sources: dict[str, set[str]] = {}
        for number, entry in enumerate(text.split(","), 1):
            name, digest, source = _entry(number, entry)
            if digests.setdefault(name, digest) != digest:
                raise BadTokens(f"entry {number}: another token bears this name; while two rotate each needs its own")
            sources.setdefault(name, set()).add(source)
        if len(set(digests.values())) < len(digests):
            raise BadTokens("two names share one token: make a token for each")
        permitted = topics_of(topics)
        return cls(tuple(Token(name, digest, frozenset(sources[name]), permitted) for name, digest in digests.items()))

    def whose(self, authorizations: Sequence[str]) -> Token | None:
        """The token of a request by its `Authorization` headers; None where they hold no known token."""
        bearer = _BEARER.fullmatch(authorizations[0]) if len(authorizations) == 1 else None
        return None if bearer is None else self.known(bearer[1])

    def known(self, token: str) -> Token | None:
        """The stored entry of this token; None where the token is unknown."""
        if len(token) < SHORTEST:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = [token for token in self.every if hmac.compare_digest(token.digest, digest)]  # all, whichever it is
        return found[0] if found else None


def topics_of(text: str) -> dict[str, frozenset[str]]:
    """Parse the setting of topics: entries `source=topic+topic`, separated by commas.

    Raises:
        BadTokens: an entry is malformed, names an unknown topic, or a source has two.

    """
    found: dict[str, frozenset[str]] = {}
    for number, entry in enumerate(filter(None, (one.strip() for one in text.split(","))), 1):
        source, _, listed = entry.rpartition("=")
        topics = frozenset(filter(None, (topic.strip() for topic in listed.split("+"))))
        source = source.strip().rstrip("/")
        if not source or not topics or topics - TOPICS.keys():
            raise BadTokens(f"entry {number} is not source=topic+topic with topics of {', '.join(sorted(TOPICS))}")
        if source in found:
            raise BadTokens(f"entry {number}: its source has an entry already; write all its topics in one")
        found[source] = topics
    return found


def mint(name: str, source: str) -> tuple[str, str]:
    """Generate a token and its entry for the setting. The token itself is not stored.

    Raises:
        BadTokens: the name or the source is not allowed in an entry.

    """
    token = f"cocreate_{secrets.token_urlsafe(32)}"
    entry = f"{name}:{hashlib.sha256(token.encode()).hexdigest()}:{source}"
    Tokens.of(entry)
    return token, entry


def _entry(number: int, entry: str) -> tuple[str, bytes, str]:
    name, _, rest = entry.strip().partition(":")
    digest, _, source = rest.partition(":")
    source = source.strip().rstrip("/")  # as events are read: a slash at the end does not count
    if not name or not digest or not source:
        raise BadTokens(f"entry {number} has not three parts: {FORM}")
    if source == NHS:
        raise BadTokens(f"entry {number}: no clinic speaks as {NHS!r}: that is whose numbers are the NHS's own")
    if not _NAME.fullmatch(name):
        raise BadTokens(f"entry {number}: a name is 1 to 40 of a-z, 0-9, dot, dash and underscore")
    if not _HASH.fullmatch(digest):
        raise BadTokens(
            f"entry {number}: no SHA-256 of a token, which is 64 hexadecimal digits; never the token itself"
        )
    if len(source) > LONGEST_CODE or not source.isprintable():
        raise BadTokens(f"entry {number}: a source is at most {LONGEST_CODE} printable characters")
    return name, bytes.fromhex(digest), source
