"""Shipments: published by labels on `labels.shipment.v1`, keyed by order id."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.base import OwnedBody, Part
from shared.events.topics import LABELS_SHIPMENT


class ShipmentLineV1(Part):
    line_id: UUID
    quantity: int


class ShipmentV1(Part):
    """
    One parcel of an order.

    `state`: `planned`, `label_pending`, `label_created`, `outdated`, `voided`, `needs_person`.
    `write_back`: None before the label; then `to_hand_over` (where its channel wants that), `owed`, `sending`, `sent`,
    `confirmed`, `shipped_elsewhere`, `refused`, `needs_person`. `reason`: the code of what it waits for.
    """

    shipment_id: UUID
    state: str
    write_back: str | None = None
    reason: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    reference: str | None = None
    lines: tuple[ShipmentLineV1, ...] = ()
    label_created_at: datetime | None = None
    handed_over_at: datetime | None = None
    confirmed_at: datetime | None = None


class ShipmentStateV1(OwnedBody):
    """All shipments of one order; `changed` is the one this event is about."""

    TOPIC: ClassVar[str] = LABELS_SHIPMENT.name

    order_id: UUID
    connection_id: UUID
    changed: UUID
    shipments: tuple[ShipmentV1, ...]


class ShipmentPlannedV1(ShipmentStateV1):
    """A parcel is planned, planned anew, or waits for something else."""

    TYPE: ClassVar[str] = "labels.shipment.planned.v1"


class LabelCreatedV1(ShipmentStateV1):
    """The parcel has a label and a number; its write-back is owed, or waits for the hand-over."""

    TYPE: ClassVar[str] = "labels.shipment.label_created.v1"


class ShipmentHandedOverV1(ShipmentStateV1):
    """A person said that the carrier has the parcel; its write-back is owed."""

    TYPE: ClassVar[str] = "labels.shipment.handed_over.v1"


class ShipmentVoidedV1(ShipmentStateV1):
    """The label was taken back before the marketplace heard of it."""

    TYPE: ClassVar[str] = "labels.shipment.voided.v1"


class TrackingSentV1(ShipmentStateV1):
    """The marketplace accepted the number; not read back yet."""

    TYPE: ClassVar[str] = "labels.shipment.tracking_sent.v1"


class TrackingConfirmedV1(ShipmentStateV1):
    """The number was read back from the marketplace (or another's was found there: `shipped_elsewhere`)."""

    TYPE: ClassVar[str] = "labels.shipment.tracking_confirmed.v1"


class TrackingRefusedV1(ShipmentStateV1):
    """The marketplace said no; a person must look."""

    TYPE: ClassVar[str] = "labels.shipment.tracking_refused.v1"
