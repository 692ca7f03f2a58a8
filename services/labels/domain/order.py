"""What labels knows of an order: the newest order event and the newest reservation, in the words the rules need."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Quantities are units. Only a line decided `ship` is planned."""

    line_id: UUID
    marketplace_line_id: str
    sku: str
    ordered: int
    cancelled: int
    fulfilled: int
    decision: str
    duties: tuple[str, ...] = ()

    @property
    def ships(self) -> bool:
        return self.decision == "ship"


@dataclass(frozen=True, slots=True)
class Package:
    """A parcel the marketplace knows of. `lines`: units by our line id."""

    reference: str | None
    tracking_number: str | None
    lines: tuple[tuple[UUID, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    connection_id: UUID
    marketplace: str
    channel_id: str
    marketplace_order_id: str
    version: int
    status: str
    placed_at: datetime
    cancel_requested: bool
    ship_by: datetime | None
    label_not_before: datetime | None
    recipient_digest: str | None
    lines: tuple[OrderLine, ...]
    packages: tuple[Package, ...] = ()

    @property
    def cancelled(self) -> bool:
        return self.status == "cancelled"

    def line(self, line_id: UUID) -> OrderLine | None:
        return next((line for line in self.lines if line.line_id == line_id), None)


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """`weight_grams` is of one unit, None while nobody told it."""

    line_id: UUID
    wanted: int
    reserved: int
    weight_grams: int | None


@dataclass(frozen=True, slots=True)
class Reservation:
    order_version: int
    lines: tuple[ReservedLine, ...]

    def line(self, line_id: UUID) -> ReservedLine | None:
        return next((line for line in self.lines if line.line_id == line_id), None)
