"""
An order in the words of the Orders API v2026-01-01, with only the data sets that were asked for.

Personal data follows Amazon's page Access Orders PII: merchant-fulfilled orders past PENDING only, and only for
applications with the roles. Now and then an unknown field or value appears, as Amazon announces it may.
"""

import hashlib
from typing import Any

from tests.sandbox.amazon.order import Line, Order, Package
from tests.sandbox.amazon.stores import STORES, Store
from tests.sandbox.clock import iso

Json = dict[str, Any]

ROLE_ORDERS = "inventory-and-order-tracking"
ROLE_SHIPPING = "direct-to-consumer-shipping"
ROLE_TAX = "tax-invoicing"
ROLE_SELLERS = "selling-partner-insights"
ROLE_LISTINGS = "product-listing"
ROLE_FULFILLMENT = "amazon-fulfillment"
ROLES = (ROLE_ORDERS, ROLE_SHIPPING, ROLE_TAX, ROLE_SELLERS, ROLE_LISTINGS, ROLE_FULFILLMENT)

DATASETS = frozenset({
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
    "PAYMENT", "FULFILLMENT_ORDERS",
})  # fmt: skip
_PERSONAL_STATUSES = ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED")
_DAY = 86_400
# Of every line with the duty `gift`.
GIFT_MESSAGE = "Joyeux anniversaire !"


def render(order: Order, datasets: frozenset[str], roles: tuple[str, ...]) -> Json:
    """The order as JSON, `datasets` being the values of `includedData`."""
    store = STORES[order.marketplace_id]
    answer: Json = {
        "orderId": order.order_id,
        "createdTime": iso(order.created),
        "lastUpdatedTime": iso(order.updated, fraction=_odd(order) % 7 == 0),
        "salesChannel": _sales_channel(order, store),
        "orderItems": [_item(order, line, store, datasets) for line in order.lines],
    }
    if order.programs:
        answer["programs"] = list(order.programs)
    if _odd(order) % 11 == 0:
        answer["carbonFootprint"] = {"grams": 1250, "scheme": "ESTIMATED"}
    answer.update(_order_parts(order, store, datasets, roles))
    return answer | order.extra


def _odd(order: Order) -> int:
    """A number by which some orders carry what a client does not expect."""
    return hashlib.sha256(order.order_id.encode()).digest()[0]


def _order_parts(order: Order, store: Store, datasets: frozenset[str], roles: tuple[str, ...]) -> Json:
    parts: Json = {}
    if "FULFILLMENT" in datasets:
        parts["fulfillment"] = _fulfillment(order)
    if "PROCEEDS" in datasets:
        total = sum(line.quantity * line.unit_price for line in order.lines)
        parts["proceeds"] = {"grandTotal": _money(store, total)}
    if "PACKAGES" in datasets and order.packages and order.fulfilled_by == "MERCHANT":
        parts["packages"] = [_package(package) for package in order.packages]
    if "BUYER" in datasets and (buyer := _buyer(order, roles)):
        parts["buyer"] = buyer
    if "RECIPIENT" in datasets and (address := _address(order, roles)):
        parts["recipient"] = {"deliveryAddress": address}
    return parts


def _sales_channel(order: Order, store: Store) -> Json:
    if order.channel_name != "AMAZON":
        return {"channelName": order.channel_name}
    return {"channelName": "AMAZON", "marketplaceId": store.marketplace_id, "marketplaceName": store.name}


def _fulfillment(order: Order) -> Json:
    fulfillment: Json = {
        "fulfillmentStatus": order.status,
        "fulfilledBy": order.fulfilled_by,
        "fulfillmentServiceLevel": "ECONOMY_PLUS" if _odd(order) % 13 == 0 else "STANDARD",
    }
    if order.status != "PENDING":
        ship_from = order.created - order.created % _DAY
        fulfillment["shipByWindow"] = _window(order.created, ship_from + 3 * _DAY - 1)
        fulfillment["deliverByWindow"] = _window(ship_from + 4 * _DAY, ship_from + 8 * _DAY - 1)
    if any("label_window" in line.duties for line in order.lines):
        fulfillment["labelPrintingWindow"] = {"earliestDateTime": iso(order.created + 2 * _DAY)}
    return fulfillment


def _item(order: Order, line: Line, store: Store, datasets: frozenset[str]) -> Json:
    product: Json = {
        "asin": line.asin,
        "title": line.title,
        "sellerSku": line.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
        "price": {"unitPrice": _money(store, line.unit_price)},
    }
    if "customized" in line.duties:
        product["customization"] = {"customizedUrl": f"https://example.com/customization/{line.order_item_id}"}
    item: Json = {"orderItemId": line.order_item_id, "quantityOrdered": line.quantity, "product": product}
    if "transparency" in line.duties:
        item["programs"] = ["TRANSPARENCY"]
    if "PROCEEDS" in datasets:
        item["proceeds"] = {"proceedsTotal": _money(store, line.quantity * line.unit_price)}
    if "CANCELLATION" in datasets and (cancellation := _cancellation(order)):
        item["cancellation"] = cancellation
    if "FULFILLMENT" in datasets:
        item["fulfillment"] = _item_fulfillment(order, line)
    return item


def _cancellation(order: Order) -> Json:
    parts: Json = {}
    if order.cancel_requested:
        parts["cancellationRequest"] = {"requester": "BUYER", "cancelReason": "BUYER_CANCELLED"}
    if order.status == "CANCELLED":
        parts["cancellationExecution"] = {"cancelledBy": "SELLER", "cancelReason": "BUYER_CANCELLED"}
    return parts


def _item_fulfillment(order: Order, line: Line) -> Json:
    cancelled = order.status == "CANCELLED"
    shipped = order.shipped()[line.order_item_id]
    if order.fulfilled_by == "AMAZON" and order.status == "SHIPPED":
        shipped = line.quantity
    part: Json = {
        "quantityFulfilled": shipped,
        "quantityUnfulfilled": 0 if cancelled else max(0, line.quantity - shipped),
    }
    if packing := _packing(line.duties):
        part["packing"] = packing
    if shipping := _shipping(line.duties):
        part["shipping"] = shipping
    return part


def _packing(duties: tuple[str, ...]) -> Json:
    packing: Json = {}
    if "serial_number" in duties:
        packing["serialNumberRequirement"] = {"requirementType": "REQUIRED"}
    if "gift" in duties:
        packing["giftOption"] = {"giftMessage": GIFT_MESSAGE, "giftWrapLevel": "Classic"}
    return packing


def _shipping(duties: tuple[str, ...]) -> Json:
    names = {
        "signature": "signatureConfirmation",
        "age_check": "recipientAgeVerification",
        "identity_check": "recipientIdentityVerification",
        "pallet": "palletDelivery",
        "cash_on_delivery": "cashOnDelivery",
    }
    constraints = {field: "MANDATORY" for duty, field in names.items() if duty in duties}
    shipping: Json = {"shippingConstraints": constraints} if constraints else {}
    if "ioss" in duties:
        shipping["internationalShipping"] = {"iossNumber": "IM2760000742"}
    return shipping


def _package(package: Package) -> Json:
    return {
        "packageReferenceId": package.reference,
        "createdTime": iso(package.created),
        "packageStatus": {"status": package.status},
        "carrier": package.carrier,
        "shipTime": iso(package.ship_time),
        "trackingNumber": package.tracking_number,
        "packageItems": [{"orderItemId": item, "quantity": quantity} for item, quantity in package.lines.items()],
    } | ({"shippingService": package.shipping_method} if package.shipping_method else {})


def _may_be_personal(order: Order) -> bool:
    return order.fulfilled_by == "MERCHANT" and order.status in _PERSONAL_STATUSES


def _buyer(order: Order, roles: tuple[str, ...]) -> Json:
    buyer: Json = {}
    if not _may_be_personal(order):
        return buyer
    if ROLE_TAX in roles:
        buyer["buyerName"] = order.person.name
        if order.person.company and order.person.purchase_order:
            buyer["buyerCompanyName"] = order.person.company
        if order.person.purchase_order:
            buyer["buyerPurchaseOrderNumber"] = order.person.purchase_order
    if ROLE_SHIPPING in roles:
        buyer["buyerEmail"] = order.person.email
    return buyer


def _address(order: Order, roles: tuple[str, ...]) -> Json:
    """The address: whole, or only where it is, or nothing while the order is pending."""
    person = order.person
    if order.status.startswith("PENDING"):
        return {}
    place = {"city": person.city, "stateOrRegion": person.state, "countryCode": person.country}
    if not _may_be_personal(order) or ROLE_SHIPPING not in roles:
        return {name: value for name, value in place.items() if value}
    whole = place | {
        "name": person.name,
        "companyName": person.company,
        "addressLine1": person.street,
        "addressLine2": person.street2,
        "postalCode": person.postal_code,
        "phone": person.phone,
        "addressType": person.address_type,
    }
    return {name: value for name, value in whole.items() if value}


def _window(earliest: float, latest: float) -> Json:
    return {"earliestDateTime": iso(earliest), "latestDateTime": iso(latest)}


def _money(store: Store, minor: int) -> Json:
    return {"amount": store.amount(minor), "currencyCode": store.currency}
