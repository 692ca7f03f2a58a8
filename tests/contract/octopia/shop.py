"""Our Octopia folder against the sandbox, both in the test's own process, with one clock that tests turn."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.http.outward import Outward
from shared.kernel.budgets import Budgets, Rate
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.listings import StockLine, StockOutcome
from shared.marketplaces.models import FarApp, MarketplaceOrder, OrderPage, OrdersQuery, ParcelToTell
from shared.marketplaces.ports import FarAccount, FarSide, FrozenBody, GrantPort, PageTokenRefused
from shared.marketplaces.registry import PROFILES, Marketplace, marketplaces
from tests.contract.amazon.shop import Impatient
from tests.contract.sandbox.far_octopia import API, CLIENT_ID, SECRET, SELLER, TOKEN_URL, OctopiaFar

_FAR = "http://127.0.0.1:9900"
CDISCOUNT = "CDISFR"
_MOST_STEPS = 400


class OurClock:
    """The product's clock: the sandbox's."""

    def __init__(self, far: OctopiaFar) -> None:
        self._far = far

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._far.now, UTC)

    def monotonic(self) -> float:
        return self._far.now


@dataclass
class OctopiaShop:
    """A seller's connection: `octopia` is ours, `far` the sandbox. `timeout_seconds` is every call's."""

    far: OctopiaFar
    timeout_seconds: float = 20.0
    budgets: Budgets = field(init=False)

    def __post_init__(self) -> None:
        self.clock = OurClock(self.far)
        self.outward = Outward(self.clock, transport=self.far.transport)
        self.far_side = FarSide(
            api_urls={"eu": f"{_FAR}{API}"},
            token_url=f"{_FAR}{TOKEN_URL}",
            apps={"eu": FarApp("", CLIENT_ID, SECRET, draft=False)},
        )
        self.octopia = self.built(self.far_side)
        self.fill_budgets()
        self.account = FarAccount("eu", SELLER)
        self.token = self.token_of(self.far.token)

    def built(self, far_side: FarSide) -> Marketplace:
        sends = Impatient(self.outward, lambda: self.timeout_seconds)
        return marketplaces(sends, {"octopia": far_side}, clock=self.clock)["octopia"]

    @property
    def grants(self) -> GrantPort:
        assert self.octopia.grants is not None
        return self.octopia.grants

    def fill_budgets(self) -> None:
        self.budgets = Budgets({operation.name: operation.rate for operation in PROFILES["octopia"].operations})

    def token_of(self, value: str) -> AccessToken:
        return AccessToken(value, 1, 1, self.clock.now() + timedelta(hours=2))

    def query(self, **fields: Any) -> OrdersQuery:
        """A window of the last day up to now."""
        window = OrdersQuery(
            channel_ids=(CDISCOUNT,),
            updated_after=self.clock.now() - timedelta(days=1),
            updated_before=self.octopia.orders.latest_before(self.clock.now()),
        )
        return replace(window, **fields)

    def sweep(self, **fields: Any) -> OrdersQuery:
        """All orders that are still to be shipped."""
        now = self.octopia.orders.latest_before(self.clock.now())
        return self.query(
            updated_after=None,
            updated_before=None,
            placed_after=now - timedelta(days=365),
            placed_before=now,
            statuses=self.octopia.orders.open_statuses,
            **fields,
        )

    async def page(self, query: OrdersQuery) -> OrderPage:
        return await self.octopia.orders.read_page(self.account, query, self.token, self.budgets)

    async def listed(self, query: OrdersQuery | None = None) -> dict[str, MarketplaceOrder]:
        """Every order of a window, over all its pages; started again where we are told to."""
        whole = query or self.query()
        query, found = whole, dict[str, MarketplaceOrder]()
        while True:
            try:
                page = await self.page(query)
            except PageTokenRefused:
                query, found = whole, {}
                continue
            found |= {order.id: order for order in page.orders}
            if page.next_token is None:
                return found
            query = replace(query, page_token=page.next_token)
            self.far.now += 2

    async def order(self, order_id: str) -> MarketplaceOrder:
        return await self.octopia.orders.read_order(self.account, order_id, self.token, self.budgets)

    async def planted(self, **fields: Any) -> MarketplaceOrder:
        [order_id] = await self.far.control.orders(SELLER, 1, **fields)
        return await self.order(order_id)

    def freeze(self, order: MarketplaceOrder, **fields: Any) -> FrozenBody:
        """A parcel with everything of an order that the seller ships."""
        parcel = ParcelToTell(
            marketplace_order_id=order.id,
            channel_id=order.channel_id or "",
            reference="ours",
            carrier="Passerelle Express",
            tracking_number="340123450000000017",
            tracking_url="https://passerelle.example/t/340123450000000017",
            shipped_at=self.clock.now(),
            lines=tuple((one.id, one.ordered) for one in order.lines),
            placed_at=order.placed_at,
        )
        return self.octopia.tracking.freeze(replace(parcel, **fields))

    def intent(self, value: Any, seconds: float = 30.0) -> Intent[Any]:
        return Intent(value, self.clock.now() + timedelta(seconds=seconds), self.clock.monotonic() + seconds)

    async def tell(self, order_id: str, body: FrozenBody, *, seconds: float = 30.0) -> None:
        send = self.octopia.tracking.send
        await send(self.account, order_id, self.intent(body, seconds), self.token, self.budgets)

    async def numbers(self, order_id: str) -> list[str | None]:
        """The tracking number of each parcel Octopia shows."""
        packages = await self.octopia.tracking.read_packages(self.account, order_id, self.token, self.budgets)
        return [package.tracking_number for package in packages]

    async def push(self, quantities: dict[str, int]) -> dict[str, StockOutcome]:
        """A submission to its end; waits are the clock's."""
        stock = self.octopia.stock
        assert stock is not None
        budgets = Budgets({operation.name: Rate(1.0, 10_000) for operation in PROFILES["octopia"].operations})
        told = tuple(StockLine(sku, quantity) for sku, quantity in quantities.items())
        state: FrozenBody | None = stock.begin(CDISCOUNT, told)
        outcomes: dict[str, StockOutcome] = {}
        for _ in range(_MOST_STEPS):
            if state is None:
                return outcomes
            step = await stock.advance(self.account, self.intent(state), self.token, budgets)
            outcomes |= {one.sku: one for one in step.outcomes}
            state = step.state
            self.far.now += step.wait_seconds
        raise AssertionError("it must come to an end")

    async def close(self) -> None:
        await self.outward.close()
