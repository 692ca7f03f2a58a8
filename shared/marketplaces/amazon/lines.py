"""
The lines of an Amazon order: units, duties, and what was cancelled.

Amazon counts per line what was fulfilled and what is still unfulfilled; what is in neither was cancelled (domain rule
5). While an order is pending its counts have not settled, so nothing is concluded from them.
"""

from shared.marketplaces.amazon.fields import money
from shared.marketplaces.amazon.personal import goes_to_pickup_point
from shared.marketplaces.amazon.programs import TRANSPARENCY
from shared.marketplaces.fields import (
    BadField,
    Json,
    count,
    part,
    parts,
    required_count,
    required_text,
    text,
    texts,
)
from shared.marketplaces.models import Duty, MarketplaceLine, OrderStatus

_CONSTRAINTS = {
    "palletDelivery": Duty.PALLET,
    "cashOnDelivery": Duty.CASH_ON_DELIVERY,
    "signatureConfirmation": Duty.SIGNATURE,
    "recipientIdentityVerification": Duty.IDENTITY_CHECK,
    "recipientAgeVerification": Duty.AGE_CHECK,
}


def read_lines(order: Json, status: OrderStatus) -> tuple[MarketplaceLine, ...]:
    """Raises BadField: there are no lines, or one of them cannot be read."""
    if not isinstance(order.get("orderItems"), list):
        raise BadField("orderItems is missing or not a list")
    order_duties = (Duty.PICKUP_POINT,) if goes_to_pickup_point(order) else ()
    lines = tuple(_line(item, status, order_duties) for item in parts(order, "orderItems"))
    if not lines or len(lines) != len(order["orderItems"]):
        raise BadField("orderItems is empty or holds something that is no item")
    return lines


def _line(item: Json, status: OrderStatus, order_duties: tuple[Duty, ...]) -> MarketplaceLine:
    product, ordered = part(item, "product"), required_count(item, "quantityOrdered")
    fulfilled = _fulfilled(item, status, ordered)
    executed = bool(part(part(item, "cancellation"), "cancellationExecution"))
    return MarketplaceLine(
        id=required_text(item, "orderItemId"),
        sku=text(product, "sellerSku"),
        title=text(product, "title"),
        ordered=ordered,
        cancelled=_cancelled(item, status, ordered - fulfilled, executed=executed),
        fulfilled=fulfilled,
        unit_price=money(part(product, "price"), "unitPrice"),
        duties=tuple(duty.value for duty in (*_duties(item), *order_duties)),
        cancel_requested=_is_cancel_requested(item) and not executed,
    )


def _fulfilled(item: Json, status: OrderStatus, ordered: int) -> int:
    told = count(part(item, "fulfillment"), "quantityFulfilled")
    if told is None:
        return ordered if status is OrderStatus.SHIPPED else 0
    return min(told, ordered)


def _cancelled(item: Json, status: OrderStatus, not_fulfilled: int, *, executed: bool) -> int:
    unfulfilled = count(part(item, "fulfillment"), "quantityUnfulfilled")
    if status is OrderStatus.CANCELLED:
        return not_fulfilled
    if status in (OrderStatus.PENDING, OrderStatus.UNKNOWN) or unfulfilled is None:
        return not_fulfilled if executed else 0
    gone = max(0, not_fulfilled - unfulfilled)
    # A cancellation that was carried out but left every unit: the counts lag behind, the line is gone.
    return not_fulfilled if executed and gone == 0 else gone


def _is_cancel_requested(item: Json) -> bool:
    """The buyer asked (domain rule 4). The requester is BUYER; one that is not named is taken for a buyer too."""
    request = part(part(item, "cancellation"), "cancellationRequest")
    return bool(request) and text(request, "requester") in (None, "BUYER")


def _duties(item: Json) -> list[Duty]:
    fulfillment, shipping = part(item, "fulfillment"), part(part(item, "fulfillment"), "shipping")
    constraints = part(shipping, "shippingConstraints")
    duties = [duty for name, duty in _CONSTRAINTS.items() if constraints and text(constraints, name)]
    if TRANSPARENCY in texts(item, "programs"):
        duties.append(Duty.TRANSPARENCY_CODE)
    if part(part(fulfillment, "packing"), "serialNumberRequirement"):
        duties.append(Duty.SERIAL_NUMBER)
    if text(part(shipping, "internationalShipping"), "iossNumber"):
        duties.append(Duty.IOSS)
    if text(part(part(item, "product"), "customization"), "customizedUrl"):
        duties.append(Duty.CUSTOMIZATION)
    return duties
