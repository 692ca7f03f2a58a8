"""A marketplace in some seventy lines, to show what a third one takes; its far side is a dictionary."""

from datetime import datetime
from typing import Any

from shared.kernel.budgets import Budgets, Rate
from shared.kernel.clock import Clock
from shared.kernel.errors import AlreadyDone, Throttled
from shared.kernel.ports import AccessToken, Intent, TooLate
from shared.marketplaces import models
from shared.marketplaces.listings import Listing, ListingPage, StockLimits, StockLine, StockOutcome, StockStep
from shared.marketplaces.ports import Capabilities, FarAccount, FarSide, FrozenBody, Operation
from shared.marketplaces.profile import Pace, Profile
from shared.marketplaces.reached import Reached
from shared.marketplaces.registry import Marketplace

FAIR = models.Channel("fair", "The fair", "FR", "EUR", "Europe/Paris")
OPERATIONS = tuple(
    Operation(f"toy.{kind}", Rate(5.0, 50), kind) for kind in ("poll", "write_back", "probe", "listing", "push")
)
CAPABILITIES = Capabilities(write="readable", read_lag_seconds=0)
PROFILE = Profile(
    "toy",
    "Toy",
    {"eu": "Europe"},
    {FAIR.id: FAIR},
    OPERATIONS,
    "delegation",
    FarSide({}),
    CAPABILITIES,
    Pace(60, 60, 600),
)


class Toy:
    """Every port in one class; `orders` by id, `packages` by order, `shelf` by SKU are the far side."""

    data_sets, open_statuses, capabilities = (("all",),), ("open",), CAPABILITIES
    send_operation, read_operation = "toy.write_back", "toy.write_back"
    page_size, limits = 10, StockLimits(lines=100, open_at_once=1, shared=True)

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.orders: dict[str, models.MarketplaceOrder] = {}
        self.packages: dict[str, models.MarketplacePackage] = {}
        self.shelf: dict[str, int] = {}

    def _spend(self, kind: str, budgets: Budgets) -> None:
        if wait := budgets.wait_seconds(f"toy.{kind}", self.clock.now()):
            raise Throttled(retry_after_seconds=wait)
        budgets.spend(f"toy.{kind}", self.clock.now())

    def latest_before(self, now: datetime) -> datetime:
        return now

    async def read_page(self, account: FarAccount, asked: Any, *rest: Any, weights: bool = False) -> Any:
        if not isinstance(asked, models.OrdersQuery):
            self._spend("listing", rest[-1])
            return ListingPage(tuple(Listing(s, s, True, False, n) for s, n in self.shelf.items()), (), None)
        self._spend("poll", rest[-1])
        start = int(asked.page_token or 0)
        found = [
            one for one in self.orders.values() if not asked.updated_after or one.updated_at >= asked.updated_after
        ]
        rest_of_it = start + self.page_size < len(found)
        token = str(start + self.page_size) if rest_of_it else None
        return models.OrderPage(tuple(found[start : start + self.page_size]), (), token, asked.updated_before)

    async def read_order(self, account: FarAccount, order_id: str, *rest: Any) -> models.MarketplaceOrder:
        return self.orders[order_id]

    def new_reference(self, used: frozenset[str]) -> str:
        return "none"

    def freeze(self, parcel: models.ParcelToTell) -> FrozenBody:
        return {"number": parcel.tracking_number, "lines": [list(line) for line in parcel.lines]}

    async def send(self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], *rest: Any) -> None:
        if self.clock.monotonic() > intent.send_before_monotonic:
            raise TooLate
        self._spend("write_back", rest[-1])
        if order_id in self.packages:
            raise AlreadyDone
        lines = tuple((line, units) for line, units in intent.value["lines"])
        self.packages[order_id] = models.MarketplacePackage(None, None, intent.value["number"], "sent", lines)

    async def read_packages(
        self, account: FarAccount, order_id: str, *rest: Any
    ) -> tuple[models.MarketplacePackage, ...]:
        return (self.packages[order_id],) if order_id in self.packages else ()

    async def renew(self, region: str, refresh_token: str | None) -> models.OAuthAnswer:
        return models.OAuthAnswer("toy", 3600)

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
        return Reached((FAIR,))

    def begin(self, channel_id: str, lines: tuple[StockLine, ...]) -> FrozenBody:
        return {line.sku: line.quantity for line in lines}

    async def advance(self, account: FarAccount, intent: Intent[FrozenBody], *rest: Any) -> StockStep:
        self._spend("push", rest[-1])
        self.shelf |= intent.value
        return StockStep(None, 0.0, tuple(StockOutcome(sku, shown=units) for sku, units in intent.value.items()))


def build(outward: Any, far_side: FarSide, clock: Clock) -> Marketplace:
    toy = Toy(clock)
    return Marketplace("toy", OPERATIONS, orders=toy, tracking=toy, grants=toy, listings=toy, stock=toy)
