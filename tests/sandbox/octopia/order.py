"""
An Octopia order as the marketplace keeps it: immutable, so that the version before a write can still be shown.

Status, supply mode and address belong to lines; the order's own status follows from its lines. Times are whole seconds
since the epoch, amounts cents.
"""

from dataclasses import dataclass, field, replace
from typing import Any

# From the least advanced to the most; the last three are dead ends.
_JOURNEY = ("Processing", "WaitingAcceptance", "Accepted", "InPreparation", "Shipped", "Delivered")
_ENDED = ("Cancelled", "Refused", "Rejected")
STATUSES = (*_JOURNEY, *_ENDED)
LINE_STATUSES = (*STATUSES, "CancelRequest")  # one public client meets the last one on lines
SUPPLY_MODES = ("Seller", "Fulfillment", "Xdock")
_ADDRESS_FROM = ("InPreparation", "CancelRequest", "Shipped", "Delivered")


@dataclass(frozen=True)
class Address:
    """A person at a place: personal data."""

    civility: str
    first_name: str
    last_name: str
    line1: str
    postal_code: str
    city: str
    country: str
    phone: str
    email: str
    line2: str = ""
    company: str = ""


@dataclass(frozen=True)
class Parcel:
    """A declared parcel."""

    number: str
    carrier: str
    url: str | None
    created: int


@dataclass(frozen=True)
class Line:
    """An order line; `destination` is the index of its address in the order."""

    line_id: str
    sku: str
    product_id: str
    title: str
    quantity: int
    unit_price: int
    shipping_cost: int
    status: str
    supply_mode: str = "Seller"
    destination: int = 0
    parcels: tuple[Parcel, ...] = ()

    @property
    def live(self) -> bool:
        return self.status not in _ENDED

    @property
    def address_known(self) -> bool:
        return self.status in _ADDRESS_FROM


@dataclass(frozen=True)
class Order:
    """
    One version of an order. `ready_at`: when an accepted order becomes InPreparation; `events`: statuses it has had.

    `extra` is merged into the answer as it is, for tests that need an odd field.
    """

    order_id: str
    seller_id: str
    channel: str
    created: int
    updated: int
    customer: str
    destinations: tuple[Address, ...]
    lines: tuple[Line, ...]
    business: bool = False
    reference: str | None = None
    delivery_mode: str = "TrackedHomeDelivery"
    ready_at: float | None = None
    events: tuple[tuple[str, int], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """That of the live line which is least far; an ended one where none lives."""
        live = ["InPreparation" if x.status == "CancelRequest" else x.status for x in self.lines if x.live]
        return min(live, key=_JOURNEY.index) if live else self.lines[0].status

    @property
    def shipped_at(self) -> int | None:
        """When its last parcel was declared."""
        return max((parcel.created for line in self.lines for parcel in line.parcels), default=None)

    @property
    def sellers_lines(self) -> tuple[Line, ...]:
        """The lines the seller ships, or has shipped."""
        return tuple(line for line in self.lines if line.live and line.supply_mode == "Seller")

    def with_status(self, status: str, line_ids: frozenset[str] | None = None) -> "Order":
        """The order with the status on these lines, or on all that have not ended."""
        wanted = {x.line_id for x in self.lines if x.live} if line_ids is None else line_ids
        lines = tuple(replace(x, status=status) if x.line_id in wanted else x for x in self.lines)
        return replace(self, lines=lines, ready_at=None)

    def with_parcel(self, parcel: Parcel, line_ids: frozenset[str]) -> "Order":
        """The order with these lines shipped in the parcel."""
        lines = tuple(
            replace(x, status="Shipped", parcels=(*x.parcels, parcel)) if x.line_id in line_ids else x
            for x in self.lines
        )
        return replace(self, lines=lines)

    def packages(self) -> dict[Parcel, tuple[Line, ...]]:
        """Its parcels with the lines in each, in the order they were declared."""
        parcels = dict.fromkeys(parcel for line in self.lines for parcel in line.parcels)
        return {parcel: tuple(x for x in self.lines if parcel in x.parcels) for parcel in parcels}


@dataclass(frozen=True)
class Version:
    """An order and from when reads by id (`shown_at`) and lists (`listed_at`) show it; `late` once a fault held it."""

    order: Order
    shown_at: float
    listed_at: float
    late: bool = False


@dataclass(frozen=True)
class Record:
    """All versions still needed to answer, the truth last, and how many write calls had an effect."""

    versions: tuple[Version, ...]
    confirmations: int = 0

    @property
    def order(self) -> Order:
        return self.versions[-1].order
