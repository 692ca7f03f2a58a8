"""What an order's news does to parcels that no longer follow it: they are marked, taken back, or shown to a person."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.labels.domain.coverage import is_ours, lines_of_others
from services.labels.domain.erasure import erased
from services.labels.domain.fulfilment import Fulfilment, counted_elsewhere, goes_there, shippable, taken_units
from services.labels.domain.holds import Splitting, left_out
from services.labels.domain.order import Order
from services.labels.domain.planning import voided
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State, Told, WriteBack
from services.labels.domain.write_back import confirmed, shipped_in_part


def order_seen(fulfilment: Fulfilment, now: datetime) -> Fulfilment:
    """
    Marks frozen parcels with the newest order; a cancelled order takes back what was not told to the marketplace.

    A parcel that the order's packages show is confirmed: that is the read-back that costs nothing. With an
    erased order's buyer goes what was made of it.
    """
    order = fulfilment.order
    if order is None:
        return fulfilment
    if order.erased_at is not None:
        fulfilment = erased(fulfilment, now)
    seen = fulfilment.each(lambda shipment: _seen(shipment, order, now))
    for shipment in seen.shipments if not order.cancelled else ():
        if _holds_units_back(seen, shipment, order):
            seen = seen.with_shipment(shipped_in_part(shipment))
    return seen


def still_fits(fulfilment: Fulfilment, shipment: Shipment, splitting: Splitting) -> bool:
    """
    The order still wants this very parcel: same recipient (as long as it is known), no cancellation, no line with fewer
    units than it holds, and nothing on top that must leave in the same one.

    A person's word outweighs a cancellation request of the version it was given for.
    """
    order = fulfilment.order
    if order is None or order.cancelled:
        return False
    if order.cancel_requested and shipment.despite_version != order.version:
        return False
    same = fulfilment.erased_at is not None or order.recipient_digest == shipment.recipient_digest
    there = same and goes_there(fulfilment, shipment)
    return there and not left_out(order, shipment, splitting) and _units_fit(fulfilment, shipment, order)


def _units_fit(fulfilment: Fulfilment, shipment: Shipment, order: Order) -> bool:
    for line in shipment.lines:
        wanted = order.line(line.line_id)
        if wanted is None or _in_parcels(fulfilment, line.line_id, shipment) > shippable(fulfilment, wanted):
            return False
    return True


def _in_parcels(fulfilment: Fulfilment, line_id: UUID, shipment: Shipment) -> int:
    """
    Units of a line in this parcel, in the frozen ones made before it, and in every one the marketplace may know: those
    can no longer be taken back.
    """
    units, before = 0, True
    for one in fulfilment.shipments:
        before &= one.shipment_id != shipment.shipment_id
        stands = before and not one.open
        told = one.write_back is not None and one.write_back.may_have_left
        if one.live and (stands or told or one.shipment_id == shipment.shipment_id):
            units += one.units(line_id)
    return units


def _seen(shipment: Shipment, order: Order, now: datetime) -> Shipment:
    if shipment.open or shipment.state is State.VOIDED:
        return shipment
    cancel = order.cancelled or order.cancel_requested
    shipment = replace(shipment, order_version_seen=order.version, cancel_seen=cancel)
    write_back = shipment.write_back
    if write_back and write_back.reason == Reason.CANCEL_REQUESTED and not cancel:
        return shipment.telling(state=Told.OWED, due_at=now, reason=None)
    if write_back and is_ours(shipment, order):
        shipment = _there(shipment, write_back, now)
    return _cancelled(shipment, now) if order.cancelled else shipment


def _there(shipment: Shipment, told: WriteBack, now: datetime) -> Shipment:
    """What was given up because it did not show for so long, and shows after all, has left."""
    if told.state is Told.RELEASED and told.attempt > 0:
        shipment = replace(shipment, state=State.LABEL_CREATED, reason=None, reason_detail=None)
    elif told.state in (Told.CONFIRMED, Told.RELEASED):
        return shipment
    return confirmed(shipment, now)


def _holds_units_back(fulfilment: Fulfilment, shipment: Shipment, order: Order) -> bool:
    """
    It was taken for others', who now show parcels over some of its lines only: as long as it is, nobody ships the
    others. Not where parcels made since hold what was left of it.
    """
    if shipment.write_back is None or shipment.write_back.state is not Told.SHIPPED_ELSEWHERE:
        return False
    theirs = lines_of_others(shipment, order, fulfilment.beside(shipment))
    taken = taken_units(fulfilment, beside=shipment.shipment_id)
    lines = [line for line in order.lines if shipment.units(line.line_id)]
    for line in lines:
        others = taken.get(line.line_id, 0)
        if others and others + shipment.units(line.line_id) > line.ordered - line.cancelled:
            return False
    buried = any(line.line_id not in theirs and not counted_elsewhere(fulfilment, line) for line in lines)
    return buried and any(line.line_id in theirs for line in lines)


def _cancelled(shipment: Shipment, now: datetime) -> Shipment:
    """Of a cancelled order. A label under way is judged when its outcome is known."""
    if shipment.write_back is None:
        return shipment
    if not shipment.write_back.may_have_left:
        return released(shipment, Reason.ORDER_CANCELLED, now)
    if shipment.write_back.state is Told.SHIPPED_ELSEWHERE:
        return shipment
    return replace(shipment, state=State.NEEDS_PERSON, reason=Reason.CANCELLED_TOO_LATE.value, reason_detail=None)


def released(shipment: Shipment, reason: Reason, now: datetime) -> Shipment:
    """The label is taken back, and nothing is owed to the marketplace any more."""
    if shipment.write_back is not None:
        shipment = shipment.telling(state=Told.RELEASED, due_at=None, reason=None, reason_detail=None)
    return voided(shipment, reason, now)
