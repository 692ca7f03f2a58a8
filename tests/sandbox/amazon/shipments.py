"""
confirmShipment (Orders v0): a package was handed to a carrier.

Refuses what the real one refuses (its page Confirm the Shipment Status and public issue threads): a reference that
is not a numeric string, a foreign item, too many units, Other without a name, orders that cannot be shipped this way.
The same reference again edits its package.
"""

from dataclasses import dataclass, replace
from typing import Any

from tests.sandbox.amazon.confirmation import Confirmation, read_confirmation
from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import invalid
from tests.sandbox.amazon.order import Order, Package
from tests.sandbox.amazon.orders import own_order
from tests.sandbox.faults import Unanswered

_INDIA = "A21TJRUUN4KGV"
_NOT_SHIPPABLE = ("PENDING", "PENDING_AVAILABILITY", "CANCELLED", "UNFULFILLABLE")
_LATE_SECONDS = 600.0


@dataclass(frozen=True)
class _Outcome:
    order: Order
    changed: bool


def confirm_shipment(ctx: Context) -> Any:
    """None (an empty 204) once the package is recorded; raises 400 or 404. An identical repeat changes nothing."""
    record = ctx.world.book.record(ctx.order_id)
    order = own_order(ctx, record.order if record else None)
    confirmation = read_confirmation(ctx)
    outcome = _apply(order, confirmation, ctx)
    if ctx.take("dropped_204"):
        return None
    if outcome.changed:
        late = ctx.take("late_visibility")
        shown_after = (late.seconds or _LATE_SECONDS) if late else None
        ctx.world.book.change(outcome.order, ctx.world.clock.now(), effect=True, shown_after=shown_after)
    if fault := ctx.take("timeout_after_effect"):
        raise Unanswered(fault.seconds)
    return None


def _apply(order: Order, wanted: Confirmation, ctx: Context) -> _Outcome:
    _check_order(order, wanted)
    old = next((p for p in order.packages if p.reference == wanted.reference), None)
    others = tuple(p for p in order.packages if p.reference != wanted.reference)
    if old is None and not any(order.unshipped().values()):
        raise invalid("PackageToUpdateNotFound: order already fulfilled")
    _check_units(replace(order, packages=others), wanted)
    package = _package(wanted, created=old.created if old else int(ctx.world.clock.now()))
    if package == old:
        return _Outcome(order, changed=False)
    packages = tuple(package if p is old else p for p in order.packages) if old else (*others, package)
    return _Outcome(order.with_packages(packages), changed=True)


def _check_order(order: Order, wanted: Confirmation) -> None:
    if wanted.marketplace_id != order.marketplace_id:
        raise invalid("The marketplaceId is not the one of the order.")
    if order.fulfilled_by == "AMAZON":
        raise invalid("The order is fulfilled by Amazon.")
    if "FBM_SHIP_PLUS" in order.programs:
        raise invalid("Shipment confirmation is not supported for Ship+ orders.")
    if order.status in _NOT_SHIPPABLE:
        raise invalid(f"The order cannot be shipped: it is {order.status}.")
    if wanted.other_carrier and order.marketplace_id == _INDIA:
        raise invalid("carrierCode Other is not supported for self-ship in this marketplace.")


def _check_units(order: Order, wanted: Confirmation) -> None:
    """`order` is without the package being confirmed."""
    unshipped = order.unshipped()
    for item, quantity in wanted.lines.items():
        if item not in unshipped:
            raise invalid(f"Order item {item} does not belong to the order.")
        if quantity > unshipped[item]:
            raise invalid(f"The quantity of order item {item} is more than what is left to ship.")


def _package(wanted: Confirmation, *, created: int) -> Package:
    return Package(
        reference=wanted.reference,
        carrier=wanted.carrier,
        carrier_code=wanted.carrier_code,
        tracking_number=wanted.tracking_number,
        shipping_method=wanted.shipping_method,
        ship_time=wanted.ship_time,
        created=created,
        lines=wanted.lines,
    )
