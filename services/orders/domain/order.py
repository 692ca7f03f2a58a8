"""
An order as we keep it, without its personal data: that lies sealed beside it.

`decision` says what is to be done with a line: ship, wait, not ours (nothing for us to do), needs a person.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.ids import ConnectionId, LineId, OrderId, OrganisationId
from shared.kernel.money import Money
from shared.marketplaces.models import OrderStatus, ShippedBy


class Decision(StrEnum):
    SHIP = "ship"
    WAIT = "wait"
    NOT_OURS = "not_ours"
    NEEDS_PERSON = "needs_person"


# What an order as a whole asks for: the first of these that one of its lines has.
_PRECEDENCE = (Decision.NEEDS_PERSON, Decision.WAIT, Decision.SHIP, Decision.NOT_OURS)


@dataclass(frozen=True, slots=True)
class Line:
    """
    Quantities are units. `fulfilled_before`: what had left when we first saw the line. `sku` None: none was told.

    `destination`: which of the order's addresses it goes to.
    """

    id: LineId
    marketplace_line_id: str
    position: int
    sku: str | None
    title: str | None
    ordered: int
    cancelled: int
    fulfilled: int
    fulfilled_before: int
    unit_price: Money | None
    duties: tuple[str, ...]
    cancel_requested: bool
    decision: Decision
    code: str
    reserve: bool
    destination: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.ordered - self.cancelled - self.fulfilled)


@dataclass(frozen=True, slots=True)
class Package:
    """A parcel the marketplace knows of. `lines`: units by our line id."""

    reference: str | None
    carrier: str | None
    tracking_number: str | None
    status: str | None
    shipped_at: datetime | None
    lines: tuple[tuple[LineId, int], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """
    `updated_at` is the marketplace's: it rejects older readings, and the order is kept for its time from then on.
    `version` rises when what others act on changes.

    `ended_at`: when it was shipped or cancelled, as far as told. `recipient_digest`: of all its addresses; None: none
    was ever told. `erased_at`: when its personal data was destroyed, for good.
    """

    id: OrderId
    organisation_id: OrganisationId
    connection_id: ConnectionId
    marketplace: str
    marketplace_order_id: str
    channel_id: str | None
    status: OrderStatus
    status_text: str
    shipped_by: ShippedBy
    program: str | None
    is_sale: bool
    business: bool
    related: tuple[tuple[str, str], ...]
    placed_at: datetime
    updated_at: datetime
    cancel_requested: bool
    ship_by: datetime | None
    deliver_by: datetime | None
    label_not_before: datetime | None
    delivered_at: datetime | None
    ended_at: datetime | None
    erase_after: datetime | None
    total: Money | None
    recipient_digest: str | None
    content_digest: str
    lines: tuple[Line, ...]
    packages: tuple[Package, ...]
    version: int
    event_sequence: int
    erased_at: datetime | None = None

    @property
    def decision(self) -> Decision:
        made = {line.decision for line in self.lines}
        return next((decision for decision in _PRECEDENCE if decision in made), Decision.NOT_OURS)

    @property
    def waits_for_answer(self) -> bool:
        """The seller must accept or refuse it."""
        return self.status is OrderStatus.WAITING_ACCEPTANCE

    @property
    def destinations(self) -> tuple[int, ...]:
        """Numbers of the addresses its lines go to."""
        return tuple(sorted({line.destination for line in self.lines}))


def acted_on(order: Order) -> tuple[object, ...]:
    """What a new order version is for: lines, quantities, decisions, ship-by, recipients, cancellation."""
    lines = tuple(
        (
            one.id, one.sku, one.ordered, one.cancelled, one.fulfilled, one.decision, one.code, one.reserve, one.duties,
            one.destination,
        )
        for one in order.lines
    )  # fmt: skip
    cancelled = order.status is OrderStatus.CANCELLED
    return lines, order.ship_by, order.recipient_digest, order.cancel_requested, cancelled
