"""Encryption of personal details at rest: AES-256-GCM with the id of the key, and a blind index for lookups.

EncryptionError
├── BadKey        a configured key is malformed
└── CannotOpen    a ciphertext was not sealed with a configured key
"""

import base64
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2: 96 bits
KEY_BYTES = 32


class EncryptionError(Exception):
    """Personal details could not be encrypted or decrypted."""


class BadKey(EncryptionError):
    """A configured key is not `id:base64 of 32 bytes`. Make one with `cocreate doctor --new-key`."""


class CannotOpen(EncryptionError):
    """The key of a ciphertext is not configured. Add the old key behind the new one in COCREATE_KEYS."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext and the id of its key."""

    key_id: str
    ciphertext: bytes


class Encryption:
    """Encrypts with the first key, decrypts with any of them; the blind index is derived from `index_key` alone.

    The index key never rotates: with another one, opt-outs would no longer be found.

    Attributes:
        region: the country of telephone numbers without a country code. It stands here because a number is brought to
            one form before it is indexed: with two countries, a text would not find its sender.

    """

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes, region: str = "GB") -> None:
        self.region = region
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = next(iter(keys))
        self._index_key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"cocreate blind index").derive(index_key)

    @classmethod
    def of(cls, keys: str, index_key: str, region: str = "GB") -> "Encryption":
        """Read `id:base64,id:base64` (newest first) and the base64 index key.

        Raises:
            BadKey: where one of them is not 32 bytes of base64.

        """
        pairs = [pair.partition(":") for pair in keys.split(",") if pair.strip()]
        named = {key_id.strip(): _key(text) for key_id, _, text in pairs}
        if not named:
            message = "no key is configured; make one with `cocreate doctor --new-key`"
            raise BadKey(message)
        return cls(named, _key(index_key), region)

    def seal(self, plain: str, context: str) -> Sealed:
        """Encrypt a text, bound to `context`: a ciphertext that is copied to another row does not open there."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(
            self._newest, nonce + self._ciphers[self._newest].encrypt(nonce, plain.encode(), context.encode())
        )

    def open(self, sealed: Sealed, context: str) -> str:
        """Decrypt a ciphertext that `seal` made for the same context.

        Raises:
            CannotOpen: the key is unknown, or the ciphertext was made for another context.

        """
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            message = f"key {sealed.key_id!r} is not configured; add it behind the newest in COCREATE_KEYS"
            raise CannotOpen(message)
        try:
            return cipher.decrypt(
                sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:], context.encode()
            ).decode()
        except (InvalidTag, ValueError):  # the latter of a ciphertext that was cut short
            message = f"sealed with another key than {sealed.key_id!r}, or for another row"
            raise CannotOpen(message) from None

    def index(self, value: str) -> bytes:
        """The blind index of a value: a keyed hash by which an equal value is found, which reveals nothing else."""
        return hmac.digest(self._index_key, value.encode(), "sha256")


def new_key() -> str:
    """A new key: 32 random bytes as base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        message = "a key is 32 bytes as base64; make one with `cocreate doctor --new-key`"
        raise BadKey(message)
    return key
