"""The operations played here, by path and method; names are those of the reconstructed description."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.sandbox.octopia.acceptance import approve_order
from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.cursor import PAGING as CURSOR
from tests.sandbox.octopia.offers import PARAMETERS as OFFER_PARAMETERS
from tests.sandbox.octopia.offers import list_offers
from tests.sandbox.octopia.orders import FILTERS, PAGING, count_orders, get_order, list_orders
from tests.sandbox.octopia.packages import (
    LIST_PARAMETERS,
    create_offer_package,
    get_offer_package,
    get_offer_results,
    list_offer_packages,
    submit_offer_package,
    upload_offer_requests,
)
from tests.sandbox.octopia.sellers import get_seller, get_subscriptions, list_carriers
from tests.sandbox.octopia.shipments import create_shipments


@dataclass(frozen=True)
class Operation:
    """`path` is below `/seller/v2` and has at most one variable segment; `parameters` are the query's."""

    name: str
    method: str
    path: str
    handler: Callable[[Context], Reply]
    parameters: frozenset[str] = frozenset()

    def match(self, method: str, raw_path: str) -> str | None:
        """The id in the path ("" where the path has none), or None when this is another operation's path."""
        mine, theirs = self.path.split("/"), raw_path.split("/")
        if method != self.method or len(mine) != len(theirs):
            return None
        found = ""
        for pattern, segment in zip(mine, theirs, strict=True):
            if pattern.startswith("{") and segment:
                found = unquote(segment)
            elif pattern != segment:
                return None
        return found


OPERATIONS = (
    Operation("getSeller", "GET", "/sellers", get_seller),
    Operation("getSubscriptions", "GET", "/sellers/subscriptions", get_subscriptions),
    Operation("listCarriers", "GET", "/carriers", list_carriers),
    Operation("listOrders", "GET", "/orders", list_orders, FILTERS | PAGING),
    Operation("countOrders", "GET", "/orders/count", count_orders, FILTERS),
    Operation("getOrder", "GET", "/orders/{orderId}", get_order),
    Operation("approveOrder", "POST", "/orders/{orderId}/approval-status", approve_order),
    Operation("createShipments", "POST", "/orders/{orderId}/shipments", create_shipments),
    Operation("listOffers", "GET", "/offers", list_offers, OFFER_PARAMETERS),
    Operation("createOfferPackage", "POST", "/offer-packages", create_offer_package),
    Operation("listOfferPackages", "GET", "/offer-packages", list_offer_packages, LIST_PARAMETERS),
    Operation("getOfferPackage", "GET", "/offer-packages/{packageId}", get_offer_package),
    Operation("submitOfferPackage", "PATCH", "/offer-packages/{packageId}", submit_offer_package),
    Operation("uploadOfferRequests", "POST", "/offer-packages/{packageId}/offer-requests", upload_offer_requests),
    Operation(
        "getOfferResults", "GET", "/offer-packages/{packageId}/offer-requests-results", get_offer_results, CURSOR
    ),
)


def find_operation(method: str, raw_path: str) -> tuple[Operation, str] | None:
    """The operation at a raw path with the id in it, or None."""
    for operation in OPERATIONS:
        found = operation.match(method, raw_path)
        if found is not None:
            return operation, found
    return None
