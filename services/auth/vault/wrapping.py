"""Brings data keys under the newest key-encryption key; what they sealed stays as it is."""

from services.auth.vault.seals import key_context
from services.auth.vault.signing import signing_context
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import GrantId


class Rewrapping:
    """See `usecases.ports.KeyWrapping`."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def rewrap_grant(self, grant_id: GrantId, wrapped: bytes) -> bytes | None:
        return self._keys.rewrap(wrapped, key_context(grant_id))

    def rewrap_signing_key(self, kid: str, wrapped: bytes) -> bytes | None:
        return self._keys.rewrap(wrapped, signing_context(kid))
