"""A marketplace of the tests' own, where sellers delegate in a portal: it fills the ports, in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from shared.http.outward import Outward
from shared.kernel.budgets import Budgets
from shared.kernel.errors import ConsentLost, TokenRejected
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import Channel, OAuthAnswer
from shared.marketplaces.ports import Capabilities, FarAccount, FarSide
from shared.marketplaces.profile import Pace, Profile
from shared.marketplaces.reached import Reached
from shared.marketplaces.registry import Marketplace

BAZAAR = "bazaar"
REGION = "eu"
ONE = Channel("ONE", "Bazaar One", "FR", "EUR", "Europe/Paris")
TWO = Channel("TWO", "Bazaar Two", "ES", "EUR", "Europe/Madrid")
APP = {"client_id": "ours", "client_secret": "s3cret-ours", "listed_as": "Our name there"}


@dataclass
class Bazaar:
    """
    The far side. `delegated`: sellers who let us in; `credentials`: those of sellers' own, by seller id.

    `trouble`: raised by the next renewal or probe; `meanwhile`: what happens while a probe is under way.
    """

    delegated: set[str] = field(default_factory=set)
    credentials: dict[str, tuple[str, str]] = field(default_factory=dict)
    channels: tuple[Channel, ...] = (ONE, TWO)
    renewals: int = 0
    probes: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    token_trouble: Exception | None = None
    probe_trouble: Exception | None = None
    good_from: int = 1
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def renew(self, region: str, refresh_token: str | None) -> OAuthAnswer:
        assert (region, refresh_token) == (REGION, None)
        self.renewals += 1
        await asyncio.sleep(0.05)
        if self.token_trouble is not None:
            raise self.token_trouble
        return OAuthAnswer(f"bazaar-token-{self.renewals}", 7200, "bazaar-refresh-not-wanted")

    async def probe(self, account: FarAccount, token: AccessToken, _budgets: Budgets) -> Reached:
        self.probes.append(account.seller_id)
        let_in = account.seller_id in self.delegated
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if self.probe_trouble is not None:
            raise self.probe_trouble
        if token.token_version < self.good_from:
            raise TokenRejected("unknown token")
        if not let_in:
            raise ConsentLost("not delegated")
        return Reached(self.channels)

    async def is_account_of(self, account: FarAccount, client_id: str, client_secret: str) -> bool:
        self.tried.append(account.seller_id)
        await asyncio.sleep(0.01)
        return self.credentials.get(account.seller_id) == (client_id, client_secret)

    def build(self, _outward: Outward, _far_side: FarSide, _clock: object) -> Marketplace:
        nothing = cast(Any, None)
        return Marketplace(BAZAAR, (), orders=nothing, tracking=nothing, grants=self, delegation=self)


PROFILE = Profile(
    name=BAZAAR,
    title="Bazaar",
    regions={REGION: "Europe"},
    stores={each.id: each for each in (ONE, TWO)},
    operations=(),
    capabilities=Capabilities(write="readable", read_lag_seconds=60),
    authorisation="delegation",
    pace=Pace(600, 600, 3600),
    real_addresses=FarSide(
        api_urls={REGION: "https://api.bazaar.example"},
        central_urls={REGION: "https://portal.bazaar.example/credentials"},
        token_url="https://token.bazaar.example",
    ),
    delegation_steps=("Choose %(us)s in the list.",),
    seller_ids="[1-9][0-9]{0,9}",
)
