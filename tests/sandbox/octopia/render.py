"""
An order in the words of the seller API.

A line has its address only from InPreparation on. Now and then a field or a value is one a client does not expect, and
a date has seven decimals.
"""

import hashlib
from typing import Any

from tests.sandbox.clock import iso
from tests.sandbox.octopia.models import channel
from tests.sandbox.octopia.order import Address, Line, Order, Parcel

Json = dict[str, Any]

_DAY = 86_400
_ADDRESS = (
    "civility", "firstName", "lastName", "companyName", "companyVatNumber", "addressLine1", "addressLine2",
    "addressLine3", "postalCode", "city", "stateOrRegion", "countryCode",
)  # fmt: skip


def render(order: Order) -> Json:
    """The order as JSON."""
    sold_on, odd = channel(order.channel), _odd(order)
    answer: Json = {
        "orderId": order.order_id,
        "reference": order.reference,
        "businessOrder": order.business,
        "salesChannel": {"id": order.channel, "name": sold_on.name},
        "seller": {"id": order.seller_id},
        "customer": {"reference": order.customer},
        "purchasedAt": date(order.created),
        "createdAt": date(order.created),
        "updatedAt": date(order.updated, ticks=odd % 7 == 0),
        "shippedAtMax": date(_ship_by(order)),
        "status": order.status,
        "payment": {"method": "GiftCard" if odd % 13 == 0 else "Card"},
        "currencyCode": sold_on.currency,
        "billingAddress": _address(order.destinations[0] if order.lines[0].address_known else None),
        "totalPrice": _total(order.lines),
        "serviceFees": [],
        "statusEvents": [{"status": status, "createdAt": date(at)} for status, at in order.events],
        "cancellationDetails": None,
        "lines": [_line(order, line) for line in order.lines],
    }
    if odd % 11 == 0:
        answer["ecoContribution"] = {"amount": 0.12, "scheme": "WEEE"}
    return answer | order.extra


def date(seconds: float, *, ticks: bool = False) -> str:
    """UTC as this API writes it: with an offset, now and then with a ten-millionth of a second."""
    return iso(seconds).replace("Z", ".0000000+00:00" if ticks else "+00:00")


def money(cents: int) -> float:
    """Cents as the JSON number amounts are."""
    return cents / 100


def _odd(order: Order) -> int:
    """A number by which some orders carry what a client does not expect."""
    return hashlib.sha256(order.order_id.encode()).digest()[0]


def _ship_by(order: Order) -> int:
    return order.created - order.created % _DAY + 3 * _DAY


def _line(order: Order, line: Line) -> Json:
    price = {"unitSalesPrice": money(line.unit_price), "shippingCost": money(line.shipping_cost), "taxes": []}
    commission = {"amountWithVat": money(line.unit_price * 18 // 100), "rate": 15}
    return {
        "orderLineId": line.line_id,
        "status": line.status,
        "quantity": line.quantity,
        "totalPrice": _total((line,)),
        "offerPrice": price | {"commission": commission},
        "sellingPrice": price,
        "offer": {
            "id": f"{order.seller_id}_{line.product_id}_New_{order.channel}",
            "sellerProductId": line.sku,
            "productId": line.product_id,
            "productTitle": line.title,
            "productGtin": None,
            "condition": "LikeNewPlus" if _odd(order) % 17 == 0 else "New",
            "supplyMode": line.supply_mode,
        },
        "delivery": {
            "mode": order.delivery_mode,
            "promisedAtMin": date(_ship_by(order) + _DAY),
            "promisedAtMax": date(_ship_by(order) + 3 * _DAY),
            "shippedAtMax": date(_ship_by(order)),
        },
        "shippingAddress": _shipping_address(order.destinations[line.destination]) if line.address_known else None,
        "parcels": [_parcel(parcel) for parcel in line.parcels],
    }


def _total(lines: tuple[Line, ...]) -> Json:
    total = money(sum(line.quantity * line.unit_price + line.shipping_cost for line in lines))
    return {"offerPrice": total, "sellingPrice": total}


def _address(place: Address | None) -> Json:
    """Who pays; before the order is to be prepared all fields are null."""
    if place is None:
        return dict.fromkeys(_ADDRESS)
    return dict.fromkeys(_ADDRESS) | {
        "civility": place.civility,
        "firstName": place.first_name,
        "lastName": place.last_name,
        "companyName": place.company or None,
        "addressLine1": place.line1,
        "addressLine2": place.line2 or None,
        "postalCode": place.postal_code,
        "city": place.city,
        "countryCode": place.country,
    }


def _shipping_address(place: Address) -> Json:
    return _address(place) | {"phone": place.phone, "email": place.email}


def _parcel(parcel: Parcel) -> Json:
    told = {"parcelNumber": parcel.number, "carrierName": parcel.carrier}
    return told | ({"trackingUrl": parcel.url} if parcel.url else {})
