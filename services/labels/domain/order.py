"""What labels knows of an order: the newest order event and the newest reservation, in the words the rules need."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# Orders' code of a line decided `not_ours` because nothing of it is left.
_ALREADY_SHIPPED = "already_shipped"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """
    Quantities are units. Only a line decided `ship` is planned; `code` says more of the decision. Lines of different
    `destination` go to different addresses.
    """

    line_id: UUID
    marketplace_line_id: str
    sku: str
    ordered: int
    cancelled: int
    fulfilled: int
    decision: str
    duties: tuple[str, ...] = ()
    code: str = ""
    destination: int = 0

    @property
    def ships(self) -> bool:
        return self.decision == "ship"

    @property
    def ours(self) -> bool:
        """The seller ships it, or has shipped it: it belongs to the order's complete parcel."""
        return self.decision != "not_ours" or self.code == _ALREADY_SHIPPED

    @property
    def unshipped(self) -> int:
        """Units neither cancelled nor gone, by the marketplace's count."""
        return max(0, self.ordered - self.cancelled - self.fulfilled)


@dataclass(frozen=True, slots=True)
class Package:
    """A parcel the marketplace knows of. `lines`: units by our line id."""

    reference: str | None
    tracking_number: str | None
    lines: tuple[tuple[UUID, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """`erase_after`: when its buyer's data must be gone; `erased_at`: when orders destroyed it."""

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
    erase_after: datetime | None = None
    erased_at: datetime | None = None

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
