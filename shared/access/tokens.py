"""
Checking access tokens of our own auth: ES256 JWTs with audience `passerelle`.

The signing keys come from auth's JWKS and are kept; an unknown key id asks again, at most every 10 seconds and once for
everybody, so that a rotated key is found at once and a forged one does not become a flood, auth away or not.

That a token was signed by one of the keys at hand is remembered, until the keys are read anew; what it says (when it
ends, what it may do), and whether it was revoked, is looked at each time it comes.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from cachetools import LRUCache
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from shared.access.errors import NotSignedIn
from shared.access.principal import Principal
from shared.access.revoked import RevokedTokens, revocable
from shared.http.messages import Request
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import FarSideError, Unavailable
from shared.kernel.ids import OrganisationId

AUDIENCE = "passerelle"
ALGORITHM = "ES256"
LEEWAY_SECONDS = 30
_ASK_AGAIN_SECONDS = 10.0
KEEP_SECONDS = 600.0
_REMEMBERED_MOST = 1000


class SigningKeys(Protocol):
    async def holding(self, kid: str) -> KeySet:
        """
        The public keys, with `kid` among them if it exists: the same object until they are read anew.

        Raises Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a token says, once its signature was found good by `keys`."""

    kid: str
    keys: KeySet
    claims: dict[str, Any]


@dataclass(frozen=True)
class TokenVerifier:
    """`issuer` is the public URL."""

    issuer: str
    signing_keys: SigningKeys
    clock: Clock
    revoked: RevokedTokens
    # By the token's SHA-256: the token itself is kept nowhere.
    _signed: LRUCache[bytes, _Signed] = field(
        default_factory=lambda: LRUCache(_REMEMBERED_MOST), init=False, repr=False, compare=False
    )

    async def verify(self, token: str) -> Principal:
        """Whoever the token was given to. Raises NotSignedIn (no reason is given away), Unavailable."""
        claims = await self.claims(token)
        if revocable(claims) & await self.revoked.ids():
            raise NotSignedIn("the token is not valid")
        return _principal(claims)

    async def claims(self, token: str) -> dict[str, Any]:
        """What a token of ours says that has not ended, revoked or not. Raises NotSignedIn, Unavailable."""
        try:
            claims = await self._signed_claims(token)
            self._registry().validate(claims)
            _principal(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotSignedIn("the token is not valid") from error
        return claims

    async def _signed_claims(self, token: str) -> dict[str, Any]:
        """Computing a signature is most of the work of a verification: done once for a token and a set of keys."""
        digest = hashlib.sha256(token.encode()).digest()
        signed = self._signed.get(digest)
        kid = _kid(token) if signed is None else signed.kid
        keys = await self.signing_keys.holding(kid)
        if signed is None or signed.keys is not keys:
            claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
            signed = self._signed[digest] = _Signed(kid, keys, claims)
        return signed.claims

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self.clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            client_id={"essential": True},
            jti={"essential": True},
        )


class RemoteSigningKeys:
    """auth's JWKS, kept for ten minutes."""

    def __init__(self, auth_url: str, outward: Outward, *, clock: Clock | None = None) -> None:
        self._url = auth_url.rstrip("/") + "/.well-known/jwks.json"
        self._outward = outward
        self._clock = clock or SystemClock()
        self._keys = KeySet([])
        self._asking = asyncio.Lock()
        self._asked_at: float | None = None
        self._failed_at: float | None = None

    async def holding(self, kid: str) -> KeySet:
        """The kept keys; asked for again when `kid` is not among them or they are old. Raises Unavailable."""
        # Who has a key need not wait for another's asking.
        if self._is_due(kid) and not (self._knows(kid) and self._asking.locked()):
            async with self._asking:
                if self._is_due(kid):
                    await self._try()
        if self._failed_at is not None and not self._knows(kid):
            left = self._failed_at + _ASK_AGAIN_SECONDS - self._clock.monotonic()
            raise Unavailable("auth's keys could not be had", code="jwks", retry_after_seconds=max(1.0, left))
        return self._keys

    def _knows(self, kid: str) -> bool:
        return any(key.kid == kid for key in self._keys)

    def _is_due(self, kid: str) -> bool:
        now, keep = self._clock.monotonic(), KEEP_SECONDS if self._knows(kid) else _ASK_AGAIN_SECONDS
        if self._failed_at is not None and now - self._failed_at < _ASK_AGAIN_SECONDS:
            return False
        return self._asked_at is None or now - self._asked_at >= keep

    async def _try(self) -> None:
        try:
            await self._ask()
            self._failed_at = None
        except FarSideError:
            self._failed_at = self._clock.monotonic()

    async def _ask(self) -> None:
        answer = await self._outward.call(Request("GET", self._url, "jwks", "read", timeout_seconds=5))
        if answer.status != 200:
            raise Unavailable(f"auth's keys answered {answer.status}", code="jwks")
        try:
            self._keys = KeySet.import_key_set(answer.json())
        except (FarSideError, JoseError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("auth's keys cannot be read", code="jwks") from error
        self._asked_at = self._clock.monotonic()


def _kid(token: str) -> str:
    """The header's key id, unchecked: only to find the key."""
    return str(extract_compact(token.encode()).headers()["kid"])


def _principal(claims: dict[str, object]) -> Principal:
    organisation = claims.get("organisation")
    return Principal(
        organisation_id=OrganisationId(UUID(str(organisation))) if organisation else None,
        user_id=None,
        scopes=frozenset(str(claims.get("scope", "")).split()),
        label=str(claims["client_id"]),
    )
