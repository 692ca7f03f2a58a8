"""
Amazon's orders (API v2026-01-01) in our words, read tolerantly.

Unknown fields and values are let be, optional means optional, and one record that cannot be read never spoils its page.
Without the data set FULFILLMENT an order has no status: it is UNKNOWN, never guessed.
"""

from typing import Any

from shared.kernel.errors import Unreadable
from shared.marketplaces.amazon.fields import money
from shared.marketplaces.amazon.lines import read_lines
from shared.marketplaces.amazon.personal import personal_data
from shared.marketplaces.amazon.programs import BUSINESS, owner_of_route
from shared.marketplaces.fields import (
    BadField,
    Json,
    as_bytes,
    count,
    load_object,
    part,
    parts,
    required_text,
    required_time,
    text,
    texts,
    time,
)
from shared.marketplaces.models import (
    MarketplaceOrder,
    MarketplacePackage,
    OrderPage,
    OrderStatus,
    ShippedBy,
    UnreadableOrder,
)

_STATUSES = {
    "PENDING_AVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.OPEN,
    "PARTIALLY_SHIPPED": OrderStatus.PARTIALLY_SHIPPED,
    "SHIPPED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "UNFULFILLABLE": OrderStatus.UNFULFILLABLE,
}
_ELSEWHERE = "NON_AMAZON"  # sold on another platform, carried by Amazon: an echo, not a sale
_DELIVERED, _VOIDED = "DELIVERED", "CANCELLED"
_RELATED = {"REPLACEMENT_ORIGINAL_ID": "replacement_of", "EXCHANGE_ORIGINAL_ID": "exchange_of"}


def parse_page(body: bytes) -> OrderPage:
    """One answer of searchOrders. Raises Unreadable where it is not a list of orders at all."""
    answer = load_object(body)
    records = answer.get("orders")
    if not isinstance(records, list):
        raise Unreadable("The answer holds no list of orders.", code="no_orders", raw=body)
    read = [parse_record(record) for record in records]
    return OrderPage(
        orders=tuple(order for order in read if isinstance(order, MarketplaceOrder)),
        unreadable=tuple(order for order in read if isinstance(order, UnreadableOrder)),
        next_token=text(part(answer, "pagination"), "nextToken"),
        covered_until=time(answer, "lastUpdatedBefore") or time(answer, "createdBefore"),
    )


def parse_record(record: Any) -> MarketplaceOrder | UnreadableOrder:
    """One record of a list: an order, or why it cannot be read."""
    raw = as_bytes(record)
    if not isinstance(record, dict):
        return UnreadableOrder(None, "the record is not an object", raw)
    try:
        return _order(record, raw)
    except BadField as error:
        return UnreadableOrder(text(record, "orderId"), str(error), raw)
    except Exception as error:  # noqa: BLE001 - a page must not wait for ever for one record nobody foresaw
        # Only the class: what the error says may be what the record held.
        return UnreadableOrder(text(record, "orderId"), f"unexpected {type(error).__name__}", raw)


def parse_order(body: bytes) -> MarketplaceOrder:
    """One answer of getOrder. Raises Unreadable."""
    order = parse_record(load_object(body).get("order"))
    if isinstance(order, UnreadableOrder):
        raise Unreadable(f"The order cannot be read: {order.reason}.", code="order_unreadable", raw=body)
    return order


def parse_packages(order: Json) -> tuple[MarketplacePackage, ...]:
    """The parcels Amazon knows of; those it calls cancelled are none."""
    read = (_package(package) for package in parts(order, "packages"))
    return tuple(package for package in read if package.status != _VOIDED)


def _order(order: Json, raw: bytes) -> MarketplaceOrder:
    fulfillment, channel, programs = part(order, "fulfillment"), part(order, "salesChannel"), texts(order, "programs")
    status_text = text(fulfillment, "fulfillmentStatus") or ""
    status = _STATUSES.get(status_text, OrderStatus.UNKNOWN)
    shipped_by, program = _shipped_by(fulfillment, programs)
    lines, packages = read_lines(order, status), parse_packages(order)
    updated_at = required_time(order, "lastUpdatedTime")
    return MarketplaceOrder(
        id=required_text(order, "orderId"),
        channel_id=text(channel, "marketplaceId"),
        status=status,
        status_text=status_text,
        shipped_by=shipped_by,
        placed_at=required_time(order, "createdTime"),
        updated_at=updated_at,
        lines=lines,
        packages=packages,
        program=program,
        is_sale=text(channel, "channelName") != _ELSEWHERE,
        cancel_requested=any(line.cancel_requested for line in lines),
        ship_by=time(part(fulfillment, "shipByWindow"), "latestDateTime"),
        deliver_by=time(part(fulfillment, "deliverByWindow"), "latestDateTime"),
        label_not_before=time(part(fulfillment, "labelPrintingWindow"), "earliestDateTime"),
        # The API tells that a parcel was delivered, not when: at the latest when the order was last touched.
        delivered_at=updated_at if _all_delivered(status, packages) else None,
        total=money(part(order, "proceeds"), "grandTotal"),
        business=_is_business(order, programs),
        related=_related(order),
        personal=personal_data(order),
        raw=raw,
    )


def _shipped_by(fulfillment: Json, programs: tuple[str, ...]) -> tuple[ShippedBy, str | None]:
    match text(fulfillment, "fulfilledBy"):
        case "AMAZON":
            return ShippedBy.MARKETPLACE, None
        case "MERCHANT":
            program = owner_of_route(programs)
            return (ShippedBy.PROGRAM, program) if program else (ShippedBy.SELLER, None)
        case _:
            return ShippedBy.UNKNOWN, None


def _all_delivered(status: OrderStatus, packages: tuple[MarketplacePackage, ...]) -> bool:
    return status is OrderStatus.SHIPPED and bool(packages) and all(one.status == _DELIVERED for one in packages)


def _is_business(order: Json, programs: tuple[str, ...]) -> bool:
    buyer = part(order, "buyer")
    return bool(BUSINESS in programs or text(buyer, "buyerCompanyName") or text(buyer, "buyerPurchaseOrderNumber"))


def _related(order: Json) -> tuple[tuple[str, str], ...]:
    orders = ((text(one, "associationType"), text(one, "orderId")) for one in parts(order, "associatedOrders"))
    aliases = ((text(one, "aliasType"), text(one, "aliasId")) for one in parts(order, "orderAliases"))
    found = [(_RELATED.get(kind, kind.lower()), id) for kind, id in (*orders, *aliases) if kind and id]
    return tuple(found)


def _package(package: Json) -> MarketplacePackage:
    items = ((text(item, "orderItemId"), count(item, "quantity")) for item in parts(package, "packageItems"))
    return MarketplacePackage(
        reference=text(package, "packageReferenceId"),
        carrier=text(package, "carrier"),
        tracking_number=text(package, "trackingNumber"),
        status=text(part(package, "packageStatus"), "status"),
        lines=tuple((item_id, quantity) for item_id, quantity in items if item_id and quantity),
        shipped_at=time(package, "shipTime"),
    )
