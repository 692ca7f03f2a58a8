"""
What the use cases need from the outside, bundled as the `Store` of one transaction.

Locks are taken in one order in every path: inbox rows (before a handler is called), SKUs by id, reservations by order
id. A line is only changed by who holds its SKU and its reservation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from services.inventory.domain.ledger import Entry
from services.inventory.domain.line import Line
from services.inventory.domain.reservation import Reservation
from services.inventory.domain.sku import Sku
from services.inventory.domain.stock_import import StockImport
from shared.events.base import Event
from shared.events.inventory import ReservedLineV1
from shared.kernel.ids import OrderId, OrganisationId, SkuId


class SkuName(NamedTuple):
    """A SKU as sellers and orders name it."""

    organisation_id: OrganisationId
    code: str


class Skus(Protocol):
    async def lock(self, names: Collection[SkuName], ids: Collection[SkuId], now: datetime) -> list[Sku]:
        """Those named (made, untracked, where they are new) and those of these ids, locked in id order."""
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
    async def lock(self, new: Mapping[OrderId, OrganisationId], known: Collection[OrderId]) -> list[Reservation]:
        """Heads of `new` (made where missing) and `known` orders, locked in order-id order."""
        ...

    async def save(self, reservations: Sequence[Reservation]) -> None: ...


class Ledger(Protocol):
    async def append(self, entries: Sequence[Entry]) -> None: ...


class Imports(Protocol):
    async def add(self, made: StockImport) -> None: ...

    async def lock(self, import_id: UUID, organisation_id: OrganisationId) -> StockImport | None: ...

    async def applied(self, import_id: UUID, now: datetime) -> None: ...

    async def remove_old(self, organisation_id: OrganisationId, now: datetime) -> None: ...


class Outbox(Protocol):
    async def add_all(self, events: Sequence[Event[Any]]) -> None: ...


class LinesMoved(Exception):
    """Lines changed between reading them and locking their order: the same transaction again."""


@dataclass(frozen=True, slots=True)
class Store:
    skus: Skus
    lines: Lines
    reservations: Reservations
    ledger: Ledger
    imports: Imports
    outbox: Outbox
