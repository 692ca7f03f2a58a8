"""Secrets of second factors: made, shown to their owner once, and codes held against them."""

import base64
import hmac
import os
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from services.auth.domain.second_factor import SecondFactor
from shared.crypto.data_keys import DataKeys
from shared.kernel.ids import UserId

# RFC 4226 recommends 160 bits; SHA-1 and six digits are what every app knows.
_SECRET_BYTES = 20
_DIGITS = 6
_ISSUER = "Passerelle"


class SealedFactors:
    """See `usecases.factor_ports.FactorVault`."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def new_factor(self, account_id: UserId) -> SecondFactor:
        key = await self._keys.new_at_hand(factor_context(account_id))
        return SecondFactor(account_id, key.wrapped, key.seal(os.urandom(_SECRET_BYTES)))

    async def secret_text(self, factor: SecondFactor) -> str:
        return base64.b32encode(await self._secret(factor)).decode().rstrip("=")

    async def app_address(self, factor: SecondFactor, email: str) -> str:
        """What the QR code says (the format of Google Authenticator's wiki, which every app reads)."""
        label = quote(f"{_ISSUER}:{email}")
        return f"otpauth://totp/{label}?secret={await self.secret_text(factor)}&issuer={_ISSUER}"

    async def step_of(self, factor: SecondFactor, code: str, steps: range) -> int | None:
        app = HOTP(await self._secret(factor), _DIGITS, SHA1())  # noqa: S303 - as the standard has it; not for collisions
        fits = [step for step in steps if hmac.compare_digest(app.generate(step), code.encode())]
        return fits[0] if fits else None

    async def _secret(self, factor: SecondFactor) -> bytes:
        key = await self._keys.at_hand(factor.data_key, factor_context(factor.account_id))
        return key.open(factor.secret)


def factor_context(account_id: UserId) -> bytes:
    return f"auth.second_factor:{account_id}".encode()
