"""
Keeping inventory's newest word on each order, and what of it belongs into the timeline.

An order that waits for an answer may be accepted by it.
"""

from collections.abc import Sequence
from typing import Any

from services.orders.domain import timeline
from services.orders.domain.copies import Reservation, ReservedLine
from services.orders.usecases.answer_order import accept_reserved
from services.orders.usecases.ports import Store
from services.orders.usecases.refresh_stages import refresh_stages
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1
from shared.kernel.clock import Clock
from shared.kernel.ids import LineId, OrderId, OrganisationId
from shared.marketplaces.models import OrderStatus


async def apply_reservations(store: Store, events: Sequence[Event[Any]], *, clock: Clock) -> None:
    """`events` of `inventory.reservation.v1`: at most one per order; the order may not be known yet."""
    news = [_reservation(event) for event in events]
    heads = await store.orders.lock_heads([one.order_id for one in news])
    known = await store.copies.reservations([one.order_id for one in news])
    entries = [
        (one.organisation_id, one.order_id, entry)
        for one in news
        for entry in timeline.reserved(known.get(one.order_id), one)
    ]
    await store.copies.put_reservations(news)
    await store.timeline.add(entries)
    await refresh_stages(store, {order_id: head.version for order_id, head in heads.items()})
    waiting = [order_id for order_id, head in heads.items() if head.status is OrderStatus.WAITING_ACCEPTANCE]
    if waiting:
        await accept_reserved(store, await store.orders.lock_waiting(waiting), clock)


def _reservation(event: Event[ReservationChangedV1]) -> Reservation:
    body = event.body
    return Reservation(
        order_id=OrderId(body.order_id),
        organisation_id=OrganisationId(body.organisation_id),
        order_version=body.order_version,
        at=event.time,
        lines=tuple(
            ReservedLine(LineId(one.line_id), one.sku, one.wanted, one.reserved, one.short, one.tracked)
            for one in body.lines
        ),
    )
