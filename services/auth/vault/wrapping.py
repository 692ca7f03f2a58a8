"""Brings all data keys under the newest key-encryption key."""

import structlog

from services.auth.domain.keys import WrappedKey
from shared.crypto.data_keys import DataKeys
from shared.crypto.errors import CryptoError

log = structlog.get_logger()


class Rewrapping:
    """See `usecases.ports.KeyWrapping`."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    @property
    def newest(self) -> bytes:
        return self._keys.head

    async def rewrap(self, key: WrappedKey) -> bytes | None:
        context = f"auth.{key.sealed}:{key.id}"
        try:
            return await self._keys.rewrap(key.wrapped, context.encode())
        except CryptoError as error:
            log.error("data_key.does_not_open", subject=context, reason=str(error))  # noqa: TRY400 - no bug
            return None
