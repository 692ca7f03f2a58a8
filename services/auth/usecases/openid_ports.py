"""What signing in at an OpenID provider needs: states, and the provider."""

from datetime import datetime
from typing import Protocol

from services.auth.domain.openid import Identity, OpenIdState


class OpenIdStates(Protocol):
    async def add(self, state: OpenIdState) -> None: ...

    async def use(self, digest: str, holder: str, now: datetime) -> OpenIdState | None:
        """Once, by the browser that began; None: there is none, or no longer."""
        ...


class OpenIdProvider(Protocol):
    """`nonce` and `verifier` (RFC 7636) are of one sign-in. Each raises OpenIdFailed; no transaction is open."""

    @property
    def name(self) -> str:
        """As people know it."""
        ...

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Of its page, where they sign in."""
        ...

    async def identity(self, code: str, *, issuer: str | None, nonce: str, verifier: str) -> Identity:
        """Of whom it led back. `issuer`: who the redirect says it is (RFC 9207)."""
        ...
