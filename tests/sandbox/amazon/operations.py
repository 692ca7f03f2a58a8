"""
The operations played here, as the official models publish them: path, usage plan, parameters, and the role they need.

Sources: orders_2026-01-01, ordersV0, sellers (rates are the documented defaults).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.orders import get_order
from tests.sandbox.amazon.render import ROLE_ORDERS, ROLE_SELLERS
from tests.sandbox.amazon.search import PARAMETERS, search_orders
from tests.sandbox.amazon.sellers import get_marketplace_participations
from tests.sandbox.amazon.shipments import confirm_shipment


@dataclass(frozen=True)
class Operation:
    """`handler` gives the body of a 200, or None for an empty 204; `rate` is requests per second."""

    name: str
    method: str
    path: str
    rate: float
    burst: int
    role: str
    handler: Callable[[Context], Any]
    parameters: frozenset[str] = frozenset()

    def match(self, method: str, raw_path: str) -> str | None:
        """The order id in the path ("" where the path has none), or None when this is another operation's path."""
        mine, theirs = self.path.split("/"), raw_path.split("/")
        if method != self.method or len(mine) != len(theirs):
            return None
        found = ""
        for pattern, segment in zip(mine, theirs, strict=True):
            if pattern == "{orderId}" and segment:
                found = unquote(segment)
            elif pattern != segment:
                return None
        return found


OPERATIONS = (
    Operation(
        name="searchOrders",
        method="GET",
        path="/orders/2026-01-01/orders",
        rate=0.0056,
        burst=20,
        role=ROLE_ORDERS,
        handler=search_orders,
        parameters=PARAMETERS,
    ),
    Operation(
        name="getOrder",
        method="GET",
        path="/orders/2026-01-01/orders/{orderId}",
        rate=0.5,
        burst=30,
        role=ROLE_ORDERS,
        handler=get_order,
        parameters=frozenset({"includedData"}),
    ),
    Operation(
        name="confirmShipment",
        method="POST",
        path="/orders/v0/orders/{orderId}/shipmentConfirmation",
        rate=2,
        burst=10,
        role=ROLE_ORDERS,
        handler=confirm_shipment,
    ),
    Operation(
        name="getMarketplaceParticipations",
        method="GET",
        path="/sellers/v1/marketplaceParticipations",
        rate=0.016,
        burst=15,
        role=ROLE_SELLERS,
        handler=get_marketplace_participations,
    ),
)


def find_operation(method: str, raw_path: str) -> tuple[Operation, str] | None:
    """The operation at a raw path with the order id in it, or None."""
    for operation in OPERATIONS:
        found = operation.match(method, raw_path)
        if found is not None:
            return operation, found
    return None
