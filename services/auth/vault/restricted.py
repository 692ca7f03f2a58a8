"""
Tokens for calls that show buyers' data: made for exactly these calls, kept in memory while they live, never written.

Each belongs to a grant and its consent: these are read first, so that a connection that was ended or renewed gives none
of before. Across processes the lease `restricted` of the connection says who asks the far side, by its budget.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from cachetools import TTLCache

from services.auth.domain.connection import Connection
from services.auth.domain.token import COME_AGAIN_SECONDS, FRESH_FOR, WAIT_SECONDS, TokenState
from services.auth.usecases.errors import Busy
from services.auth.usecases.ports import NamedLeases, Store
from services.auth.usecases.token_ports import TokenVault
from shared.kernel.clock import Clock
from shared.kernel.errors import TokenRejected
from shared.kernel.ids import GrantId
from shared.kernel.ports import AccessToken, Lease
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.restricted import RestrictedPort, RestrictedResource

KIND = "restricted"
_LOOK_AGAIN_SECONDS = 0.1
_KEPT_MOST = 5000
_KEPT_SECONDS = 3600.0

_Key = tuple[GrantId | None, Endpoint, int, tuple[RestrictedResource, ...]]


class RestrictedTokens:
    """See `usecases.give_restricted_token.RestrictedVault`."""

    def __init__(
        self, leases: NamedLeases, tokens: TokenVault, ports: Mapping[str, RestrictedPort], clock: Clock
    ) -> None:
        self._leases = leases
        self._tokens = tokens
        self._ports = ports
        self._clock = clock
        self._kept: TTLCache[_Key, AccessToken] = TTLCache(_KEPT_MOST, _KEPT_SECONDS, clock.monotonic)

    def allows(self, marketplace: str, resources: Sequence[RestrictedResource]) -> bool:
        port = self._ports.get(marketplace)
        if port is None or not 1 <= len(resources) <= port.most:
            return False
        return all(port.is_restricted(one) for one in resources)

    async def current(
        self,
        connection: Connection,
        state: TokenState,
        resources: Sequence[RestrictedResource],
        *,
        rejected: int | None,
    ) -> AccessToken:
        key = (state.grant_id, connection.endpoint, state.consent_version, tuple(sorted(set(resources))))
        deadline = self._clock.monotonic() + WAIT_SECONDS
        while self._clock.monotonic() < deadline:
            kept = self._usable(key, rejected)
            if kept is not None:
                return kept
            async with self._leases.lease_of(KIND, connection.id) as lease:
                if lease is not None:
                    kept = self._usable(key, rejected)
                    if kept is None:
                        kept = self._kept[key] = await self._made(lease, connection, state, key[3], rejected)
                    return kept
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        raise Busy("somebody asks for such a token just now", retry_after_seconds=COME_AGAIN_SECONDS)

    def _usable(self, key: _Key, rejected: int | None) -> AccessToken | None:
        kept = self._kept.get(key)
        if kept is None or (rejected is not None and kept.token_version <= rejected):
            return None
        return kept if self._clock.now() < kept.expires_at - FRESH_FOR else None

    async def _made(
        self,
        lease: Lease[Store],
        connection: Connection,
        state: TokenState,
        resources: tuple[RestrictedResource, ...],
        rejected: int | None,
    ) -> AccessToken:
        """By an access token, and once more by another where that one is refused. It bears that one's version."""
        port = self._ports[connection.marketplace]
        account = FarAccount(
            connection.region,
            connection.seller_id,
            connection.country,
            private=connection.app_id is not None,
            endpoint=connection.endpoint,
        )
        token, asked_at = await self._tokens.current(state, rejected=rejected), self._clock.now()
        try:
            answer = await port.restricted_token(account, resources, token, lease.budgets)
        except TokenRejected:
            newest = await lease.read(lambda store: store.grants.token_state(connection.id))
            token = await self._tokens.current(newest or state, rejected=token.token_version)
            answer = await port.restricted_token(account, resources, token, lease.budgets)
        ends = asked_at + timedelta(seconds=answer.expires_in_seconds)
        return AccessToken(answer.access_token, token.token_version, state.consent_version, ends)
