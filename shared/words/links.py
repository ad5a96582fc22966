"""Finds what a phone turns into a link, so that no value leads a patient to a stranger's site."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from unicodedata import normalize
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from shared.words import sms

CERTAIN = re.compile(
    r"://"
    r"|\bwww\."
    r"|[^\s@]@[^\s@]"  # an e-mail address
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d)"  # an address of four numbers; dates have three
    r"|[\w-]\.[^\W\d_]{2,}[/:?#]\S",  # any domain, with a path, port or query
    re.IGNORECASE,
)
"""Text that a phone turns into a link whatever domains there are."""

JOINT = re.compile(r"\.(?=[\w-])|@|://|www\.", re.IGNORECASE)
"""What no link is without: it is looked for in each value and in each text, so it is sought before the rest."""

HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
"""What is a bare domain where one of its parts but the first is a top-level domain: `evil.com.Thanks` holds one."""

DOMAIN = re.compile(r"\w\.[^\W\d_]{2,}")
"""What may be a domain, whichever ends phones know by now. No name has a dot within it, but initials (`J.R.`)."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_AROUND = "\"'()<>[]{}.,;:!?\u2018\u2019\u201c\u201d"
_TAGS = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
_JOINTS = re.compile(r"[.@:](?=\S)")


def has_link(text: str) -> bool:
    """Whether a phone would show a link in this text, also once look-alikes (wide letters, dots) are normalised.

    What is sent as a text is rewritten for GSM-7: `evil·com` and `evil.ćom` would arrive as `evil.com`.
    """
    return any(map(_is_linked, _forms(text)))


def links(text: str) -> frozenset[str]:
    """The words of a text that a phone would show as links."""
    return frozenset(word for word in text.split() if has_link(word)) if has_link(text) else frozenset()


def hosts(text: str) -> frozenset[str]:
    """The domains to which the links of a text lead; of a link that cannot be read the whole word."""
    return frozenset(map(host, links(text)))


@lru_cache(maxsize=2048)  # as many as wordings are compiled
def brought(body: str) -> frozenset[str]:
    """The domains to which the words of a wording lead by themselves, without what its placeholders hold."""
    return hosts(_TAGS.sub(" ", body))


def without_strangers(text: str, allowed: AbstractSet[str]) -> str:
    """The text with every link to another domain than these taken apart by spaces, so that no phone shows it as one."""
    if not has_link(text):
        return text
    return re.sub(r"\S+", lambda word: _taken_apart(word[0], allowed), text)


def host(word: str) -> str:
    """The domain to which a link leads; the word itself where that cannot be read."""
    plain = normalize("NFKC", word.strip(_AROUND))
    scheme = _SCHEME.search(plain)
    address = plain[scheme.end() :] if scheme else plain.rpartition("@")[2]  # an e-mail address leads to its domain
    try:
        return urlsplit(f"//{address}").hostname or plain
    except ValueError:  # a bracket or port that there cannot be
        return plain


def is_encrypted(word: str) -> bool:
    """Whether a link names no other scheme than https."""
    scheme = _SCHEME.search(normalize("NFKC", word))
    return scheme is None or scheme[1].lower() == "https"


def _taken_apart(word: str, allowed: AbstractSet[str]) -> str:
    if not has_link(word) or host(word) in allowed:
        return word
    apart = _JOINTS.sub(r"\g<0> ", word).replace("://", ": //")
    return "" if any(map(has_link, apart.split())) else apart


def _forms(text: str) -> Iterator[str]:
    """The text as it is, and, where it is not ASCII, as it may be normalised, by a phone or by us."""
    yield text
    if not text.isascii():
        written = normalize("NFKC", text).replace("\u3002", ".")
        yield from (written, sms.plainest(text), sms.plainest(written))


def _is_linked(text: str) -> bool:
    """Whether a word of the text is a link. Most texts have none that may be one, and no link reaches over a space."""
    return JOINT.search(text) is not None and any(map(_is_link, filter(JOINT.search, text.split())))


def _is_link(word: str) -> bool:
    return CERTAIN.search(word) is not None or any(map(_is_domain, HOST.findall(word)))


def _is_domain(name: str) -> bool:
    _, *others = name.lower().split(".")
    return any(map(_is_top_level, others))


@lru_cache(maxsize=4096)
def _is_top_level(label: str) -> bool:
    return bool(label) and _suffixes().publicsuffix(label) is not None


@cache
def _suffixes() -> PublicSuffixList:
    """The list as it came with the library: a newer one comes with a newer lock, none by the network."""
    return PublicSuffixList(accept_unknown=False)
