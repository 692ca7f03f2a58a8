"""Brings data keys under the newest key-encryption key; what they sealed stays as it is."""

import structlog

from shared.crypto.errors import CryptoError
from shared.crypto.keyring import KeyRing

log = structlog.get_logger()


class Rewrapping:
    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    @property
    def newest(self) -> bytes:
        """What a data key under the newest key-encryption key begins with."""
        return self._keys.head

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """
        The data key under the newest key; None: it already is, or does not open.

        Such a one is told, and left: it must not end the worker, which publishes for everybody.
        """
        try:
            return self._keys.rewrap(wrapped, context)
        except CryptoError as error:
            log.error("data_key.does_not_open", subject=context.decode(), reason=str(error))  # noqa: TRY400 - no bug
            return None
