"""Turns a consent code into a sealed grant."""

from collections.abc import Mapping

from services.auth.domain.grant import SealedGrant
from services.auth.usecases.begin_consent import Offer
from services.auth.vault.seals import GrantSeals
from shared.kernel.clock import Clock
from shared.kernel.errors import Unreadable
from shared.kernel.ids import GrantId, new_id


class SealingConsents:
    """See `usecases.ports.ConsentVault`."""

    def __init__(self, offers: Mapping[str, Offer], seals: GrantSeals, clock: Clock) -> None:
        self._offers = offers
        self._seals = seals
        self._clock = clock

    async def exchange(self, marketplace: str, region: str, code: str) -> SealedGrant:
        offer, asked_at = self._offers[marketplace], self._clock.now()
        grant_id = GrantId(new_id())
        key = await self._seals.new_key(grant_id)  # before the code is spent
        answer = await offer.consent.exchange(region, code, offer.redirect_uri)
        if answer.refresh_token is None:
            raise Unreadable("the exchange gave no refresh token", code="no_refresh_token")
        return self._seals.new_grant(grant_id, key, marketplace, region, answer, asked_at)
