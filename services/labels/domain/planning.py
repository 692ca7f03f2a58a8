"""
Which parcels an order still needs.

Planned anew whenever the order, its reservation, the channel's policy or the carrier's settings change. At most one
parcel for each of its addresses is planned by the machine; beside it may stand those a person asked for with fewer
units.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.labels.domain.fulfilment import Fulfilment, goes_there, shippable, taken_units
from services.labels.domain.holds import Hold, Terms, hold
from services.labels.domain.order import Order
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, ShipmentLine, State


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


def _keep_requested(fulfilment: Fulfilment, terms: Terms, left: dict[UUID, int], now: datetime) -> Fulfilment:
    """What a person asked for stays while it fits the order and nothing holds it; else it is planned by us again."""
    for shipment in fulfilment.shipments:
        if not shipment.requested:
            continue
        if _fits(fulfilment, shipment, left) and hold(fulfilment, shipment, terms, now) is None:
            for line in shipment.lines:
                left[line.line_id] -= line.quantity
            fulfilment = fulfilment.with_shipment(_due(shipment, now))
        else:
            given_up = replace(shipment, state=State.PLANNED, requested_by=None, requested_at=None, label_due_at=None)
            fulfilment = fulfilment.with_shipment(given_up)
    return fulfilment


def _fits(fulfilment: Fulfilment, shipment: Shipment, left: Mapping[UUID, int]) -> bool:
    return goes_there(fulfilment, shipment) and all(
        line.quantity <= left.get(line.line_id, 0) for line in shipment.lines
    )


def _plan_rest(fulfilment: Fulfilment, terms: Terms, now: datetime, new_id: Callable[[], UUID]) -> Fulfilment:
    """
    For each address one planned parcel with all that is left for it; a second one (its request was given up) is
    dissolved into it.
    """
    rest = _rest(fulfilment)
    ours: dict[int, Shipment] = {}
    for shipment in fulfilment.shipments:
        if not shipment.open or shipment.requested:
            continue
        if shipment.destination in rest and shipment.destination not in ours:
            ours[shipment.destination] = shipment
        else:
            fulfilment = fulfilment.with_shipment(voided(shipment, Reason.NOTHING_LEFT, now))
    waits_for_time = False
    for destination, lines in rest.items():
        parcel = ours.get(destination) or Shipment(new_id(), State.PLANNED, now, lines, destination)
        parcel = parcel.holding(lines)
        held = hold(fulfilment, parcel, terms, now) or _held_by_policy(fulfilment, terms)
        waits_for_time |= held is not None and held.reason is Reason.LABEL_NOT_BEFORE
        fulfilment = fulfilment.with_shipment(_planned(parcel, held, now))
    replan_at = fulfilment.order.label_not_before if fulfilment.order and waits_for_time else None
    return replace(fulfilment, replan_at=replan_at)


def _rest(fulfilment: Fulfilment) -> dict[int, tuple[ShipmentLine, ...]]:
    """By destination: what neither a frozen parcel holds nor one a person asked for."""
    if fulfilment.order is None or fulfilment.reservation is None:
        return {}
    taken = taken_units(fulfilment)
    rest: dict[int, tuple[ShipmentLine, ...]] = {}
    for line in fulfilment.order.lines:
        quantity = shippable(fulfilment, line) - taken.get(line.line_id, 0)
        if quantity > 0:
            reserved = fulfilment.reservation.line(line.line_id)
            weight = reserved.weight_grams if reserved else None
            planned = ShipmentLine(line.line_id, line.marketplace_line_id, line.sku, quantity, weight)
            rest[line.destination] = (*rest.get(line.destination, ()), planned)
    return rest


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
    state = State.LABEL_PENDING if shipment.requested else State.PLANNED
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


def _held_by_policy(fulfilment: Fulfilment, terms: Terms) -> Hold | None:
    if not terms.automatic:
        return Hold(Reason.CHANNEL_MANUAL)
    return Hold(Reason.LABEL_VOIDED) if fulfilment.person_decides else None
