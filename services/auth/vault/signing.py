"""Keys that sign service tokens: ES256, the private half sealed in the database, in clear only while it signs."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from joserfc.jwk import ECKey

from services.auth.domain.signing import SigningKey
from shared.crypto.data_keys import DataKeys
from shared.crypto.errors import CryptoError
from shared.kernel.ids import new_id

_CURVE = "P-256"


class SealedSigning:
    """See `usecases.ports.SigningVault`."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def new_key(self, now: datetime) -> SigningKey:
        kid = str(new_id())
        pair = ECKey.generate_key(_CURVE, {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)
        data_key = await self._keys.new_at_hand(signing_context(kid))
        private = json.dumps(pair.as_dict(private=True)).encode()
        return SigningKey(kid, dict(pair.as_dict(private=False)), data_key.wrapped, data_key.seal(private), now)

    async def opens(self, key: SigningKey) -> bool:
        try:
            await self.opened(key)
        except CryptoError:
            return False
        return True

    async def opened(self, key: SigningKey) -> ECKey:
        """The pair, to sign with. Raises UnknownKey, CannotOpen, Unavailable."""
        data_key = await self._keys.at_hand(key.data_key, signing_context(key.kid))
        return ECKey.import_key(json.loads(data_key.open(key.private_key)))

    async def first_opened(self, keys: Sequence[SigningKey]) -> ECKey:
        """Of the first that opens, of one at least. Raises what the last one does where none opens; Unavailable."""
        *others, last = keys
        for key in others:
            with suppress(CryptoError):
                return await self.opened(key)
        return await self.opened(last)


def jwks(keys: Sequence[SigningKey]) -> dict[str, Any]:
    """What everybody may know, to check signatures."""
    return {"keys": [key.public_key for key in keys]}


def signing_context(kid: str) -> bytes:
    return f"auth.signing_key:{kid}".encode()
