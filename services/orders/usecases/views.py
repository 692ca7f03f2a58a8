"""What pages and lists show, without personal data. Filled by `adapters/queries.py`, always for one organisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.orders.domain.acceptance import Acceptance, Mode
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.deadlines import Deadline
from services.orders.domain.order import Decision, Order
from services.orders.domain.stage import Stage
from services.orders.domain.timeline import Entry
from services.orders.usecases.ports import RecipientRead
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId
from shared.marketplaces.models import OrderStatus

MOST_COUNTED = 1_000


class Sort(StrEnum):
    """By when orders were placed, the last one first; or by when they are to be shipped, what is done at the end."""

    PLACED = "placed"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class OrdersAsked:
    """
    Filters of a list, None = any. `search`: how a marketplace order id begins.

    `after`: the last row seen: its time in the list's order (None: it has no deadline), and its id.
    """

    status: OrderStatus | None = None
    decision: Decision | None = None
    stage: Stage | None = None
    channel: str | None = None
    connection: UUID | None = None
    marketplace: str | None = None
    deadline: Deadline | None = None
    search: str | None = None
    sort: Sort = Sort.PLACED
    after: tuple[datetime | None, UUID] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class OrderView:
    """
    One order with what others said of it. `channel_name` and `time_zone`: as the connection tells them, else as
    the marketplace is known.

    `acceptance`: the seller's answer, where one was given; `mode`: who answers the connection's orders.
    """

    order: Order
    reservation: Reservation | None
    shipments: Shipments | None
    acceptance: Acceptance | None
    mode: Mode
    channel_name: str
    time_zone: str
    connection_name: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a list. `stage`: how far it has come."""

    view: OrderView
    stage: Stage

    @property
    def order(self) -> Order:
        return self.view.order

    @property
    def units(self) -> int:
        return sum(line.ordered - line.cancelled for line in self.order.lines)

    @property
    def short(self) -> int:
        return self.view.reservation.short if self.view.reservation else 0

    @property
    def to_label(self) -> bool:
        """There is something to ship that has no label yet."""
        ships = any(line.decision is Decision.SHIP for line in self.order.lines)
        return ships and self.stage in (Stage.RECEIVED, Stage.RESERVED)

    def place(self, sort: Sort) -> tuple[datetime | None, UUID]:
        """Where the list goes on behind it."""
        if sort is Sort.PLACED:
            return self.order.placed_at, self.order.id
        return (self.order.ship_by if self.order.decision is not Decision.NOT_OURS else None), self.order.id


@dataclass(frozen=True, slots=True)
class Counts:
    """How many orders are in each state, of all the organisation has; `most` stands for so many or more."""

    statuses: Mapping[OrderStatus, int]
    decisions: Mapping[Decision, int]
    stages: Mapping[Stage, int]
    most: int

    @property
    def all(self) -> int:
        return min(sum(self.decisions.values()), self.most)


@dataclass(frozen=True, slots=True)
class PollingView:
    """Reading of one connection: how far, and what it waits for (a code, None: nothing). `lean`: less data is given."""

    connection_id: ConnectionId
    name: str
    marketplace: str
    region: str
    read_at: datetime | None
    cursor_at: datetime | None
    waits_code: str | None
    waits_since: datetime | None
    lean: bool


@dataclass(frozen=True, slots=True)
class ModeView:
    """Who answers the orders of one connection."""

    connection_id: ConnectionId
    name: str
    marketplace: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class UnreadableView:
    id: UUID
    connection_id: ConnectionId
    connection_name: str
    marketplace_order_id: str | None
    reason: str
    attempts: int
    first_read_at: datetime
    last_read_at: datetime


class Views(Protocol):
    async def orders(self, organisation_id: OrganisationId, asked: OrdersAsked) -> Sequence[OrderRow]:
        """Up to `limit` + 1 rows, so that the reader sees whether there are more."""
        ...

    async def counts(self, organisation_id: OrganisationId) -> Counts: ...
    async def order(self, organisation_id: OrganisationId, order_id: OrderId) -> OrderView | None: ...
    async def timeline(self, organisation_id: OrganisationId, order_id: OrderId) -> Sequence[Entry]: ...
    async def recipient_reads(self, organisation_id: OrganisationId, order_id: OrderId) -> Sequence[RecipientRead]: ...
    async def polling(self, organisation_id: OrganisationId) -> Sequence[PollingView]: ...
    async def unreadable(self, organisation_id: OrganisationId) -> Sequence[UnreadableView]: ...
    async def modes(self, organisation_id: OrganisationId) -> Sequence[ModeView]:
        """Of every connection, whatever its marketplace."""
        ...

    async def channels(self, organisation_id: OrganisationId) -> Sequence[tuple[str, str]]:
        """Ids and names of the channels the organisation's connections reach."""
        ...
