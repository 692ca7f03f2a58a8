"""
Data keys wrapped by key-encryption keys.

A subject (a connection, an order) has one data key, kept wrapped beside its data; destroying the wrapped key destroys
all that was sealed with it. `context` binds bytes to where they belong (b"orders.order:<id>"): sealed for one context,
they do not open in another. AES-256-GCM throughout, with random 96-bit nonces; a data key seals few things.

    wrapped key = 1, length of kid, kid, nonce, AES-GCM(key-encryption key, data key, context)
                  1, length of ARN, ARN, what AWS KMS made of data key and context (`data_keys.py`)
    sealed      = 1, nonce, AES-GCM(derived from data key, plaintext, context)
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.crypto.errors import CannotOpen, KeysInvalid, UnknownKey

_FORMAT = b"\x01"
KEY_BYTES = 32
_NONCE_BYTES = 12
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class DataKey:
    """One subject's data key unwrapped, bound to its context. `wrapped`: as it is stored; `bare`: to wrap it anew."""

    def __init__(self, wrapped: bytes, context: bytes, key: bytes) -> None:
        self.wrapped = wrapped
        self.bare = key
        self._context = context
        self._seal = AESGCM(_derive(key, b"seal"))
        self._digest = _derive(key, b"digest")

    def seal(self, plaintext: bytes) -> bytes:
        return _FORMAT + _encrypt(self._seal, plaintext, self._context)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises CannotOpen: altered, or of another context or key."""
        if sealed[:1] != _FORMAT:
            raise CannotOpen("not sealed in a format we know")
        trouble = "sealed bytes do not open: altered, or of another context or key"
        return _decrypt(self._seal, sealed[1:], self._context, trouble)

    def digest(self, data: bytes) -> str:
        """HMAC-SHA256 in hex: equal for equal data under the same data key, and says nothing once that is destroyed."""
        return hmac.digest(self._digest, self._context + b"\x00" + data, "sha256").hex()


@dataclass(frozen=True)
class KeyRing:
    """Our key-encryption keys by id: `current` seals, all of them open."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def parse(cls, setting: str) -> "KeyRing":
        """
        From `kid:base64,kid2:base64`: 32 bytes each, the first seals.

        Raises KeysInvalid, whose message may be shown.
        """
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(setting.split(","), 1):
            kid, separator, encoded = entry.strip().partition(":")
            if not separator or not _KID.fullmatch(kid):  # never echoed: it may be the key, its id forgotten
                raise KeysInvalid(f"key {number} must be written kid:base64, its id 1 to 64 letters, digits, . _ or -")
            if kid in keys:
                raise KeysInvalid(f"key id {kid} is there twice")
            keys[kid] = _decode(kid, encoded)
        return cls(next(iter(keys)), keys)

    def __repr__(self) -> str:
        return f"KeyRing(current={self.current!r}, kids={sorted(self.keys)})"

    def new_key(self, context: bytes) -> bytes:
        """A new data key, wrapped for `context`."""
        return self.new_at_hand(context).wrapped

    def new_at_hand(self, context: bytes) -> DataKey:
        """The same, for several things to be sealed at once."""
        return self.wrapped(os.urandom(KEY_BYTES), context)

    def wrapped(self, key: bytes, context: bytes) -> DataKey:
        """This very data key, wrapped by the current key-encryption key."""
        return DataKey(self._wrap(key, context), context, key)

    def at_hand(self, wrapped: bytes, context: bytes) -> DataKey:
        """A data key unwrapped, for several things at once. Raises UnknownKey, CannotOpen (the wrapped key)."""
        return DataKey(wrapped, context, self._unwrap(wrapped, context))

    def seal(self, wrapped: bytes, plaintext: bytes, context: bytes) -> bytes:
        """`plaintext` under the wrapped data key, for `context`. Raises UnknownKey, CannotOpen (the wrapped key)."""
        return self.at_hand(wrapped, context).seal(plaintext)

    def open(self, wrapped: bytes, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Raises UnknownKey; CannotOpen (altered, another context or key)."""
        return self.at_hand(wrapped, context).open(sealed)

    def digest(self, wrapped: bytes, data: bytes, context: bytes) -> str:
        """See `DataKey.digest`. Raises UnknownKey, CannotOpen (the wrapped key)."""
        return self.at_hand(wrapped, context).digest(data)

    def mask(self, data: bytes, context: bytes) -> str:
        """HMAC-SHA256 in hex under the current key-encryption key: comparable until that is another, so for minutes."""
        key = _derive(self.keys[self.current], b"mask")
        return hmac.digest(key, context + b"\x00" + data, "sha256").hex()

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """The same data key under the current key-encryption key; None: it already is. What it sealed still opens."""
        if split(wrapped)[0] == self.current:
            return None
        return self._wrap(self._unwrap(wrapped, context), context)

    @property
    def head(self) -> bytes:
        """What every data key wrapped now begins with: format and key id."""
        return head_of(self.current)

    def _wrap(self, key: bytes, context: bytes) -> bytes:
        return self.head + _encrypt(AESGCM(self.keys[self.current]), key, self.head + context)

    def _unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        kid, head, body = split(wrapped)
        if kid not in self.keys:
            raise UnknownKey(f"no key-encryption key {kid!r}: add it to the setting, after the first")
        trouble = "the data key does not open: altered, or of another context"
        return _decrypt(AESGCM(self.keys[kid]), body, head + context, trouble)


def head_of(kid: str) -> bytes:
    """What a data key that this key-encryption key wrapped begins with: format and key id."""
    return _FORMAT + bytes([len(kid)]) + kid.encode()


def split(wrapped: bytes) -> tuple[str, bytes, bytes]:
    """Key id, head (format and key id) and the encrypted data key. Raises CannotOpen: it is no wrapped key."""
    end = 2 + wrapped[1] if len(wrapped) > 1 else 0
    if wrapped[:1] != _FORMAT or len(wrapped) <= end:
        raise CannotOpen("not a wrapped key in a format we know")
    return wrapped[2:end].decode("utf-8", "replace"), wrapped[:end], wrapped[end:]


def _derive(key: bytes, purpose: bytes) -> bytes:
    """One key for one purpose: what digests must not be able to open."""
    return hmac.digest(key, b"passerelle " + purpose, "sha256")


def _encrypt(cipher: AESGCM, plaintext: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, context)


def _decrypt(cipher: AESGCM, sealed: bytes, context: bytes, trouble: str) -> bytes:
    if len(sealed) < _NONCE_BYTES + 16:
        raise CannotOpen(trouble)
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag:
        raise CannotOpen(trouble) from None


def _decode(kid: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise KeysInvalid(f"key {kid} is not base64") from None
    if len(key) != KEY_BYTES:
        raise KeysInvalid(f"key {kid} has {len(key)} bytes, must be {KEY_BYTES}")
    return key
