"""What pages and lists show, without personal data. Filled by `adapters/queries.py`, always for one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.orders.domain.acceptance import Acceptance, Mode
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Decision, Order
from services.orders.domain.stage import Stage
from services.orders.domain.timeline import Entry
from services.orders.usecases.ports import RecipientRead
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId
from shared.kernel.money import Money
from shared.marketplaces.models import OrderStatus


@dataclass(frozen=True, slots=True)
class OrdersAsked:
    """Filters of a list, None = any. `search`: how a marketplace order id begins. `after`: the last row seen."""

    status: OrderStatus | None = None
    decision: Decision | None = None
    channel: str | None = None
    search: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a list, newest first."""

    id: OrderId
    connection_id: ConnectionId
    marketplace: str
    marketplace_order_id: str
    channel_id: str | None
    status: OrderStatus
    decision: Decision
    stage: Stage
    cancel_requested: bool
    placed_at: datetime
    ship_by: datetime | None
    total: Money | None
    units: int
    short: int


@dataclass(frozen=True, slots=True)
class OrderView:
    """
    One order with what others said of it. `time_zone` is the channel's.

    `acceptance`: the seller's answer, where one was given; `mode`: who answers the connection's orders.
    """

    order: Order
    reservation: Reservation | None
    shipments: Shipments | None
    acceptance: Acceptance | None
    mode: Mode
    time_zone: str
    connection_name: str


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
