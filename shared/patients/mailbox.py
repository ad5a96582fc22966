"""Reads an e-mail address as people write it: the mailbox in the form that mail servers take, or None."""

import re
from functools import lru_cache

import idna

from shared.events.visible import visible

# RFC 5321, sections 4.1.2 and 4.5.3.1: atoms with dots between them, 64 octets at most. A quoted local part ("a b"@…)
# is allowed there, and used by nobody. What else stands before the @ needs SMTPUTF8 (RFC 6531), which is rare.
_LOCAL = re.compile(r"[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)*")
_LONGEST_LOCAL = 64

# RFC 1035, section 2.3.4, and RFC 5321, section 4.5.3.1.2: a label has 63 octets at most, a domain 255 with its ends.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LONGEST_DOMAIN = 253

_AROUND_AT = re.compile(r"\s*@\s*")
_SCHEME = re.compile(r"mailto:\s*", re.IGNORECASE)
_PREFIX = "xn--"


@lru_cache(maxsize=4096)  # what waits is looked at again and again
def mailbox(text: str) -> str | None:
    """The mailbox, in lower case, its domain in ASCII (`ada@bücher.example` is `ada@xn--bcher-kva.example`).

    However a feed spells it, a mailbox is one address, so that an opt-out there stays, and sharing it is noticed. A
    mail server may tell `Ada@` from `ada@`, but none that people use does, and RFC 5321 (section 2.4) advises against
    it. Lowered, not case-folded: `ß` and `ss` are two mailboxes.
    """
    local, at, domain = _AROUND_AT.sub("@", _SCHEME.sub("", visible(text).strip(), 1)).partition("@")
    name = _domain(domain) if at and len(local.encode()) <= _LONGEST_LOCAL and _LOCAL.fullmatch(local) else None
    return None if name is None else f"{local.lower()}@{name}"


def _domain(text: str) -> str | None:
    """A domain of at least two labels, each internationalised one in its ASCII form (RFC 5891)."""
    try:
        name = (text if text.isascii() else idna.encode(text, uts46=True).decode("ascii")).lower()
        labels = name.split(".")
        for label in labels:
            if label.startswith(_PREFIX):
                idna.decode(label)
    except UnicodeError:  # idna.IDNAError is one
        return None
    if len(name) > _LONGEST_DOMAIN or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004
        return None
    top = labels[-1]
    return name if len(top) > 1 and (top.isalpha() or top.startswith(_PREFIX)) else None
