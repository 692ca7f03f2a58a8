"""Saves what changed of orders' shipments and publishes it: one event per shipment whose public state is new."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.shipment import Shipment, State, Told
from services.labels.usecases.ports import Store
from shared.events.base import Event
from shared.events.labels import (
    LabelCreatedV1,
    ShipmentHandedOverV1,
    ShipmentLineV1,
    ShipmentPlannedV1,
    ShipmentStateV1,
    ShipmentV1,
    ShipmentVoidedV1,
    TrackingConfirmedV1,
    TrackingRefusedV1,
    TrackingSentV1,
)
from shared.kernel.ids import new_id

Change = tuple[Fulfilment, Fulfilment]

_BY_WRITE_BACK: dict[str, type[ShipmentStateV1]] = {
    Told.SENT.value: TrackingSentV1,
    Told.CONFIRMED.value: TrackingConfirmedV1,
    Told.SHIPPED_ELSEWHERE.value: TrackingConfirmedV1,
    Told.REFUSED.value: TrackingRefusedV1,
    Told.NEEDS_PERSON.value: TrackingRefusedV1,
}


async def save_and_tell(store: Store, changes: Sequence[Change], now: datetime) -> None:
    """The orders' rows are locked by the caller; their event sequences are raised here."""
    saved: list[Change] = []
    events: list[Event[ShipmentStateV1]] = []
    for before, after in changes:
        made = _events(before, after, now)
        events.extend(made)
        saved.append((before, replace(after, event_sequence=before.event_sequence + len(made))))
    await store.fulfilments.save(saved)
    await store.outbox.add_all(events)


def _events(before: Fulfilment, after: Fulfilment, now: datetime) -> list[Event[ShipmentStateV1]]:
    if after.order is None:
        return []
    earlier = {shipment.shipment_id: public(shipment) for shipment in before.shipments}
    shipments = tuple(public(shipment) for shipment in after.shipments)
    changed = [shipment for shipment in shipments if earlier.get(shipment.shipment_id) != shipment]
    return [
        Event(
            id=new_id(),
            subject=after.order_id,
            sequence=before.event_sequence + number,
            time=now,
            body=_kind(earlier, shipment)(
                organisation_id=after.organisation_id,
                order_id=after.order_id,
                connection_id=after.order.connection_id,
                changed=shipment.shipment_id,
                shipments=shipments,
            ),
        )
        for number, shipment in enumerate(changed, start=1)
    ]


def _kind(earlier: dict[UUID, ShipmentV1], shipment: ShipmentV1) -> type[ShipmentStateV1]:
    was = earlier.get(shipment.shipment_id)
    if shipment.state == State.VOIDED:
        return ShipmentVoidedV1
    told = shipment.write_back
    if told in _BY_WRITE_BACK and (was is None or was.write_back != told):
        return _BY_WRITE_BACK[told]
    if shipment.label_created_at is not None and (was is None or was.label_created_at is None):
        return LabelCreatedV1
    if shipment.handed_over_at is not None and (was is None or was.handed_over_at is None):
        return ShipmentHandedOverV1
    return ShipmentPlannedV1


def public(shipment: Shipment) -> ShipmentV1:
    """A shipment as the other services see it."""
    write_back = shipment.write_back
    told = write_back.state.value if write_back and write_back.state is not Told.RELEASED else None
    return ShipmentV1(
        shipment_id=shipment.shipment_id,
        state=shipment.state.value,
        write_back=told,
        reason=shipment.reason or (write_back.reason if write_back else None),
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        reference=write_back.reference if write_back else None,
        lines=tuple(ShipmentLineV1(line_id=line.line_id, quantity=line.quantity) for line in shipment.lines),
        label_created_at=shipment.label_created_at,
        handed_over_at=shipment.handed_over_at,
        confirmed_at=write_back.confirmed_at if write_back else None,
    )
