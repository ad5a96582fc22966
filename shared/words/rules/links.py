"""Finds the links that a phone would make of a text, and their domains."""

import re
from unicodedata import normalize
from urllib.parse import urlsplit

from shared.words.links import has_link

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_AROUND = "\"'()<>[]{}.,;:!?\u2018\u2019\u201c\u201d"


def foreign(text: str, domains: frozenset[str]) -> list[str]:
    """The links of a text that lead to other domains than these and their subdomains, or are not https."""
    if not has_link(text):
        return []
    links = [word.strip(_AROUND) for word in text.split() if has_link(word)]
    return [link for link in links if not _leads_to(link, domains)]


def _leads_to(link: str, domains: frozenset[str]) -> bool:
    plain = normalize("NFKC", link)
    scheme = _SCHEME.search(plain)
    if scheme and scheme[1].lower() != "https":
        return False
    address = plain[scheme.end() :] if scheme else plain.rpartition("@")[2]  # an e-mail address leads to its domain
    try:
        host = urlsplit(f"//{address}").hostname or ""
    except ValueError:  # a bracket or port that there cannot be
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
