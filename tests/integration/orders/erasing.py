"""Orders whose buyer's data may no longer be kept, and one that has lost it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.marketplaces.models import MarketplaceOrder, OrderStatus
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import NOW, line, order, page

LONG_AGO = NOW - timedelta(days=90)
NEVER = NOW + timedelta(days=10_000)


def delivered(number: int = 1, **changes: Any) -> MarketplaceOrder:
    """An order whose buyer's data may no longer be kept."""
    told = {"status": OrderStatus.SHIPPED, "lines": (line(fulfilled=2),), "delivered_at": LONG_AGO}
    return order(number, **told | changes)


async def erased(orders: OrdersService) -> UUID:
    """One order that was erased; its id."""
    await orders.connect()
    await orders.receive(page(delivered()))
    assert await orders.erase()
    order_id: UUID = (await orders.one("marketplace_order")).id
    return order_id
