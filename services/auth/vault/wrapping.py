"""Brings the data keys of grants, second factors and signing keys under the newest key-encryption key."""

from services.auth.vault.seals import key_context
from services.auth.vault.second_factors import factor_context
from services.auth.vault.signing import signing_context
from shared.crypto import rewrapping
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import GrantId, UserId


class Rewrapping:
    """See `usecases.ports.KeyWrapping`."""

    def __init__(self, keys: KeyRing) -> None:
        self._rewrapping = rewrapping.Rewrapping(keys)

    def rewrap_grant(self, grant_id: GrantId, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, key_context(grant_id))

    def rewrap_factor(self, account_id: UserId, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, factor_context(account_id))

    def rewrap_signing_key(self, kid: str, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, signing_context(kid))
