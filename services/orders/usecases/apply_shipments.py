"""Keeping labels' newest word on each order's parcels, and each step of theirs in the timeline."""

from collections.abc import Sequence
from typing import Any

from services.orders.domain import timeline
from services.orders.domain.copies import Shipment, Shipments
from services.orders.usecases.ports import Store
from services.orders.usecases.refresh_stages import refresh_stages
from shared.events.base import Event
from shared.events.labels import ShipmentStateV1, ShipmentV1
from shared.kernel.ids import LineId, OrderId, OrganisationId, ShipmentId


async def apply_shipments(store: Store, events: Sequence[Event[Any]]) -> None:
    """`events` of `labels.shipment.v1`: at most one per order; the order may not be known yet."""
    news = [_shipments(event) for event in events]
    ids = [one.order_id for one in news]
    heads = await store.orders.lock_heads(ids)
    known = await store.copies.shipments(ids)
    entries = [
        (one.organisation_id, one.order_id, entry)
        for one in news
        for entry in timeline.shipped(known.get(one.order_id), one)
    ]
    await store.copies.put_shipments(news)
    await store.timeline.add(entries)
    await refresh_stages(store, {order_id: head.version for order_id, head in heads.items()})


def _shipments(event: Event[ShipmentStateV1]) -> Shipments:
    body = event.body
    return Shipments(
        order_id=OrderId(body.order_id),
        organisation_id=OrganisationId(body.organisation_id),
        at=event.time,
        shipments=tuple(_shipment(one) for one in body.shipments),
    )


def _shipment(told: ShipmentV1) -> Shipment:
    return Shipment(
        id=ShipmentId(told.shipment_id),
        state=told.state,
        write_back=told.write_back,
        reason=told.reason,
        carrier=told.carrier,
        tracking_number=told.tracking_number,
        tracking_url=told.tracking_url,
        reference=told.reference,
        lines=tuple((LineId(one.line_id), one.quantity) for one in told.lines),
        label_created_at=told.label_created_at,
        confirmed_at=told.confirmed_at,
    )
