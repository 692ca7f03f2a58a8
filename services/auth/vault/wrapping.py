"""Brings data keys under the newest key-encryption key; what they sealed stays as it is."""

import structlog

from services.auth.vault.seals import key_context
from services.auth.vault.signing import signing_context
from shared.crypto.errors import CryptoError
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import GrantId

log = structlog.get_logger()


class Rewrapping:
    """See `usecases.ports.KeyWrapping`."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def rewrap_grant(self, grant_id: GrantId, wrapped: bytes) -> bytes | None:
        return self._rewrap(wrapped, key_context(grant_id))

    def rewrap_signing_key(self, kid: str, wrapped: bytes) -> bytes | None:
        return self._rewrap(wrapped, signing_context(kid))

    def _rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """One that does not open is told, and left: it must not end the worker, which publishes for everybody."""
        try:
            return self._keys.rewrap(wrapped, context)
        except CryptoError as error:
            log.error("data_key.does_not_open", subject=context.decode(), reason=str(error))  # noqa: TRY400 - no bug
            return None
