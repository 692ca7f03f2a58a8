"""A marketplace under test: ours through its ports, and what its far side must be able to do for the laws."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.kernel.budgets import Budgets
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.listings import StockLine, StockOutcome
from shared.marketplaces.models import MarketplaceOrder, OrderPage, OrdersQuery, ParcelToTell
from shared.marketplaces.ports import FarAccount, FrozenBody
from shared.marketplaces.registry import PROFILES, Marketplace

T = TypeVar("T")


@dataclass
class Place:
    """
    `plant(count)` makes open orders at the far side and gives their ids; `later(seconds)` turns both clocks;
    `stock(sku)` is what the channel shows. `close` also fails the test for what a strict far side would have refused.
    """

    marketplace: Marketplace
    account: FarAccount
    channel_id: str
    access_token: str
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    later: Callable[[float], None]
    plant: Callable[..., Awaitable[list[str]]]
    stock: Callable[[str], Awaitable[int]]
    close: Callable[[], Awaitable[None]]
    listed_skus: tuple[str, ...] = ()
    budgets: Budgets = field(init=False)

    def __post_init__(self) -> None:
        self.profile = PROFILES[self.marketplace.name]
        assert self.profile.capabilities is not None
        self.capabilities = self.profile.capabilities
        self.budgets = Budgets({operation.name: operation.rate for operation in self.profile.operations})
        self.token = AccessToken(self.access_token, 1, 1, self.now() + timedelta(hours=1))

    def window(self, **fields: Any) -> OrdersQuery:
        """What changed in the last day."""
        orders = self.marketplace.orders
        query = OrdersQuery(
            channel_ids=(self.channel_id,),
            updated_after=self.now() - timedelta(days=1),
            updated_before=orders.latest_before(self.now()),
            data=orders.data_sets[0],
        )
        return replace(query, **fields)

    async def pages(self, query: OrdersQuery) -> list[OrderPage]:
        """All pages of a window, which must end."""
        found: list[OrderPage] = []
        while True:
            self.later(1.0)
            page = await self.marketplace.orders.read_page(self.account, query, self.token, self.budgets)
            found.append(page)
            if page.next_token is None:
                return found
            assert len(found) < 100
            query = replace(query, page_token=page.next_token)

    async def order(self, order_id: str) -> MarketplaceOrder:
        return await self.marketplace.orders.read_order(self.account, order_id, self.token, self.budgets)

    def parcel(self, order: MarketplaceOrder) -> ParcelToTell:
        """Everything of an order, in one parcel."""
        return ParcelToTell(
            marketplace_order_id=order.id,
            channel_id=order.channel_id or "",
            reference=self.marketplace.tracking.new_reference(frozenset()),
            carrier="Colissimo",
            tracking_number="6A12345678901",
            tracking_url="https://tracking.example/6A12345678901",
            shipped_at=self.now(),
            lines=tuple((line.id, line.ordered) for line in order.lines),
            placed_at=order.placed_at,
        )

    def intent(self, value: T, *, seconds: float = 30.0) -> Intent[T]:
        return Intent(value, self.now() + timedelta(seconds=seconds), self.monotonic() + seconds)

    async def tell(self, order_id: str, body: FrozenBody, *, seconds: float = 30.0) -> None:
        intent = self.intent(body, seconds=seconds)
        await self.marketplace.tracking.send(self.account, order_id, intent, self.token, self.budgets)

    async def numbers(self, order_id: str) -> list[str | None]:
        """The parcel numbers shown, once a write must have shown."""
        self.later(self.capabilities.read_lag_seconds)
        read = self.marketplace.tracking.read_packages
        return [one.tracking_number for one in await read(self.account, order_id, self.token, self.budgets)]

    async def push(self, lines: tuple[StockLine, ...]) -> list[StockOutcome]:
        """A submission to its end, as the worker advances it; its state survives as JSON only."""
        port = self.marketplace.stock
        assert port is not None
        state: FrozenBody | None = port.begin(self.channel_id, lines)
        outcomes: list[StockOutcome] = []
        for _ in range(100):
            step = await port.advance(self.account, self.intent(state or {}), self.token, self.budgets)
            outcomes.extend(step.outcomes)
            state = step.state
            if state is None:
                return outcomes
            self.later(max(step.wait_seconds, 1.0))
        raise AssertionError("the submission does not end")
