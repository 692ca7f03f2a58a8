"""Keys that sign service tokens: ES256, the private half sealed in the database, in clear only while it signs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from joserfc.jwk import ECKey

from services.auth.domain.signing import SigningKey
from shared.crypto.errors import CryptoError
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import new_id

_CURVE = "P-256"


class SealedSigning:
    """See `usecases.ports.SigningVault`."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def new_key(self, now: datetime) -> SigningKey:
        kid = str(new_id())
        pair = ECKey.generate_key(_CURVE, {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)
        data_key = self._keys.new_key(signing_context(kid))
        private = json.dumps(pair.as_dict(private=True)).encode()
        sealed = self._keys.seal(data_key, private, signing_context(kid))
        return SigningKey(kid, dict(pair.as_dict(private=False)), data_key, sealed, now)

    def opens(self, key: SigningKey) -> bool:
        try:
            self.opened(key)
        except CryptoError:
            return False
        return True

    def opened(self, key: SigningKey) -> ECKey:
        """The pair, to sign with."""
        opened = self._keys.open(key.data_key, key.private_key, signing_context(key.kid))
        return ECKey.import_key(json.loads(opened))


def jwks(keys: Sequence[SigningKey]) -> dict[str, Any]:
    """What everybody may know, to check signatures."""
    return {"keys": [key.public_key for key in keys]}


def signing_context(kid: str) -> bytes:
    return f"auth.signing_key:{kid}".encode()
