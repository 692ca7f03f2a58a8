"""Valid things to start from: connections, orders as a marketplace tells them, and a marketplace that can be told."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.orders.domain.connection import Connection
from services.orders.domain.windows import Pace, Scope
from shared.kernel.budgets import Budgets
from shared.kernel.errors import OutcomeUnknown
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.kernel.money import Money
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.models import (
    Channel,
    MarketplaceLine,
    MarketplaceOrder,
    OrderPage,
    OrdersQuery,
    OrderStatus,
    PersonalData,
    Recipient,
    ShippedBy,
)
from shared.marketplaces.ports import FarAccount

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)  # past: the claims go by the database's clock
ORGANISATION = OrganisationId(UUID("00000000-0000-7000-8000-000000000001"))
OTHER_ORGANISATION = OrganisationId(UUID("00000000-0000-7000-8000-000000000002"))
CONNECTION_ID = ConnectionId(UUID("00000000-0000-7000-8000-00000000000c"))
FRANCE = Channel("A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "Europe/Paris")
PACE = Pace(
    interval=timedelta(minutes=5), overlap=timedelta(minutes=10), first=timedelta(days=30), sweep=timedelta(days=1)
)
KEEP = timedelta(days=30)
SCOPE = Scope((FRANCE.id,), ("UNSHIPPED",), ())
ANNE = Recipient(
    name="Anne Exemple",
    lines=("12 rue des Essais",),
    postal_code="75011",
    city="Paris",
    country="FR",
    phone="+33100000000",
    email="anne@buyer.example",
)


@dataclass
class TestClock:
    """Stands still until it is moved."""

    __test__ = False
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def connection(**changes: Any) -> Connection:
    one = Connection(
        id=CONNECTION_ID,
        organisation_id=ORGANISATION,
        marketplace="amazon",
        region="eu",
        seller_id="A1SELLER",
        name="My shop",
        state="authorised",
        consent_version=1,
        channels=(FRANCE,),
    )
    return replace(one, **changes)


def line(number: int = 1, **changes: Any) -> MarketplaceLine:
    one = MarketplaceLine(
        id=f"item-{number}",
        sku=f"SKU-{number}",
        title=f"Thing {number}",
        ordered=2,
        cancelled=0,
        fulfilled=0,
        unit_price=Money(1250, "EUR"),
    )
    return replace(one, **changes)


def order(number: int | str = 1, **changes: Any) -> MarketplaceOrder:
    """An open order of one line with an address; any field can be given."""
    one = MarketplaceOrder(
        id=f"402-{number:0>7}-0000001",
        channel_id=FRANCE.id,
        status=OrderStatus.OPEN,
        status_text="UNSHIPPED",
        shipped_by=ShippedBy.SELLER,
        placed_at=NOW - timedelta(hours=2),
        updated_at=NOW - timedelta(hours=1),
        lines=(line(),),
        ship_by=NOW + timedelta(days=2),
        deliver_by=NOW + timedelta(days=5),
        total=Money(2500, "EUR"),
        personal=PersonalData(ANNE, {"name": "Anne Acheteuse"}),
        raw=b'{"recipient": "Anne Exemple"}',
    )
    return replace(one, **changes)


def waiting(number: int | str = 1, **changes: Any) -> MarketplaceOrder:
    """An order that waits for the seller's answer; its address is not told yet."""
    told = {"status": OrderStatus.WAITING_ACCEPTANCE, "status_text": "WAITING", "personal": PersonalData()}
    return order(number, **told | changes)


def page(*orders: MarketplaceOrder, **changes: Any) -> OrderPage:
    return replace(OrderPage(orders, (), None, None), **changes)


@dataclass
class FakeTokens:
    """auth: a token of the consent it is told."""

    consent_version: int = 1
    error: Exception | None = None
    lost: list[int] = field(default_factory=list)

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        if self.error:
            raise self.error
        return AccessToken("secret", (rejected or 0) + 1, self.consent_version, NOW + timedelta(hours=1))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        self.lost.append(consent_version)


@dataclass
class FakeErasures:
    """auth: writes down whose data is gone. `error` is raised by the next call, after it was noted."""

    confirmed: list[tuple[ConnectionId, datetime]] = field(default_factory=list)
    error: Exception | None = None

    async def confirm(self, connection_id: ConnectionId, asked_at: datetime) -> None:
        self.confirmed.append((connection_id, asked_at))
        error, self.error = self.error, None
        if error is not None:
            raise error


@dataclass
class FakeAcceptance:
    """Takes answers. `errors` are raised by the next calls, one each, after the answer was noted where it has come."""

    errors: list[Exception] = field(default_factory=list)
    given: list[tuple[str, bool]] = field(default_factory=list)

    async def answer(
        self, account: FarAccount, order_id: str, intent: Intent[bool], token: AccessToken, budgets: Budgets
    ) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is None or isinstance(error, OutcomeUnknown):
            self.given.append((order_id, intent.value))
        if error is not None:
            raise error


@dataclass
class FakeOrders:
    """
    A marketplace's orders: what was updated within the asked window, in pages, two minutes behind.

    `errors` are raised by the next calls, one each; `queries` are the questions it was asked.
    """

    clock: TestClock
    orders: dict[str, MarketplaceOrder] = field(default_factory=dict)
    visible_from: dict[str, datetime] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    queries: list[OrdersQuery] = field(default_factory=list)
    page_size: int = 100
    repeat_token: bool = False
    data_sets: tuple[tuple[str, ...], ...] = (("ALL", "RECIPIENT"), ("ALL",))
    open_statuses: tuple[str, ...] = ("UNSHIPPED",)

    def tell(self, *orders: MarketplaceOrder) -> None:
        for one in orders:
            self.orders[one.id] = one

    def latest_before(self, now: datetime) -> datetime:
        return now - timedelta(minutes=2)

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        self.queries.append(query)
        for operation in budgets.rates:
            budgets.spend(operation, self.clock.now())
        if self.errors:
            raise self.errors.pop(0)
        return self.answer(query)

    async def read_order(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> MarketplaceOrder:
        return self.orders[order_id]

    def answer(self, query: OrdersQuery) -> OrderPage:
        found = sorted((one for one in self.orders.values() if self._fits(one, query)), key=lambda one: one.id)
        begin = int(query.page_token or 0)
        end = begin + self.page_size
        token = str(0 if self.repeat_token else end) if end < len(found) or self.repeat_token else None
        return OrderPage(tuple(found[begin:end]), (), token, query.updated_before or query.placed_before)

    def _fits(self, one: MarketplaceOrder, query: OrdersQuery) -> bool:
        if self.visible_from.get(one.id, one.updated_at) > self.clock.now():
            return False
        if query.updated_after is not None and query.updated_before is not None:
            return query.updated_after <= one.updated_at < query.updated_before
        assert query.placed_after is not None
        assert query.placed_before is not None
        in_time = query.placed_after <= one.placed_at < query.placed_before
        return in_time and one.status_text in query.statuses


@dataclass
class MovingOrders(FakeOrders):
    """
    The same with numbered pages over the list as it is now, the order changed last at its end; the last page first.

    What changes while a window is read leaves it, and all behind it moves up.
    """

    future: list[tuple[datetime, MarketplaceOrder]] = field(default_factory=list)

    def happens(self, at: datetime, one: MarketplaceOrder) -> None:
        """From then on the list shows it so."""
        self.future.append((at, one))

    def move(self) -> None:
        for at, one in self.future:
            known = self.orders.get(one.id)
            if at <= self.clock.now() and (known is None or known.updated_at < one.updated_at):
                self.tell(one)

    def answer(self, query: OrdersQuery) -> OrderPage:
        self.move()
        found = sorted(
            (one for one in self.orders.values() if self._fits(one, query)), key=lambda one: (one.updated_at, one.id)
        )
        number = int(query.page_token) if query.page_token else max(1, -(-len(found) // self.page_size))
        shown = found[(number - 1) * self.page_size : number * self.page_size]
        token = str(number - 1) if number > 1 else None
        return OrderPage(tuple(shown), (), token, query.updated_before or query.placed_before)
