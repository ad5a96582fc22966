"""Finds what a phone turns into a link, so that no value leads a patient to a stranger's site."""

import re
from unicodedata import normalize

from shared.words import sms

TOP = "com|org|net|info|biz|app|dev|xyz|top|site|online|store|shop|club|live|link|click|zip|wales|cymru|scot|london"
LINK = re.compile(
    r"://"
    r"|\bwww\."
    r"|[^\s@]@[^\s@]"  # an e-mail address
    rf"|[\w-]\.(?:[a-z]{{2}}|{TOP})(?![\w-])"  # a bare domain: a country's, or one of the usual
    r"|[\w-]\.[^\W\d_]{2,}[/:?#]\S",  # any domain, with a path, port or query
    re.IGNORECASE,
)
"""Text that a phone turns into a link, by which patients could be led to a stranger's site."""

DOMAIN = re.compile(r"\w\.[^\W\d_]{2,}")
"""What may be a domain, whichever ends phones know by now. No name has a dot within it, but initials (`J.R.`)."""


def has_link(text: str) -> bool:
    """Whether a phone would show a link in this text, also once look-alikes (wide letters, dots) are normalised.

    What is sent as a text is rewritten for GSM-7: `evil·com` and `evil.ćom` would arrive as `evil.com`.
    """
    if text.isascii():
        return _is_linked(text)
    written = normalize("NFKC", text).replace("\u3002", ".")
    return any(map(_is_linked, (written, sms.plainest(text), sms.plainest(written))))


def _is_linked(text: str) -> bool:
    # No link is without one of these, and most values have none.
    return ("." in text or "@" in text or "://" in text) and LINK.search(text) is not None


def links(text: str) -> frozenset[str]:
    """The words of a text that a phone would show as links."""
    return frozenset(word for word in text.split() if has_link(word)) if has_link(text) else frozenset()
