"""What lists and pages show: reads that change nothing, always of one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.labels.domain.carrier import CarrierSettings
from services.labels.domain.shipment import Shipment


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A shipment with what its order says. `connection_active` False: it waits for the seller's authorisation."""

    shipment: Shipment
    order_id: UUID
    connection_id: UUID
    channel_id: str
    channel_name: str
    marketplace: str
    marketplace_order_id: str
    ship_by: datetime | None
    cancel_requested: bool
    connection_active: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list, newest first. `after`: where the next piece begins; None: this was the last."""

    items: Sequence[ShipmentView]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Filter:
    """`state`: of the shipment or of its write-back. `hide_voided`: leave out what came to nothing."""

    order_id: UUID | None = None
    state: str | None = None
    hide_voided: bool = False


@dataclass(frozen=True, slots=True)
class ChannelView:
    connection_id: UUID
    connection_name: str
    channel_id: str
    channel_name: str
    automatic: bool


class Views(Protocol):
    async def shipments(self, organisation_id: UUID, wanted: Filter, *, after: UUID | None, limit: int) -> Page: ...

    async def shipment(self, organisation_id: UUID, shipment_id: UUID) -> ShipmentView | None: ...

    async def carrier(self, organisation_id: UUID) -> CarrierSettings | None: ...

    async def channels(self, organisation_id: UUID) -> Sequence[ChannelView]:
        """Every channel of every connection, by names."""
        ...
