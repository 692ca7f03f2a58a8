"""
Octopia's orders (Seller API v2) in our words, read tolerantly.

Unknown fields and values are let be, optional means optional, and one record that cannot be read never spoils its page.
"""

from typing import Any

from shared.kernel.errors import Unreadable
from shared.marketplaces.fields import (
    BadField,
    Json,
    amount,
    as_bytes,
    count,
    load,
    load_object,
    part,
    parts,
    required_text,
    required_time,
    text,
    time,
)
from shared.marketplaces.models import MarketplaceOrder, MarketplacePackage, UnreadableOrder
from shared.marketplaces.octopia.lines import deadlines, read_lines, shipper_of_all, status_of
from shared.marketplaces.octopia.personal import Places, is_business

_DELIVERED = "delivered"

Record = MarketplaceOrder | UnreadableOrder


def parse_records(body: bytes) -> tuple[tuple[str, Record], ...]:
    """
    The records of one answer of listOrders, in its order, each with what it is known by.

    Raises Unreadable where it is no list of orders at all.
    """
    items = load_object(body).get("items")
    if not isinstance(items, list):
        raise Unreadable("The answer holds no list of orders.", code="no_orders", raw=body)
    return tuple((_known_by(record), parse_record(record)) for record in items)


def parse_count(body: bytes) -> int:
    """One answer of countOrders: a bare whole number. Raises Unreadable."""
    told = load(body)
    found = count({"count": told}, "count")
    if found is None:
        raise Unreadable("The answer is no number of orders.", code="no_count", raw=body)
    return found


def parse_order(body: bytes) -> MarketplaceOrder:
    """One answer of getOrder. Raises Unreadable."""
    order = parse_record(load_object(body))
    if isinstance(order, UnreadableOrder):
        raise Unreadable(f"The order cannot be read: {order.reason}.", code="order_unreadable", raw=body)
    return order


def parse_record(record: Any) -> Record:
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


def parse_packages(order: Json) -> tuple[MarketplacePackage, ...]:
    """
    The parcels declared for an order. Each line names its own; one number over several lines is one parcel.

    A parcel tells no units: those of its lines are all in it.
    """
    found: dict[tuple[str | None, str | None], dict[str, int]] = {}
    for line in parts(order, "lines"):
        for parcel in parts(line, "parcels"):
            held = found.setdefault((text(parcel, "parcelNumber"), text(parcel, "carrierName")), {})
            line_id, quantity = text(line, "orderLineId"), count(line, "quantity")
            if line_id and quantity:
                held[line_id] = quantity
    return tuple(
        MarketplacePackage(
            reference=None, carrier=carrier, tracking_number=number, status=None, lines=tuple(lines.items())
        )
        for (number, carrier), lines in found.items()
    )


def _order(order: Json, raw: bytes) -> MarketplaceOrder:
    status_text = text(order, "status") or ""
    status, places = status_of(status_text), Places(order)
    lines = read_lines(order, status, places)
    updated_at = required_time(order, "updatedAt")
    ship_by, deliver_by = deadlines(order)
    return MarketplaceOrder(
        id=required_text(order, "orderId"),
        channel_id=text(part(order, "salesChannel"), "id"),
        status=status,
        status_text=status_text,
        shipped_by=shipper_of_all(lines),
        # As windows of `createdAt` count it; `purchasedAt` is moments earlier.
        placed_at=time(order, "createdAt") or required_time(order, "purchasedAt"),
        updated_at=updated_at,
        lines=lines,
        packages=parse_packages(order),
        cancel_requested=any(line.cancel_requested for line in lines),
        ship_by=ship_by,
        deliver_by=deliver_by,
        # The API tells that it was delivered, not when: at the latest when the order was last touched.
        delivered_at=updated_at if status_text.lower() == _DELIVERED else None,
        total=amount(part(order, "totalPrice").get("sellingPrice"), text(order, "currencyCode")),
        business=is_business(order),
        personal=places.personal_data(),
        raw=raw,
    )


def _known_by(record: Any) -> str:
    """Its id; what it holds, where it has none."""
    told = text(record, "orderId") if isinstance(record, dict) else None
    return told or as_bytes(record).decode()
