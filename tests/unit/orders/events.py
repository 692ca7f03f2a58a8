"""Events of the other services about an order, as they would publish them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1, ReservedLineV1
from shared.events.labels import ShipmentLineV1, ShipmentPlannedV1, ShipmentV1
from shared.events.orders import OrderStateV1
from shared.kernel.ids import new_id
from tests.unit.orders.builders import NOW

SHIPMENT_ID = UUID("00000000-0000-7000-8000-0000000000aa")


def reservation(of: OrderStateV1, *, short: int = 0, at: datetime = NOW, **changes: Any) -> Event[ReservationChangedV1]:
    """Inventory's word on an order: all is reserved but `short` units of each line."""
    lines = tuple(
        ReservedLineV1(
            line_id=line.line_id,
            sku=line.sku,
            wanted=line.ordered,
            reserved=line.ordered - short,
            short=short,
            tracked=True,
        )
        for line in of.lines
    )
    told = {"order_id": of.order_id, "order_version": of.order_version, "lines": lines} | changes
    body = ReservationChangedV1(organisation_id=of.organisation_id, **told)
    return Event(new_id(), of.order_id, 1, at, body)


def shipment(of: OrderStateV1, *, at: datetime = NOW, **changes: Any) -> Event[ShipmentPlannedV1]:
    """Labels' word on an order: one parcel with everything."""
    lines = tuple(ShipmentLineV1(line_id=line.line_id, quantity=line.ordered) for line in of.lines)
    told = {"shipment_id": SHIPMENT_ID, "state": "planned", "reason": "channel_manual", "lines": lines} | changes
    body = ShipmentPlannedV1(
        organisation_id=of.organisation_id,
        order_id=of.order_id,
        connection_id=of.connection_id,
        changed=SHIPMENT_ID,
        shipments=(ShipmentV1(**told),),
    )
    return Event(new_id(), of.order_id, 1, at, body)


LABELLED: dict[str, Any] = {
    "state": "label_created",
    "reason": None,
    "carrier": "Colis",
    "tracking_number": "00340000000000000017",
    "label_created_at": NOW + timedelta(minutes=1),
}
