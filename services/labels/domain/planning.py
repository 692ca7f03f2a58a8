"""
Which parcels an order still needs, and why one waits.

Planned anew whenever the order, its reservation, the channel's policy or the carrier's settings change. At most one
parcel is planned by the machine; beside it may stand those a person asked for with fewer units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.labels.domain.carrier import CarrierAbilities
from services.labels.domain.fulfilment import Fulfilment, held_for, shippable
from services.labels.domain.order import Order
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, ShipmentLine, State

Units = Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """`automatic`: the channel's policy; `splits_orders`: the marketplace takes several parcels per order."""

    automatic: bool
    splits_orders: bool
    carrier: CarrierAbilities
    carrier_is_set_up: bool


@dataclass(frozen=True, slots=True)
class Hold:
    reason: Reason
    detail: str | None = None


def plan(fulfilment: Fulfilment, terms: Terms, now: datetime, new_id: Callable[[], UUID]) -> Fulfilment:
    """The fulfilment with its open parcels as they should be now; frozen ones are left alone."""
    order = fulfilment.order
    if order is None:
        return fulfilment
    left = _left(fulfilment, order)
    if not any(left.values()):
        reason = Reason.ORDER_CANCELLED if order.cancelled else Reason.NOTHING_LEFT
        return replace(_dissolved(fulfilment, reason, now), replan_at=None)
    if not fulfilment.reserved:
        return replace(fulfilment.each(_awaiting_reservation), replan_at=None)
    kept = _keep_requested(fulfilment, terms, left, now)
    return _plan_rest(kept, terms, now, new_id)


def hold(fulfilment: Fulfilment, parcel: Shipment, terms: Terms, now: datetime) -> Hold | None:
    """Why no label is made for this parcel now, whoever asks; None: it may be made."""
    order = fulfilment.order
    if order is None or not fulfilment.reserved:
        return Hold(Reason.RESERVATION_AWAITED)
    held = (
        _held_by_order(order, parcel, terms)
        or _held_by_stock(fulfilment, order, parcel)
        or _held_by_carrier(order, parcel, terms)
    )
    if held is None and parcel.problem is not None and parcel.problem_version == order.version:
        held = Hold(Reason(parcel.problem), parcel.problem_detail)
    if held is None and order.label_not_before is not None and order.label_not_before > now:
        held = Hold(Reason.LABEL_NOT_BEFORE)
    return held


def taken_units(fulfilment: Fulfilment, beside: UUID | None = None) -> dict[UUID, int]:
    """Units by line in live parcels that are frozen or asked for by a person, `beside` left out."""
    taken: dict[UUID, int] = {}
    for shipment in fulfilment.shipments:
        committed = not shipment.open or _is_requested(shipment)
        if shipment.live and committed and shipment.shipment_id != beside:
            for line in shipment.lines:
                taken[line.line_id] = taken.get(line.line_id, 0) + line.quantity
    return taken


def _left(fulfilment: Fulfilment, order: Order) -> dict[UUID, int]:
    """Units by line that no frozen parcel holds."""
    frozen = _frozen_units(fulfilment)
    return {line.line_id: max(0, shippable(fulfilment, line) - frozen.get(line.line_id, 0)) for line in order.lines}


def _frozen_units(fulfilment: Fulfilment) -> dict[UUID, int]:
    frozen: dict[UUID, int] = {}
    for shipment in fulfilment.shipments:
        if shipment.live and not shipment.open:
            for line in shipment.lines:
                frozen[line.line_id] = frozen.get(line.line_id, 0) + line.quantity
    return frozen


def _is_requested(shipment: Shipment) -> bool:
    return shipment.open and shipment.state is State.LABEL_PENDING and shipment.requested_by is not None


def _keep_requested(fulfilment: Fulfilment, terms: Terms, left: dict[UUID, int], now: datetime) -> Fulfilment:
    """What a person asked for stays while it fits the order and nothing holds it; else it is planned by us again."""
    for shipment in fulfilment.shipments:
        if not _is_requested(shipment):
            continue
        fits = all(line.quantity <= left.get(line.line_id, 0) for line in shipment.lines)
        held = hold(fulfilment, shipment, terms, now)
        if fits and held is None:
            for line in shipment.lines:
                left[line.line_id] -= line.quantity
            fulfilment = fulfilment.with_shipment(_due(shipment, now))
        else:
            given_up = replace(shipment, state=State.PLANNED, requested_by=None, requested_at=None, label_due_at=None)
            fulfilment = fulfilment.with_shipment(given_up)
    return fulfilment


def _plan_rest(fulfilment: Fulfilment, terms: Terms, now: datetime, new_id: Callable[[], UUID]) -> Fulfilment:
    """One planned parcel with all that is left; a second one (its request was given up) is dissolved into it."""
    lines = _rest(fulfilment)
    ours = [shipment for shipment in fulfilment.shipments if shipment.open and not _is_requested(shipment)]
    for superfluous in ours[1:] if lines else ours:
        fulfilment = fulfilment.with_shipment(voided(superfluous, Reason.NOTHING_LEFT, now))
    if not lines:
        return replace(fulfilment, replan_at=None)
    parcel = ours[0] if ours else Shipment(new_id(), State.PLANNED, now, lines)
    parcel = replace(parcel, lines=lines)
    held = hold(fulfilment, parcel, terms, now) or _held_by_policy(fulfilment, terms)
    replan_at = fulfilment.order.label_not_before if fulfilment.order and _waits_for_time(held) else None
    return replace(fulfilment.with_shipment(_planned(parcel, held, now)), replan_at=replan_at)


def _rest(fulfilment: Fulfilment) -> tuple[ShipmentLine, ...]:
    if fulfilment.order is None or fulfilment.reservation is None:
        return ()
    taken = taken_units(fulfilment)
    rest = []
    for line in fulfilment.order.lines:
        quantity = shippable(fulfilment, line) - taken.get(line.line_id, 0)
        if quantity > 0:
            reserved = fulfilment.reservation.line(line.line_id)
            weight = reserved.weight_grams if reserved else None
            rest.append(ShipmentLine(line.line_id, line.marketplace_line_id, line.sku, quantity, weight))
    return tuple(rest)


def _planned(parcel: Shipment, held: Hold | None, now: datetime) -> Shipment:
    if held is None:
        return _due(replace(parcel, state=State.LABEL_PENDING), now)
    return replace(parcel, state=State.PLANNED, reason=held.reason.value, reason_detail=held.detail, label_due_at=None)


def _due(shipment: Shipment, now: datetime) -> Shipment:
    """Its label is to be made; one that is being tried again keeps its time."""
    if shipment.label_due_at is not None:
        return shipment
    return replace(shipment, reason=None, reason_detail=None, label_due_at=now)


def _awaiting_reservation(shipment: Shipment) -> Shipment:
    if not shipment.open:
        return shipment
    state = State.LABEL_PENDING if _is_requested(shipment) else State.PLANNED
    reason = Reason.RESERVATION_AWAITED.value
    return replace(shipment, state=state, reason=reason, reason_detail=None, label_due_at=None)


def _dissolved(fulfilment: Fulfilment, reason: Reason, now: datetime) -> Fulfilment:
    return fulfilment.each(lambda shipment: voided(shipment, reason, now) if shipment.open else shipment)


def voided(shipment: Shipment, reason: Reason, now: datetime) -> Shipment:
    if shipment.state is State.VOIDED:
        return shipment
    return replace(
        shipment,
        state=State.VOIDED,
        reason=reason.value,
        reason_detail=None,
        label_due_at=None,
        voided_at=now,
    )


def _held_by_order(order: Order, parcel: Shipment, terms: Terms) -> Hold | None:
    if order.cancel_requested and parcel.despite_version != order.version:
        return Hold(Reason.CANCEL_REQUESTED)
    if terms.splits_orders:
        return None
    waiting = [line.sku for line in order.lines if not line.ships and line.ordered > line.cancelled + line.fulfilled]
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


def _held_by_policy(fulfilment: Fulfilment, terms: Terms) -> Hold | None:
    if not terms.automatic:
        return Hold(Reason.CHANNEL_MANUAL)
    return Hold(Reason.LABEL_VOIDED) if fulfilment.person_decides else None


def _waits_for_time(held: Hold | None) -> bool:
    return held is not None and held.reason is Reason.LABEL_NOT_BEFORE
