"""Our Amazon folder against the sandbox, both in the test's own process, with one clock each that tests turn."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from shared.http.messages import Answer, Request
from shared.http.outward import Outward
from shared.kernel.budgets import Budgets
from shared.kernel.errors import Throttled
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.listings import Listing, StockLine, StockOutcome, StockStep
from shared.marketplaces.models import FarApp, MarketplaceOrder, OrderPage, OrdersQuery, ParcelToTell
from shared.marketplaces.ports import FarAccount, FarSide, FrozenBody
from shared.marketplaces.registry import PROFILES, Marketplace, marketplaces
from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, FRANCE, REDIRECT_URI, SECRET, SELLER, Far

T = TypeVar("T")
_FAR = "http://127.0.0.1:9900/amazon"
REGIONS = ("eu", "na", "fe")


class OurClock:
    """The product's clock: the sandbox's, `ahead_seconds` off."""

    def __init__(self, far: Far) -> None:
        self._far = far
        self.ahead_seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._far.now + self.ahead_seconds, UTC)

    def monotonic(self) -> float:
        return self._far.now


class Impatient:
    """Sends as the product does, but waits a moment only, so that a far side that never answers ends a test soon."""

    def __init__(self, outward: Outward, timeout_seconds: Callable[[], float]) -> None:
        self._outward = outward
        self._timeout_seconds = timeout_seconds

    async def call(self, request: Request) -> Answer:
        return await self._outward.call(replace(request, timeout_seconds=self._timeout_seconds()))


@dataclass
class Shop:
    """A seller's connection: `amazon` is ours, `far` the sandbox. `timeout_seconds` is every call's."""

    far: Far
    region: str = "eu"
    timeout_seconds: float = 20.0
    budgets: Budgets = field(init=False)

    def __post_init__(self) -> None:
        self.clock = OurClock(self.far)
        self.outward = Outward(self.clock, transport=self.far.transport)
        far_side = FarSide(
            api_urls={region: f"{_FAR}/{region}" for region in REGIONS},
            central_urls={country: f"{_FAR}/central/{country}" for country in PROFILES["amazon"].places.regions},
            token_url=f"{_FAR}/lwa/auth/o2/token",
            apps={region: FarApp(APPLICATION, CLIENT_ID, SECRET, draft=False) for region in REGIONS},
        )
        sends = Impatient(self.outward, lambda: self.timeout_seconds)
        self.amazon: Marketplace = marketplaces(sends, {"amazon": far_side}, clock=self.clock)["amazon"]
        self.fill_budgets()
        self.account = FarAccount(self.region, SELLER)
        self.token = self.token_of(self.far.token)

    def fill_budgets(self) -> None:
        self.budgets = Budgets({operation.name: operation.rate for operation in PROFILES["amazon"].operations})

    def token_of(self, value: str) -> AccessToken:
        return AccessToken(value, 1, 1, self.clock.now() + timedelta(hours=1))

    def query(self, **fields: Any) -> OrdersQuery:
        """A window of the last day up to the newest moment Amazon allows, with all data."""
        window = OrdersQuery(
            channel_ids=("A13V1IB3VIYZZH",),
            updated_after=self.clock.now() - timedelta(days=1),
            updated_before=self.amazon.orders.latest_before(self.clock.now()),
            data=self.amazon.orders.data_sets[0],
        )
        return replace(window, **fields)

    async def page(self, **fields: Any) -> OrderPage:
        return await self.amazon.orders.read_page(self.account, self.query(**fields), self.token, self.budgets)

    async def listed(self, query: OrdersQuery | None = None) -> dict[str, MarketplaceOrder]:
        """Every order of a window, over all its pages."""
        query, found = query or self.query(), dict[str, MarketplaceOrder]()
        while True:
            page = await self.amazon.orders.read_page(self.account, query, self.token, self.budgets)
            found |= {order.id: order for order in page.orders}
            if page.next_token is None:
                return found
            query = replace(query, page_token=page.next_token)

    async def order(self, order_id: str) -> MarketplaceOrder:
        return await self.amazon.orders.read_order(self.account, order_id, self.token, self.budgets)

    def parcel(self, order: MarketplaceOrder, **fields: Any) -> ParcelToTell:
        """A parcel with everything of an order that is left to ship."""
        parcel = ParcelToTell(
            marketplace_order_id=order.id,
            channel_id=order.channel_id or "",
            reference="123456789",
            carrier="Passerelle Express",
            tracking_number="340123450000000017",
            tracking_url=None,
            shipped_at=self.clock.now() - timedelta(minutes=1),
            lines=tuple((one.id, one.ordered - one.cancelled - one.fulfilled) for one in order.lines),
            placed_at=order.placed_at,
        )
        return replace(parcel, **fields)

    def freeze(self, order: MarketplaceOrder, **fields: Any) -> FrozenBody:
        return self.amazon.tracking.freeze(self.parcel(order, **fields))

    async def tell(self, order_id: str, body: FrozenBody, *, send_before_seconds: float = 30.0) -> None:
        deadline = timedelta(seconds=send_before_seconds)
        intent = Intent(body, self.clock.now() + deadline, self.clock.monotonic() + send_before_seconds)
        await self.amazon.tracking.send(self.account, order_id, intent, self.token, self.budgets)

    async def numbers(self, order_id: str) -> list[tuple[str | None, str | None]]:
        """Reference and tracking number of each parcel Amazon shows."""
        read = self.amazon.tracking.read_packages
        packages = await read(self.account, order_id, self.token, self.budgets)
        return [(package.reference, package.tracking_number) for package in packages]

    async def listings(self, channel_id: str = FRANCE) -> dict[str, Listing]:
        """Every listing of a store, over all its pages; the budget is given the time it asks for."""
        assert self.amazon.listings is not None
        found, page_token = dict[str, Listing](), None
        read = partial(self.amazon.listings.read_page, self.account, channel_id)
        while True:
            page = await self._patiently(partial(read, page_token, self.token, self.budgets))
            found |= {listing.sku: listing for listing in page.listings}
            if page.next_token is None:
                return found
            page_token = page.next_token

    def begin(self, *lines: StockLine, channel_id: str = FRANCE) -> FrozenBody:
        assert self.amazon.stock is not None
        return self.amazon.stock.begin(channel_id, lines)

    async def advance(self, state: FrozenBody, *, send_before_seconds: float = 30.0) -> StockStep:
        """One call of a submission, from a state that was committed as JSON."""
        assert self.amazon.stock is not None
        deadline = timedelta(seconds=send_before_seconds)
        intent = Intent(json.loads(json.dumps(state)), self.clock.now() + deadline, self.far.now + send_before_seconds)
        return await self.amazon.stock.advance(self.account, intent, self.token, self.budgets)

    async def tell_stock(self, *lines: StockLine, channel_id: str = FRANCE) -> dict[str, StockOutcome]:
        """A submission from its beginning to its end, waiting as long as it says; outcomes by SKU."""
        state: FrozenBody | None = self.begin(*lines, channel_id=channel_id)
        found = dict[str, StockOutcome]()
        while state is not None:
            step = await self._patiently(partial(self.advance, state))
            found |= {outcome.sku: outcome for outcome in step.outcomes}
            self.far.now += step.wait_seconds
            state = step.state
        return found

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await call()
            except Throttled as error:
                self.far.now += (error.retry_after_seconds or 1.0) + 0.01

    async def deviations(self) -> list[Any]:
        return list((await self.far.control.calls())["deviations"])

    async def close(self) -> None:
        await self.outward.close()


__all__ = ["REDIRECT_URI", "SELLER", "Shop"]
