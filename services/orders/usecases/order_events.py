"""What others are told of an order: its whole public state, as an event under its next number."""

from dataclasses import replace
from typing import Any

from services.orders.domain.order import Order
from shared.events.base import Event
from shared.events.orders import (
    OrderCancellationRequestedV1,
    OrderCancelledV1,
    OrderChangedV1,
    OrderLineV1,
    OrderPersonalDataErasedV1,
    OrderReceivedV1,
    OrderStateV1,
    PackageLineV1,
    PackageV1,
)
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.marketplaces.models import OrderStatus


def told(known: Order | None, order: Order, clock: Clock) -> tuple[Order, Event[OrderStateV1] | None]:
    """
    The order with its number raised (a new one has its first), and the event; no event where nothing of its public
    state is news.

    The order's row is locked (or not there yet).
    """
    state = _state(order)
    if known is not None:
        if _state(known) == state:
            return order, None
        order = replace(order, event_sequence=order.event_sequence + 1)
    body = _kind(known, order)(**state, updated_at=order.updated_at)
    return order, Event(new_id(), order.id, order.event_sequence, clock.now(), body)


def _kind(known: Order | None, order: Order) -> type[OrderStateV1]:
    if known is None:
        return OrderReceivedV1
    if order.erased_at is not None and known.erased_at is None:
        return OrderPersonalDataErasedV1
    if order.status is OrderStatus.CANCELLED and known.status is not OrderStatus.CANCELLED:
        return OrderCancelledV1
    if order.cancel_requested and not known.cancel_requested:
        return OrderCancellationRequestedV1
    return OrderChangedV1


def _state(order: Order) -> dict[str, Any]:
    return {
        "organisation_id": order.organisation_id,
        "order_id": order.id,
        "connection_id": order.connection_id,
        "marketplace": order.marketplace,
        "channel_id": order.channel_id or "",
        "marketplace_order_id": order.marketplace_order_id,
        "order_version": order.version,
        "status": order.status.value,
        "placed_at": order.placed_at,
        "cancel_requested": order.cancel_requested,
        "ship_by": order.ship_by,
        "label_not_before": order.label_not_before,
        "erase_after": order.erase_after,
        "erased_at": order.erased_at,
        "recipient_digest": order.recipient_digest,
        "lines": _lines(order),
        "packages": _packages(order),
    }


def _lines(order: Order) -> tuple[OrderLineV1, ...]:
    return tuple(
        OrderLineV1(
            line_id=line.id,
            marketplace_line_id=line.marketplace_line_id,
            sku=line.sku or "",
            ordered=line.ordered,
            cancelled=line.cancelled,
            fulfilled=line.fulfilled,
            fulfilled_before=line.fulfilled_before,
            decision=line.decision.value,
            code=line.code,
            reserve=line.reserve,
            duties=line.duties,
            destination=line.destination,
        )
        for line in order.lines
    )


def _packages(order: Order) -> tuple[PackageV1, ...]:
    return tuple(
        PackageV1(
            reference=package.reference,
            carrier=package.carrier,
            tracking_number=package.tracking_number,
            lines=tuple(PackageLineV1(line_id=line_id, quantity=units) for line_id, units in package.lines),
        )
        for package in order.packages
    )
