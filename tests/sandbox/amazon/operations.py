"""
The operations played here, as the official models publish them: path, usage plan, parameters, and the role they need.

Sources: orders_2026-01-01, ordersV0, sellers, listingsItems_2021-08-01, vendorOrders,
fulfillmentOutbound_2020-07-01 (rates are the documented defaults).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.listing_patch import PARAMETERS as PATCH_PARAMETERS
from tests.sandbox.amazon.listing_patch import patch_listings_item
from tests.sandbox.amazon.listings import (
    GET_PARAMETERS,
    SEARCH_PARAMETERS,
    get_listings_item,
    search_listings_items,
)
from tests.sandbox.amazon.orders import get_order
from tests.sandbox.amazon.outbound import PARAMETERS as OUTBOUND_PARAMETERS
from tests.sandbox.amazon.outbound import list_all_fulfillment_orders
from tests.sandbox.amazon.render import ROLE_FULFILLMENT, ROLE_LISTINGS, ROLE_ORDERS, ROLE_SELLERS, ROLE_SHIPPING
from tests.sandbox.amazon.search import PARAMETERS, search_orders
from tests.sandbox.amazon.sellers import get_account, get_marketplace_participations
from tests.sandbox.amazon.shipments import confirm_shipment
from tests.sandbox.amazon.tokens import ORDERS_PARAMETERS, create_restricted_data_token, get_direct_orders
from tests.sandbox.amazon.vendors import PARAMETERS as VENDOR_PARAMETERS
from tests.sandbox.amazon.vendors import ROLE_VENDOR_ORDERS, get_purchase_orders

Handler = Callable[[Context], Any]


@dataclass(frozen=True)
class Operation:
    """
    `handler` gives the body of a 200, None for an empty 204, or a whole answer; `rate` is requests per second.

    `role` empty: any may call it. `parameters`: the query's; `required`: which of those, and the body, must be there.
    `restricted`: it wants a restricted data token.
    """

    name: str
    method: str
    path: str
    rate: float
    burst: int
    role: str
    handler: Handler
    parameters: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    restricted: bool = False

    def match(self, method: str, raw_path: str) -> dict[str, str] | None:
        """The path's segments that have a name, decoded, or None when this is another operation's path."""
        mine, theirs = self.path.split("/"), raw_path.split("/")
        if method != self.method or len(mine) != len(theirs):
            return None
        found: dict[str, str] = {}
        for pattern, segment in zip(mine, theirs, strict=True):
            if pattern.startswith("{") and segment:
                found[pattern[1:-1]] = unquote(segment)
            elif pattern != segment:
                return None
        return found


LIST_FULFILLMENT_ORDERS = Operation(
    name="listAllFulfillmentOrders",
    method="GET",
    path="/fba/outbound/2020-07-01/fulfillmentOrders",
    rate=2,
    burst=30,
    role=ROLE_FULFILLMENT,
    handler=list_all_fulfillment_orders,
    parameters=OUTBOUND_PARAMETERS,
)
OPERATIONS = (
    LIST_FULFILLMENT_ORDERS,
    Operation(
        name="getAccount",
        method="GET",
        path="/sellers/v1/account",
        rate=0.016,
        burst=15,
        role=ROLE_SELLERS,
        handler=get_account,
    ),
    Operation(
        name="createRestrictedDataToken",
        method="POST",
        path="/tokens/2021-03-01/restrictedDataToken",
        rate=1,
        burst=10,
        role="",
        handler=create_restricted_data_token,
        required=frozenset({"body"}),
    ),
    Operation(
        name="getOrders",
        method="GET",
        path="/vendor/directFulfillment/orders/2021-12-28/purchaseOrders",
        rate=10,
        burst=10,
        role=ROLE_SHIPPING,
        handler=get_direct_orders,
        parameters=ORDERS_PARAMETERS,
        required=frozenset({"createdAfter", "createdBefore"}),
        restricted=True,
    ),
    Operation(
        name="getPurchaseOrders",
        method="GET",
        path="/vendor/orders/v1/purchaseOrders",
        rate=10,
        burst=10,
        role=ROLE_VENDOR_ORDERS,
        handler=get_purchase_orders,
        parameters=VENDOR_PARAMETERS,
    ),
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
        required=frozenset({"body"}),
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
    Operation(
        name="searchListingsItems",
        method="GET",
        path="/listings/2021-08-01/items/{sellerId}",
        rate=5,
        burst=5,
        role=ROLE_LISTINGS,
        handler=search_listings_items,
        parameters=SEARCH_PARAMETERS,
        required=frozenset({"marketplaceIds"}),
    ),
    Operation(
        name="getListingsItem",
        method="GET",
        path="/listings/2021-08-01/items/{sellerId}/{sku}",
        rate=5,
        burst=10,
        role=ROLE_LISTINGS,
        handler=get_listings_item,
        parameters=GET_PARAMETERS,
        required=frozenset({"marketplaceIds"}),
    ),
    Operation(
        name="patchListingsItem",
        method="PATCH",
        path="/listings/2021-08-01/items/{sellerId}/{sku}",
        rate=5,
        burst=5,
        role=ROLE_LISTINGS,
        handler=patch_listings_item,
        parameters=PATCH_PARAMETERS,
        required=frozenset({"marketplaceIds", "body"}),
    ),
)


Find = Callable[[str, str], tuple[Operation, dict[str, str]] | None]


def find_operation(method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation at a raw path with what its segments name, or None."""
    return _find(OPERATIONS, method, raw_path)


def find_in_sandbox(method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
    """The same at Amazon's own test endpoint: of what is played here only Fulfillment Outbound is dynamic there."""
    return _find((LIST_FULFILLMENT_ORDERS,), method, raw_path)


def _find(operations: Iterable[Operation], method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
    for operation in operations:
        found = operation.match(method, raw_path)
        if found is not None:
            return operation, found
    return None
