"""
Which tokens were revoked before their end: the list of auth, believed for 30 seconds.

It is asked for anew after 20, so that one lost answer does not matter. Fails closed, as sessions do: where no list of
the last 30 seconds is at hand, nobody can say whether a token is good (Unavailable). See decision 0015.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel, ValidationError

from shared.access.internal import InternalApi, ServiceTokens
from shared.access.scopes import AUTH_SESSIONS_RESOLVE
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import FarSideError, Unavailable

BELIEVED_SECONDS = 30.0
_ASK_AFTER_SECONDS = 20.0
_ASK_AGAIN_SECONDS = 5.0
# What can be revoked of a token: itself, and the client's secret it was asked for with.
_REVOCABLE = ("jti", "credential")


class RevokedTokens(Protocol):
    """auth answers from its own database, the other services ask auth (RemoteRevokedTokens)."""

    async def ids(self) -> frozenset[str]:
        """Of tokens and of clients' secrets, until the last token that names one has ended. Raises Unavailable."""
        ...


class _ListAnswer(BaseModel):
    ids: frozenset[str]


class RemoteRevokedTokens:
    """Implements `RevokedTokens` for every service but auth."""

    def __init__(
        self, auth_url: str, service_tokens: ServiceTokens, outward: Outward, *, clock: Clock | None = None
    ) -> None:
        self._auth = InternalApi(auth_url, service_tokens, outward)
        self._clock = clock or SystemClock()
        self._ids: frozenset[str] = frozenset()
        self._as_of: float | None = None
        self._failed_at: float | None = None
        self._asking = asyncio.Lock()

    async def ids(self) -> frozenset[str]:
        """At most 30 s old knowledge. Raises Unavailable."""
        # Who has a list that is believed need not wait for another's asking.
        if self._is_due() and not (self._is_believed() and self._asking.locked()):
            async with self._asking:
                if self._is_due():
                    await self._try()
        if not self._is_believed():
            raise Unavailable("which tokens are revoked could not be had", code="revoked_tokens")
        return self._ids

    def _age(self) -> float | None:
        return None if self._as_of is None else self._clock.monotonic() - self._as_of

    def _is_believed(self) -> bool:
        age = self._age()
        return age is not None and age < BELIEVED_SECONDS

    def _is_due(self) -> bool:
        if self._failed_at is not None and self._clock.monotonic() - self._failed_at < _ASK_AGAIN_SECONDS:
            return False
        age = self._age()
        return age is None or age >= _ASK_AFTER_SECONDS

    async def _try(self) -> None:
        """As old as the question, not as the answer."""
        asked_at = self._clock.monotonic()
        try:
            self._ids, self._as_of, self._failed_at = await self._ask(), asked_at, None
        except FarSideError:
            self._failed_at = self._clock.monotonic()

    async def _ask(self) -> frozenset[str]:
        answer = await self._auth.call(
            "GET",
            "/internal/v1/revoked-tokens",
            scope=AUTH_SESSIONS_RESOLVE,
            operation="revoked_tokens",
            timeout_seconds=5,
        )
        if answer.status != 200:
            raise Unavailable(f"auth answered {answer.status}", code="revoked_tokens")
        try:
            return _ListAnswer.model_validate_json(answer.body).ids
        except ValidationError as error:
            raise Unavailable("auth's answer cannot be read", code="revoked_tokens") from error


def revocable(claims: Mapping[str, object]) -> frozenset[str]:
    """The ids of a token that may stand on the list."""
    return frozenset(str(claims[name]) for name in _REVOCABLE if name in claims)
