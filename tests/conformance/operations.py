"""The operations our client has: how it asks, and whether the answer came through whole."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.asking_listings import (
    get_account,
    get_listing,
    get_participations,
    patch_listing,
    search_listings,
)
from tests.conformance.asking_orders import confirm_shipment, get_order, search_orders
from tests.conformance.client import Client
from tests.conformance.kept_listings import (
    lost_of_listing,
    lost_of_nothing,
    lost_of_patch,
    lost_of_plan,
    lost_of_search,
    lost_of_stores,
)
from tests.conformance.kept_orders import lost_of_answer, lost_of_page
from tests.conformance.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Operation:
    """
    `ask`: sends the request and gives what our client made of the answer. `lost`: where a success told something that
    is not in there.
    """

    name: str
    spec: str
    path: str
    ask: Callable[[Client, Wanted], Awaitable[Any]]
    lost: Callable[[Any, Any], Iterator[str]]


_ORDERS = "/orders/2026-01-01/orders"
_CONFIRMATION = "/orders/v0/orders/{orderId}/shipmentConfirmation"
_LISTINGS = "/listings/2021-08-01/items/{sellerId}"
_LISTING = _LISTINGS + "/{sku}"
_STORES = "/sellers/v1/marketplaceParticipations"

OPERATIONS = (
    Operation("searchOrders", "orders_2026-01-01", _ORDERS, search_orders, lost_of_page),
    Operation("getOrder", "orders_2026-01-01", _ORDERS + "/{orderId}", get_order, lost_of_answer),
    Operation("confirmShipment", "ordersV0", _CONFIRMATION, confirm_shipment, lost_of_nothing),
    Operation("getMarketplaceParticipations", "sellers", _STORES, get_participations, lost_of_stores),
    Operation("getAccount", "sellers", "/sellers/v1/account", get_account, lost_of_plan),
    Operation("searchListingsItems", "listingsItems_2021-08-01", _LISTINGS, search_listings, lost_of_search),
    Operation("getListingsItem", "listingsItems_2021-08-01", _LISTING, get_listing, lost_of_listing),
    Operation("patchListingsItem", "listingsItems_2021-08-01", _LISTING, patch_listing, lost_of_patch),
)
