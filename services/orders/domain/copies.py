"""What we keep of others' words about an order, for its page and its timeline: reservation and shipments."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.ids import LineId, OrderId, OrganisationId, ShipmentId


@dataclass(frozen=True, slots=True)
class ReservedLine:
    line_id: LineId
    sku: str
    wanted: int
    reserved: int
    short: int
    tracked: bool


@dataclass(frozen=True, slots=True)
class Reservation:
    """Inventory's newest word. `order_version`: what of the order it had heard."""

    order_id: OrderId
    organisation_id: OrganisationId
    order_version: int
    at: datetime
    lines: tuple[ReservedLine, ...]

    @property
    def wanted(self) -> int:
        return sum(line.wanted for line in self.lines)

    @property
    def short(self) -> int:
        return sum(line.short for line in self.lines)

    @property
    def short_skus(self) -> tuple[str, ...]:
        return tuple(line.sku for line in self.lines if line.short)


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel, as labels tells of it. States: `shared.events.labels.ShipmentV1`."""

    id: ShipmentId
    state: str
    write_back: str | None
    reason: str | None
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    reference: str | None
    lines: tuple[tuple[LineId, int], ...]
    label_created_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shipments:
    """All parcels of one order; labels' newest word."""

    order_id: OrderId
    organisation_id: OrganisationId
    at: datetime
    shipments: tuple[Shipment, ...]
