"""Brings the data keys of grants, signing keys and private applications under the newest key-encryption key."""

from uuid import UUID

from services.auth.vault.private_apps import app_context
from services.auth.vault.seals import key_context
from services.auth.vault.signing import signing_context
from shared.crypto import rewrapping
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import GrantId


class Rewrapping:
    """See `usecases.ports.KeyWrapping`."""

    def __init__(self, keys: KeyRing) -> None:
        self._rewrapping = rewrapping.Rewrapping(keys)

    def rewrap_grant(self, grant_id: GrantId, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, key_context(grant_id))

    def rewrap_signing_key(self, kid: str, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, signing_context(kid))

    def rewrap_private_app(self, app_id: UUID, wrapped: bytes) -> bytes | None:
        return self._rewrapping.rewrap(wrapped, app_context(app_id))
