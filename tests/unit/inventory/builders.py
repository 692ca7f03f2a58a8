"""Valid events and rows, so that a test says only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.inventory.domain.ledger import Cause, Via
from shared.events.base import Event
from shared.events.labels import ShipmentLineV1, ShipmentV1, TrackingConfirmedV1
from shared.events.orders import OrderChangedV1, OrderLineV1
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrganisationId, UserId, new_id

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ORGANISATION = OrganisationId(UUID("018f0000-0000-7000-8000-000000000001"))
CONNECTION = UUID("018f0000-0000-7000-8000-000000000002")
BY_HAND = Cause(Via.PAGE, UserId(UUID("018f0000-0000-7000-8000-000000000003")))


def ship_by(days: float) -> datetime:
    return NOW + timedelta(days=days)


def order_line(sku: str, ordered: int, **changes: Any) -> OrderLineV1:
    told: dict[str, Any] = {
        "line_id": new_id(),
        "marketplace_line_id": "1",
        "sku": sku,
        "ordered": ordered,
        "decision": "ship",
        "code": "ready",
        "reserve": True,
    }
    return OrderLineV1.model_validate(told | changes)


def order(
    lines: Sequence[OrderLineV1],
    *,
    order_id: UUID | None = None,
    version: int = 1,
    sequence: int | None = None,
    organisation_id: UUID = ORGANISATION,
    **changes: Any,
) -> Event[OrderChangedV1]:
    """One of orders' events; its sequence is the version unless said otherwise."""
    subject = order_id or new_id()
    told: dict[str, Any] = {
        "organisation_id": organisation_id,
        "order_id": subject,
        "connection_id": CONNECTION,
        "marketplace": "amazon",
        "channel_id": "A13V1IB3VIYZZH",
        "marketplace_order_id": f"402-{subject.int % 10**7:07d}",
        "order_version": version,
        "status": "open",
        "placed_at": SystemClock().now() - timedelta(hours=1),
        "ship_by": ship_by(2),
        "lines": tuple(lines),
    }
    body = OrderChangedV1.model_validate(told | changes)
    return Event(uuid4(), subject, sequence or version, NOW, body)


def shipment(
    order_id: UUID,
    parcels: Sequence[dict[UUID, int]],
    *,
    write_back: str = "confirmed",
    sequence: int = 1,
    organisation_id: UUID = ORGANISATION,
) -> Event[TrackingConfirmedV1]:
    """One of labels' events: each parcel is units by line."""
    shipments = [
        ShipmentV1(
            shipment_id=new_id(),
            state="label_created",
            write_back=write_back,
            lines=tuple(ShipmentLineV1(line_id=line, quantity=units) for line, units in parcel.items()),
        )
        for parcel in parcels
    ]
    body = TrackingConfirmedV1(
        organisation_id=organisation_id,
        order_id=order_id,
        connection_id=CONNECTION,
        changed=new_id(),
        shipments=tuple(shipments),
    )
    return Event(uuid4(), order_id, sequence, NOW, body)
