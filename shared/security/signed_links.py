"""Signed unsubscribe links in e-mails: their holder may unsubscribe; they cannot be forged, and hold no name."""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.events.unsubscribe import CATEGORY

UNSUBSCRIBE = "/unsubscribe"
"""The gateway's path; the token follows."""

KEY_BYTES = 32
ID_BYTES = 16
SEAL_BYTES = 16  # half of SHA-256's 32: what RFC 2104, section 5, asks of a truncated HMAC
PURPOSE = b"cocreate unsubscribe 1\n"  # signed too, so that a link of another kind never passes for this one

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,120}")


class BadLinkKey(Exception):
    """A configured key is not base64 of 32 bytes. Make one with `cocreate doctor --new-key`."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """An opt-out from a category at the address to which a message went."""

    message_id: UUID
    category: str


class Signer:
    """Signs with the first key, verifies with any: a mail may be opened after years, so tokens never expire."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, newest first; at least one."""
        self._keys = tuple(keys)

    @classmethod
    def of(cls, keys: str) -> "Signer":
        """Read `base64,base64`, newest first.

        Raises:
            BadLinkKey: where one of them is not 32 bytes of base64, or there is none.

        """
        return cls([_key(text) for text in keys.split(",")])

    def token(self, message_id: UUID, category: str) -> str:
        """A signed token of a message and a category, in characters that no URL escapes; about 60 of them.

        Raises:
            ValueError: a category that is no code.

        """
        if not CATEGORY.fullmatch(category):
            message = f"a category is a code of lower-case letters, not {category!r}"
            raise ValueError(message)
        said = message_id.bytes + category.encode()
        return _text(said + _seal(self._keys[0], said))

    def read(self, token: str) -> Unsubscribe | None:
        """Verify and read a token; None where none of the keys has signed exactly this token."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        said, seal = raw[:-SEAL_BYTES], raw[-SEAL_BYTES:]
        genuine = [hmac.compare_digest(seal, _seal(key, said)) for key in self._keys]
        # The last character may hold bits that decoding drops: one spelling of a token is enough.
        if not any(genuine) or token != _text(raw):
            return None
        return Unsubscribe(UUID(bytes=said[:ID_BYTES]), said[ID_BYTES:].decode())


def unsubscribe_url(public_url: str, signer: Signer, message_id: UUID, category: str) -> str:
    """The URL to which a mail client posts (RFC 8058), and at which a reader finds a page with one button."""
    return f"{public_url.rstrip('/')}{UNSUBSCRIBE}/{signer.token(message_id, category)}"


def _seal(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + said, "sha256")[:SEAL_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        message = "a key is 32 bytes as base64; make one with `cocreate doctor --new-key`"
        raise BadLinkKey(message)
    return key
