"""
What the use cases need from the outside, bundled as the `Store` of one transaction.

Locks are taken in one order in every path: inbox rows (before a handler is called), connections by id, an
organisation's listings (one lock for all of them), submissions by id, SKUs by id, reservations by order id, targets by
id. A line is only changed by who holds its SKU and its reservation; a target's aim by who holds its SKU.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from services.inventory.domain.connection import Connection
from services.inventory.domain.discovery import Discovery
from services.inventory.domain.ledger import Entry
from services.inventory.domain.line import Line
from services.inventory.domain.listing import Key, Listing
from services.inventory.domain.reservation import Reservation
from services.inventory.domain.sku import Sku
from services.inventory.domain.stock_import import StockImport
from services.inventory.domain.submission import Submission
from services.inventory.domain.target import Target
from shared.events.base import Event
from shared.events.inventory import ReservedLineV1
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, SkuId
from shared.kernel.ports import ClosedOrganisations


class SkuName(NamedTuple):
    """A SKU as sellers and orders name it."""

    organisation_id: OrganisationId
    code: str


class Skus(Protocol):
    async def lock(self, names: Collection[SkuName], ids: Collection[SkuId], now: datetime) -> list[Sku]:
        """
        Those named (made, untracked, where they are new) and those of these ids, locked in id order.

        Where some are made, their organisations' listings are locked first: a listing may have waited for them.
        """
        ...

    async def find(self, names: Collection[SkuName]) -> Mapping[SkuName, SkuId]:
        """Those that exist; nothing is locked."""
        ...

    async def save(self, skus: Sequence[Sku]) -> None: ...

    async def next_sequences(self, ids: Collection[SkuId]) -> Mapping[SkuId, int]:
        """The number of the next event of each, drawn under its lock."""
        ...


class Lines(Protocol):
    async def sku_ids(self, orders: Collection[OrderId]) -> set[SkuId]:
        """SKUs of the lines of these orders; nothing is locked."""
        ...

    async def of_orders(self, orders: Collection[OrderId]) -> list[Line]: ...

    async def to_serve(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        """Short lines of these SKUs, earliest ship-by first, enough to take so many units; not of orders `beside`."""
        ...

    async def to_withdraw(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        """Lines that hold units, latest ship-by first, enough to give back so many; not of orders `beside`."""
        ...

    async def orders_waiting_for(self, skus: Collection[SkuId]) -> set[OrderId]:
        """Orders that still want units of these SKUs."""
        ...

    async def save(self, lines: Sequence[Line]) -> None: ...

    async def described(self, orders: Collection[OrderId]) -> Mapping[OrderId, Sequence[ReservedLineV1]]:
        """The lines of these orders' newest versions, as events tell them."""
        ...


class Reservations(Protocol):
    async def known(self, orders: Collection[OrderId]) -> set[OrderId]:
        """Those of them that orders has told of; nothing is locked."""
        ...

    async def lock(
        self, new: Mapping[OrderId, OrganisationId], known: Collection[OrderId], now: datetime
    ) -> list[Reservation]:
        """Heads of `new` (made where missing) and `known` orders, locked in order-id order."""
        ...

    async def save(self, reservations: Sequence[Reservation]) -> None: ...


class Ledger(Protocol):
    async def append(self, entries: Sequence[Entry]) -> None: ...


class Imports(Protocol):
    async def add(self, made: StockImport) -> None: ...

    async def lock(self, import_id: UUID, organisation_id: OrganisationId) -> StockImport | None: ...

    async def applied(self, import_id: UUID, now: datetime) -> None: ...


class OldRecords(Protocol):
    """What was kept for its time, by the database's clock, oldest first; what others hold just now is left out."""

    async def find_orders(self, keep: timedelta, limit: int) -> list[OrderId]:
        """Those that the marketplace changed last so long ago; nothing is locked."""
        ...

    async def lock_orders(self, orders: Collection[OrderId], keep: timedelta) -> set[OrderId]:
        """Those of them that are still as old, and locked by nobody else."""
        ...

    async def delete_orders(self, orders: Collection[OrderId]) -> None:
        """Locked ones, with their lines."""
        ...

    async def fold_ledger(self, keep: timedelta, limit: int) -> int:
        """
        As many entries as old, and all before them, become one of each SKU: the level they led to. SKUs that others
        hold are left out. How many went.
        """
        ...

    async def delete_listings(self, keep: timedelta, limit: int) -> int:
        """Gone for so long, or not read for so long, with what was told for them alone; how many."""
        ...

    async def delete_imports(self, limit: int) -> int:
        """Those that are a week old; how many."""
        ...

    async def delete_connections(self) -> int:
        """Copies of those that auth deleted, of which nothing is left here; how many."""
        ...

    async def drop_parked(self, keep: timedelta) -> int:
        """Events parked for so long; how many."""
        ...


class Outbox(Protocol):
    async def add_all(self, events: Sequence[Event[Any]]) -> None: ...


class Connections(Protocol):
    async def get(self, connection_id: ConnectionId) -> Connection | None: ...

    async def lock(self, connection_ids: Collection[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        """Those that are known, locked in id order."""
        ...

    async def put(self, connections: Sequence[Connection]) -> None: ...


class Discoveries(Protocol):
    """How far each connection's listings have been read."""

    async def lock(self, connection_id: ConnectionId) -> Discovery | None: ...

    async def save(self, connection_id: ConnectionId, discovery: Discovery) -> None: ...


class Listings(Protocol):
    """Changed only by who holds the organisation's lock on them."""

    async def lock(self, organisation_ids: Collection[OrganisationId]) -> None: ...

    async def of_keys(self, keys: Collection[Key]) -> list[Listing]:
        """All channels' listings of these names."""
        ...

    async def of_ids(self, organisation_id: OrganisationId, ids: Collection[UUID]) -> list[Listing]:
        """Those that are the organisation's."""
        ...

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Listing]:
        """All that are these SKUs, also those that are gone."""
        ...

    async def unmapped(self, names: Collection[SkuName]) -> list[Listing]:
        """Of these organisations and codes, those that are mapped to nothing, by no person's word."""
        ...

    async def unseen(self, connection_id: ConnectionId, since: datetime, but: Collection[str]) -> list[Listing]:
        """Not gone, not seen since then; not those of the channels `but`."""
        ...

    async def beside(self, connection_id: ConnectionId, channels: Collection[str]) -> list[Listing]:
        """Not gone, of none of these channels."""
        ...

    async def save(self, listings: Sequence[Listing]) -> None: ...


@dataclass(frozen=True, slots=True)
class DueTarget:
    """`facts`: its listing's."""

    target: Target
    facts: dict[str, str]

    @property
    def refusals(self) -> int:
        return self.target.refusals


class Targets(Protocol):
    """Read here means locked, in id order, but where it says otherwise."""

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Target]: ...

    async def of_ids(self, ids: Collection[UUID]) -> list[Target]: ...

    async def of_keys(self, keys: Collection[Key]) -> list[Target]: ...

    async def sku_ids(self, ids: Collection[UUID]) -> set[SkuId]:
        """Whose quantity these tell; nothing is locked."""
        ...

    async def due_channels(self, connection_id: ConnectionId, zero_until: datetime, until: datetime) -> list[str]:
        """Channels through which something is to be told: what is sold out and due by the one, others by the other."""
        ...

    async def due(
        self, connection_id: ConnectionId, channel_id: str, zero_until: datetime, until: datetime, limit: int
    ) -> list[DueTarget]:
        """What is sold out first, then what is due longest; what others hold just now is left out."""
        ...

    async def save(self, targets: Sequence[Target]) -> None: ...


class UnderWay(NamedTuple):
    """How many submissions of a channel have begun and not ended, and how many of them no call was made for yet."""

    begun: int = 0
    unsent: int = 0


class Submissions(Protocol):
    async def under_way(self, connection_id: ConnectionId) -> Mapping[str, UnderWay]:
        """By channel."""
        ...

    async def lock_next(self, connection_id: ConnectionId, now: datetime) -> Submission | None:
        """The one whose next call is due: those that go first, then the one due longest; none another holds."""
        ...

    async def lock(self, submission_id: UUID) -> Submission | None: ...

    async def lock_all(self, connection_ids: Collection[ConnectionId]) -> list[Submission]: ...

    async def add(self, submissions: Sequence[Submission]) -> None: ...

    async def save(self, submission: Submission) -> None: ...

    async def end(self, submission_ids: Collection[UUID]) -> None: ...


class LinesMoved(Exception):
    """Lines changed between reading them and locking their order: the same transaction again."""


@dataclass(frozen=True, slots=True)
class Store:
    skus: Skus
    lines: Lines
    reservations: Reservations
    ledger: Ledger
    imports: Imports
    old: OldRecords
    closed: ClosedOrganisations
    outbox: Outbox
    connections: Connections
    discoveries: Discoveries
    listings: Listings
    targets: Targets
    submissions: Submissions
