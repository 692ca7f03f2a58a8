"""Whether orders came through whole: every record, line, package and field our model has a place for."""

import json
from collections.abc import Iterator
from typing import Any

from shared.marketplaces.models import MarketplaceLine, MarketplaceOrder, OrderPage, OrderStatus, ShippedBy
from tests.conformance.kept import Table, at, every, is_told, missing

_ORDER: Table = {
    "orderId": "id",
    "createdTime": "placed_at",
    "lastUpdatedTime": "updated_at",
    "salesChannel.marketplaceId": "channel_id",
    "proceeds.grandTotal": "total",
    "fulfillment.fulfillmentStatus": "status_text",
    "fulfillment.shipByWindow.latestDateTime": "ship_by",
    "fulfillment.deliverByWindow.latestDateTime": "deliver_by",
    "fulfillment.labelPrintingWindow.earliestDateTime": "label_not_before",
    "buyer.buyerName": "personal.buyer.name",
    "buyer.buyerEmail": "personal.buyer.email",
    "buyer.buyerCompanyName": "personal.buyer.company",
    "buyer.buyerPurchaseOrderNumber": "personal.buyer.purchase_order_number",
}
_ADDRESS: Table = {
    "name": "name",
    "companyName": "company",
    "addressLine1": "lines",
    "addressLine2": "lines",
    "addressLine3": "lines",
    "extendedFields.neighborhood": "lines",
    "city": "city",
    "postalCode": "postal_code",
    "stateOrRegion": "state",
    "countryCode": "country",
    "phone": "phone",
}
_PREFERENCE: Table = {"addressInstruction": "instructions", "dropOffLocation": "instructions"}
# Without any of these an address is no recipient: it is what is left where the role for more is missing.
_MAKES_RECIPIENT = ("name", "companyName", "addressLine1", "addressLine2", "addressLine3")
_LINE: Table = {
    "orderItemId": "id",
    "quantityOrdered": "ordered",
    "product.sellerSku": "sku",
    "product.title": "title",
    "product.price.unitPrice": "unit_price",
    "fulfillment.quantityFulfilled": "fulfilled",
}
_DUTIES: Table = {
    "fulfillment.shipping.shippingConstraints.palletDelivery": "pallet",
    "fulfillment.shipping.shippingConstraints.cashOnDelivery": "cash_on_delivery",
    "fulfillment.shipping.shippingConstraints.signatureConfirmation": "signature",
    "fulfillment.shipping.shippingConstraints.recipientIdentityVerification": "identity_check",
    "fulfillment.shipping.shippingConstraints.recipientAgeVerification": "age_check",
    "fulfillment.shipping.internationalShipping.iossNumber": "ioss",
    "fulfillment.packing.serialNumberRequirement": "serial_number",
    "product.customization.customizedUrl": "customization",
}
_PACKAGE: Table = {
    "packageReferenceId": "reference",
    "carrier": "carrier",
    "trackingNumber": "tracking_number",
    "packageStatus.status": "status",
    "shipTime": "shipped_at",
}
_FULFILLED_BY = {"AMAZON": (ShippedBy.MARKETPLACE,), "MERCHANT": (ShippedBy.SELLER, ShippedBy.PROGRAM)}
_UNSETTLED = (OrderStatus.PENDING, OrderStatus.UNKNOWN, OrderStatus.CANCELLED)


def lost_of_page(answer: Any, page: OrderPage) -> Iterator[str]:
    """Where the answer tells something that the page does not hold."""
    orders = iter(page.orders)
    unread = {order.raw: order.reason for order in page.unreadable}
    for number, record in enumerate(every(answer, "orders")):
        reason = next((why for raw, why in unread.items() if json.loads(raw) == record), None)
        order = None if reason is not None else next(orders, None)
        found = lost_of_order(record, order) if order else iter([f"unreadable: {reason or 'not there'}"])
        yield from (f"orders[{number}].{path}" for path in found)
    yield from missing(answer, page, {"pagination.nextToken": "next_token"})
    if page.covered_until is None or not is_told(at(answer, "lastUpdatedBefore")):
        yield from missing(answer, page, {"createdBefore": "covered_until"})
    yield from missing(answer, page, {"lastUpdatedBefore": "covered_until"})


def lost_of_answer(answer: Any, order: MarketplaceOrder) -> Iterator[str]:
    """The same of an answer that is one order."""
    return (f"order.{path}" for path in lost_of_order(at(answer, "order"), order))


def lost_of_order(record: Any, order: MarketplaceOrder) -> Iterator[str]:
    """Where a record tells something that the order does not hold. What our model has no place for is in `raw`."""
    if json.loads(order.raw) != record:
        yield "(raw)"
    yield from missing(record, order, _ORDER)
    yield from _lost_of_recipient(record, order)
    if order.shipped_by not in _FULFILLED_BY.get(at(record, "fulfillment.fulfilledBy"), (ShippedBy.UNKNOWN,)):
        yield "fulfillment.fulfilledBy"
    yield from _lost_relations(record, order)
    yield from _lost_lines(record, order)
    yield from _lost_packages(record, order)


def _lost_of_recipient(record: Any, order: MarketplaceOrder) -> Iterator[str]:
    address, held = at(record, "recipient.deliveryAddress"), order.personal.recipient
    if not any(is_told(at(address, name)) for name in _MAKES_RECIPIENT):
        return
    yield from (f"recipient.deliveryAddress.{path}" for path in missing(address, held, _ADDRESS))
    preference = at(record, "recipient.deliveryPreference")
    yield from (f"recipient.deliveryPreference.{path}" for path in missing(preference, held, _PREFERENCE))
    if (at(address, "addressType") == "PICKUP_POINT") != (held is not None and held.pickup_point):
        yield "recipient.deliveryAddress.addressType"


def _lost_relations(record: Any, order: MarketplaceOrder) -> Iterator[str]:
    related = {id for _, id in order.related}
    for name, id in (("associatedOrders", "orderId"), ("orderAliases", "aliasId")):
        if not {at(one, id) for one in every(record, name)} <= related:
            yield name


def _lost_lines(record: Any, order: MarketplaceOrder) -> Iterator[str]:
    items = every(record, "orderItems")
    if len(items) != len(order.lines):
        yield "orderItems"
        return
    for number, (item, line) in enumerate(zip(items, order.lines, strict=True)):
        yield from (f"orderItems[{number}].{path}" for path in _lost_of_line(item, line, order))


def _lost_of_line(item: Any, line: MarketplaceLine, order: MarketplaceOrder) -> Iterator[str]:
    yield from missing(item, line, _LINE)
    yield from (path for path, duty in _DUTIES.items() if is_told(at(item, path)) and duty not in line.duties)
    if "TRANSPARENCY" in every(item, "programs") and "transparency_code" not in line.duties:
        yield "programs"
    unfulfilled, executed = at(item, "fulfillment.quantityUnfulfilled"), at(item, "cancellation.cancellationExecution")
    left = line.ordered - line.cancelled - line.fulfilled
    if unfulfilled not in (None, left) and not executed and order.status not in _UNSETTLED:
        yield "fulfillment.quantityUnfulfilled"
    requester = at(item, "cancellation.cancellationRequest.requester")
    if requester == "BUYER" and not executed and not line.cancel_requested:
        yield "cancellation.cancellationRequest"
    buyer = {"gifts": order.personal.buyer.get("gift_messages", {}).get(line.id)}
    buyer["customized"] = order.personal.buyer.get("customized_urls", {}).get(line.id)
    told = {"fulfillment.packing.giftOption.giftMessage": "gifts", "product.customization.customizedUrl": "customized"}
    yield from missing(item, buyer, told)


def _lost_packages(record: Any, order: MarketplaceOrder) -> Iterator[str]:
    told = [one for one in every(record, "packages") if at(one, "packageStatus.status") != "CANCELLED"]
    if len(told) != len(order.packages):
        yield "packages"
        return
    for number, (package, held) in enumerate(zip(told, order.packages, strict=True)):
        yield from (f"packages[{number}].{path}" for path in missing(package, held, _PACKAGE))
        units = {(at(one, "orderItemId"), at(one, "quantity")) for one in every(package, "packageItems")}
        if not units <= set(held.lines):
            yield f"packages[{number}].packageItems"
