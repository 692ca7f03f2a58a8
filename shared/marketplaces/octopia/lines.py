"""
The lines of an Octopia order: status, who ships it and where it goes are told per line (domain rules 8 and 9).

Octopia knows no units within a line: a line is shipped or cancelled as a whole.
"""

from collections.abc import Iterable
from datetime import datetime

from shared.marketplaces.fields import BadField, Json, amount, part, parts, required_count, required_text, text, time
from shared.marketplaces.models import Duty, MarketplaceLine, OrderStatus, ShippedBy
from shared.marketplaces.octopia.delivery import ends_at_pickup_point
from shared.marketplaces.octopia.personal import Places

STATUSES = {
    "processing": OrderStatus.PENDING,
    "waitingacceptance": OrderStatus.WAITING_ACCEPTANCE,
    "accepted": OrderStatus.PENDING,
    "inpreparation": OrderStatus.OPEN,
    "shipped": OrderStatus.SHIPPED,
    "delivered": OrderStatus.SHIPPED,
    "cancelled": OrderStatus.CANCELLED,
    "refused": OrderStatus.CANCELLED,
    "rejected": OrderStatus.CANCELLED,
}
# A line's word that is a wish, not a state (one client handles it): the order's own status goes on for it.
_WISHES = frozenset({"cancelrequest", "cancelrequested"})
_SHIPPERS = {"seller": ShippedBy.SELLER, "fulfillment": ShippedBy.MARKETPLACE, "xdock": ShippedBy.MARKETPLACE}


def status_of(word: str | None) -> OrderStatus:
    return STATUSES.get((word or "").lower(), OrderStatus.UNKNOWN)


def shipper_named(supply_mode: str | None) -> ShippedBy:
    return _SHIPPERS.get((supply_mode or "").lower(), ShippedBy.UNKNOWN)


def shipper_of(line: Json) -> ShippedBy:
    return shipper_named(text(part(line, "offer"), "supplyMode"))


def shipper_of_all(lines: Iterable[MarketplaceLine]) -> ShippedBy:
    """The seller, if any line is the seller's; nobody knows, if any line's shipper is not told."""
    found = {line.shipped_by for line in lines}
    for shipper in (ShippedBy.SELLER, ShippedBy.UNKNOWN):
        if shipper in found:
            return shipper
    return ShippedBy.MARKETPLACE


def read_lines(order: Json, status: OrderStatus, places: Places) -> tuple[MarketplaceLine, ...]:
    """Raises BadField: there are no lines, or one of them cannot be read."""
    if not isinstance(order.get("lines"), list):
        raise BadField("lines is missing or not a list")
    ours = [line for line in parts(order, "lines") if shipper_of(line) is not ShippedBy.MARKETPLACE]
    for line in sorted(ours, key=lambda one: shipper_of(one) is not ShippedBy.SELLER):
        places.place_of(line)  # the seller's own lines say first where the order goes
    currency = text(order, "currencyCode")
    lines = tuple(_line(line, status, currency, places) for line in parts(order, "lines"))
    if not lines or len(lines) != len(order["lines"]):
        raise BadField("lines is empty or holds something that is no line")
    return lines


def deadlines(order: Json) -> tuple[datetime | None, datetime | None]:
    """Ship by and deliver by: the earliest dispatch and the latest promise of the lines we may have to ship."""
    ours = [part(line, "delivery") for line in parts(order, "lines") if shipper_of(line) is not ShippedBy.MARKETPLACE]
    dispatch = [at for delivery in ours if (at := time(delivery, "shippedAtMax"))]
    promised = [at for delivery in ours if (at := time(delivery, "promisedAtMax"))]
    return time(order, "shippedAtMax") or min(dispatch, default=None), max(promised, default=None)


def _line(line: Json, order_status: OrderStatus, currency: str | None, places: Places) -> MarketplaceLine:
    offer, word = part(line, "offer"), (text(line, "status") or "").lower()
    ordered, shipped_by = required_count(line, "quantity"), shipper_of(line)
    status = status_of(word) if word and word not in _WISHES else None
    now = _now(status, order_status)
    pickup = ends_at_pickup_point(text(part(line, "delivery"), "mode"))
    return MarketplaceLine(
        id=required_text(line, "orderLineId"),
        sku=text(offer, "sellerProductId"),
        title=text(offer, "productTitle"),
        ordered=ordered,
        cancelled=ordered if now is OrderStatus.CANCELLED else 0,
        fulfilled=ordered if now is OrderStatus.SHIPPED else 0,
        unit_price=amount(part(line, "sellingPrice").get("unitSalesPrice"), currency),
        duties=(Duty.PICKUP_POINT.value,) if pickup else (),
        cancel_requested=word in _WISHES,
        status=status,
        shipped_by=shipped_by,
        destination=0 if shipped_by is ShippedBy.MARKETPLACE else places.place_of(line),
    )


def _now(status: OrderStatus | None, order_status: OrderStatus) -> OrderStatus:
    """A cancelled order takes along the lines that have not left."""
    if order_status is OrderStatus.CANCELLED and status is not OrderStatus.SHIPPED:
        return OrderStatus.CANCELLED
    return status or order_status
