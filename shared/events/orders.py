"""Orders: published by orders on `orders.order.v1`, keyed by our order id. No personal data."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.base import OwnedBody, Part
from shared.events.topics import ORDERS_ORDER


class PackageLineV1(Part):
    line_id: UUID
    quantity: int


class PackageV1(Part):
    """A parcel the marketplace knows of; `reference` is the marketplace's key for it, where it has one."""

    reference: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    lines: tuple[PackageLineV1, ...] = ()


class OrderLineV1(Part):
    """
    One line. Quantities are units; `fulfilled` is what the marketplace says has left, `fulfilled_before` what it said
    when orders first saw the line (None: not told): those units left before we kept count, and never leave our stock.

    `decision`: `ship`, `wait`, `not_ours` or `needs_person`, with its `code`. `reserve`: stock is held for it (also
    while it waits). `duties`: what the carrier must be able to do (`signature`, `age_check`, `transparency_code`, …).
    `destination`: lines with the same number go to the same address, in parcels of their own.
    """

    line_id: UUID
    marketplace_line_id: str
    sku: str
    ordered: int
    cancelled: int = 0
    fulfilled: int = 0
    fulfilled_before: int | None = None
    decision: str
    code: str
    reserve: bool
    duties: tuple[str, ...] = ()
    destination: int = 0


class OrderStateV1(OwnedBody):
    """
    An order's whole public state.

    `order_version` rises only when lines, quantities, decisions, ship-by, recipient or cancellation change.
    `status`: `waiting_acceptance`, `pending`, `open`, `partially_shipped`, `shipped`, `cancelled`, `unfulfillable`.
    `recipient_digest`: changes when the recipient does; says nothing about who it is. None: no address was told, or it
    was erased. `erase_after`: when personal data must be gone everywhere; `erased_at`: when orders destroyed its own.
    `updated_at`: when the marketplace last changed it; what is kept of it goes so long after. None: told by an earlier
    version.
    """

    TOPIC: ClassVar[str] = ORDERS_ORDER.name

    order_id: UUID
    connection_id: UUID
    marketplace: str
    channel_id: str
    marketplace_order_id: str
    order_version: int
    status: str
    placed_at: datetime
    cancel_requested: bool = False
    ship_by: datetime | None = None
    label_not_before: datetime | None = None
    erase_after: datetime | None = None
    erased_at: datetime | None = None
    recipient_digest: str | None = None
    lines: tuple[OrderLineV1, ...]
    packages: tuple[PackageV1, ...] = ()
    updated_at: datetime | None = None


class OrderReceivedV1(OrderStateV1):
    """First seen."""

    TYPE: ClassVar[str] = "orders.order.received.v1"


class OrderChangedV1(OrderStateV1):
    """Anything but a cancellation changed; also packages, which do not raise the version."""

    TYPE: ClassVar[str] = "orders.order.changed.v1"


class OrderCancellationRequestedV1(OrderStateV1):
    """The buyer asked for a cancellation; the order goes on until a person decides."""

    TYPE: ClassVar[str] = "orders.order.cancellation_requested.v1"


class OrderCancelledV1(OrderStateV1):
    """Cancelled at the marketplace."""

    TYPE: ClassVar[str] = "orders.order.cancelled.v1"


class OrderPersonalDataErasedV1(OrderStateV1):
    """The buyer's data is gone, and so must be whatever else was made of it."""

    TYPE: ClassVar[str] = "orders.order.personal_data_erased.v1"
