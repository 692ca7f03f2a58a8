"""
Why a parcel waits, whoever asks for its label: what the order says, what stock holds, what marketplace and carrier
take.
"""

from dataclasses import dataclass
from datetime import datetime

from services.labels.domain.carrier import CarrierAbilities
from services.labels.domain.fulfilment import Fulfilment, held_for, shippable, taken_units
from services.labels.domain.order import Order
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment


@dataclass(frozen=True, slots=True)
class Splitting:
    """What may leave in several parcels, as the marketplace has it: an order, and a line's units."""

    orders: bool
    lines: bool


@dataclass(frozen=True, slots=True)
class ChannelMode:
    """`automatic`: labels are made by themselves. `at_hand_over`: the marketplace is told then, not with the label."""

    automatic: bool
    at_hand_over: bool


UNCHOSEN = ChannelMode(automatic=False, at_hand_over=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """`automatic`, `at_hand_over`: the channel's policy; the latter: when the marketplace is told of a parcel."""

    automatic: bool
    splitting: Splitting
    carrier: CarrierAbilities
    carrier_is_set_up: bool
    at_hand_over: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    reason: Reason
    detail: str | None = None


def hold(fulfilment: Fulfilment, parcel: Shipment, terms: Terms, now: datetime) -> Hold | None:
    """Why no label is made for this parcel now, whoever asks; None: it may be made."""
    order = fulfilment.order
    if order is None or not fulfilment.reserved:
        return Hold(Reason.RESERVATION_AWAITED)
    if fulfilment.erased_at is not None:
        return Hold(Reason.ADDRESS_ERASED)
    held = (
        _held_by_order(fulfilment, order, parcel, terms.splitting)
        or _held_by_stock(fulfilment, order, parcel)
        or _held_by_carrier(order, parcel, terms)
    )
    if held is None and parcel.problem is not None and parcel.problem_version == order.version:
        held = Hold(Reason(parcel.problem), parcel.problem_detail)
    if held is None and order.label_not_before is not None and order.label_not_before > now:
        held = Hold(Reason.LABEL_NOT_BEFORE)
    return held


def left_out(order: Order, parcel: Shipment, splitting: Splitting) -> tuple[str, ...]:
    """
    SKUs of which units are outside this parcel although the marketplace takes them in one: they left before, are in
    another parcel, or came on top. Units that are not ours, or cancelled, leave the parcel complete.
    """
    if splitting.lines and splitting.orders:
        return ()
    wanted = [line for line in order.lines if line.ours and (not splitting.orders or parcel.units(line.line_id) > 0)]
    return tuple(line.sku for line in wanted if line.ordered - line.cancelled > parcel.units(line.line_id))


def _held_by_order(fulfilment: Fulfilment, order: Order, parcel: Shipment, splitting: Splitting) -> Hold | None:
    if order.cancel_requested and parcel.despite_version != order.version:
        return Hold(Reason.CANCEL_REQUESTED)
    if not splitting.orders and (held := _held_by_siblings(fulfilment, order)):
        return held
    outside = left_out(order, parcel, splitting)
    return Hold(Reason.PARTLY_SHIPPED, ", ".join(outside)) if outside else None


def _held_by_siblings(fulfilment: Fulfilment, order: Order) -> Hold | None:
    """Of an order that leaves in one parcel, complete."""
    if len({line.destination for line in order.lines if shippable(fulfilment, line) > 0}) > 1:
        return Hold(Reason.ADDRESSES_DIFFER)
    waiting = [line.sku for line in order.lines if line.ours and not line.ships and line.unshipped > 0]
    return Hold(Reason.LINES_WAIT, ", ".join(waiting)) if waiting else None


def _held_by_stock(fulfilment: Fulfilment, order: Order, parcel: Shipment) -> Hold | None:
    taken = taken_units(fulfilment, beside=parcel.shipment_id)
    short = []
    for line in order.lines:
        units = parcel.units(line.line_id)
        if units > 0 and units > held_for(fulfilment, line, taken.get(line.line_id, 0)):
            short.append(line.sku)
    return Hold(Reason.SHORT_STOCK, ", ".join(short)) if short else None


def _held_by_carrier(order: Order, parcel: Shipment, terms: Terms) -> Hold | None:
    shipped = {line.line_id for line in parcel.lines}
    asked = {duty for line in order.lines if line.line_id in shipped for duty in line.duties}
    if missing := sorted(asked - terms.carrier.duties):
        pickup_only = missing == ["pickup_point"]
        return Hold(Reason.PICKUP_POINT) if pickup_only else Hold(Reason.DUTY, ", ".join(missing))
    if not terms.carrier_is_set_up:
        return Hold(Reason.SETTINGS_MISSING)
    if parcel.weight_grams is None:
        unknown = [line.sku for line in parcel.lines if line.weight_grams is None]
        return Hold(Reason.WEIGHT_MISSING, ", ".join(unknown))
    return Hold(Reason.ADDRESS_MISSING) if order.recipient_digest is None else None
