"""Our Amazon client as the product builds it, and the far side that answers a case whatever is asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from shared.http.messages import Answer
from shared.http.outward import Outward
from shared.kernel.budgets import Budgets
from shared.kernel.clock import SystemClock
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.amazon.oauth import AmazonOAuth
from shared.marketplaces.amazon.operations import OPERATIONS
from shared.marketplaces.amazon.orders import AmazonOrders
from shared.marketplaces.amazon.probes import seller_stores
from shared.marketplaces.amazon.stores import EU, FE, NA, STORES
from shared.marketplaces.amazon.tracking import AmazonTracking
from shared.marketplaces.amazon.wire import Call, Spapi
from shared.marketplaces.client_secrets import GIVEN_SECRETS
from shared.marketplaces.ports import FarAccount
from tests.conformance.cases import Case

REGIONS = (NA, EU, FE)
SELLER = "SELLER"
_HOUR = timedelta(hours=1)


class Client:
    """
    `api_url`: the far side's address, the region is appended. `tokens`: access tokens by region. `sent`: every request.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, api_url: str, tokens: Mapping[str, str]) -> None:
        self.sent: list[httpx.Request] = []
        self.clock = SystemClock()
        self._tokens = tokens
        outward = Outward(self.clock, transport=_Watched(transport, self.sent))
        self.close = outward.close
        self.spapi = Spapi(outward, {region: f"{api_url}/{region}" for region in REGIONS}, self.clock)
        self.orders = AmazonOrders(self.spapi, self.clock)
        self.tracking = AmazonTracking(self.spapi, self.clock)
        self.oauth = AmazonOAuth(
            outward, self.spapi, token_url="", central_urls={}, apps={}, secrets=GIVEN_SECRETS, reach=seller_stores
        )

    def account(self, store_id: str | None, seller_id: str | None = None) -> FarAccount:
        """The seller in the region of this store; in North America where it is none we know."""
        store = STORES.get(store_id or "")
        return FarAccount(store.region if store else NA, seller_id or SELLER)

    def token(self, account: FarAccount) -> AccessToken:
        return AccessToken(self._tokens[account.region], 1, 1, self.clock.now() + _HOUR)

    @property
    def budgets(self) -> Budgets:
        """Full ones: no case waits for another."""
        return Budgets({operation.name: operation.rate for operation in OPERATIONS})

    def intent(self, value: dict[str, Any]) -> Intent[dict[str, Any]]:
        return Intent(value, self.clock.now() + _HOUR, self.clock.monotonic() + _HOUR.total_seconds())

    async def call(self, account: FarAccount, call: Call) -> Answer:
        return await self.spapi.call(account, call, self.token(account), self.budgets)


def answering(case: Case) -> Client:
    """A client of a far side that answers this case to every request."""
    transport = httpx.MockTransport(lambda _: httpx.Response(case.status, content=case.body))
    return Client(transport, "http://far.invalid", dict.fromkeys(REGIONS, "token"))


class _Watched(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, sent: list[httpx.Request]) -> None:
        self._transport = transport
        self._sent = sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._sent.append(request)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
