"""A store in memory that keeps the promises of the ports, and a clock that stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from services.inventory.domain.ledger import Entry
from services.inventory.domain.line import Line
from services.inventory.domain.reservation import Reservation
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.usecases.ports import SkuName, Store
from services.inventory.usecases.reserve_orders import reserve_orders
from services.inventory.usecases.set_stock import set_stock
from services.inventory.usecases.ship_orders import ship_orders
from shared.events.base import Event
from shared.events.inventory import ReservationChangedV1, ReservedLineV1, StockLevelChangedV1
from shared.kernel.ids import LineId, OrderId, OrganisationId, SkuId, new_id
from tests.unit.inventory.builders import BY_HAND, NOW, ORGANISATION
from tests.unit.inventory.channel_fakes import (
    MemoryConnections,
    MemoryDiscoveries,
    MemoryListings,
    MemorySubmissions,
    MemoryTargets,
)


class StandingClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@dataclass
class MemorySkus:
    rows: dict[SkuId, Sku] = field(default_factory=dict)
    sequences: dict[SkuId, int] = field(default_factory=dict)

    async def lock(self, names: Collection[SkuName], ids: Collection[SkuId], now: datetime) -> list[Sku]:
        found, made = set(ids), set()
        for name in names:
            known = [sku.id for sku in self.rows.values() if (sku.organisation_id, sku.code) == name]
            if not known:
                new = Sku(SkuId(new_id()), name.organisation_id, name.code)
                self.rows[new.id] = new
                known = [new.id]
                made.add(new.id)
            found.update(known)
        return [replace(self.rows[one], made=one in made) for one in sorted(found)]

    async def find(self, names: Collection[SkuName]) -> Mapping[SkuName, SkuId]:
        known = {SkuName(sku.organisation_id, sku.code): sku.id for sku in self.rows.values()}
        return {name: known[name] for name in names if name in known}

    async def save(self, skus: Sequence[Sku]) -> None:
        self.rows.update({sku.id: replace(sku, made=False) for sku in skus})

    async def next_sequences(self, ids: Collection[SkuId]) -> Mapping[SkuId, int]:
        self.sequences.update({one: self.sequences.get(one, 0) + 1 for one in ids})
        return {one: self.sequences[one] for one in ids}


@dataclass
class MemoryLines:
    skus: MemorySkus
    rows: dict[LineId, Line] = field(default_factory=dict)

    async def sku_ids(self, orders: Collection[OrderId]) -> set[SkuId]:
        return {line.sku_id for line in await self.of_orders(orders) if line.sku_id}

    async def of_orders(self, orders: Collection[OrderId]) -> list[Line]:
        return [line for line in self.rows.values() if line.order_id in orders]

    async def to_serve(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        return [line for line in self.rows.values() if line.sku_id in units and line.order_id not in beside]

    async def to_withdraw(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        return await self.to_serve(units, beside)

    async def orders_waiting_for(self, skus: Collection[SkuId]) -> set[OrderId]:
        return {line.order_id for line in self.rows.values() if line.sku_id in skus and line.wanted}

    async def save(self, lines: Sequence[Line]) -> None:
        self.rows.update({line.line_id: line for line in lines})

    async def described(self, orders: Collection[OrderId]) -> Mapping[OrderId, Sequence[ReservedLineV1]]:
        lines = [line for line in await self.of_orders(orders) if line.ordered]
        return {one: [self._described(line) for line in lines if line.order_id == one] for one in orders}

    def _described(self, line: Line) -> ReservedLineV1:
        sku = self.skus.rows[line.sku_id] if line.sku_id else None
        return ReservedLineV1(
            line_id=line.line_id,
            sku=sku.code if sku else "",
            sku_id=line.sku_id,
            wanted=line.wanted,
            reserved=line.reserved,
            short=line.short,
            tracked=bool(sku and sku.tracked),
            weight_grams=sku.weighs if sku else None,
        )


@dataclass
class MemoryReservations:
    rows: dict[OrderId, Reservation] = field(default_factory=dict)

    async def known(self, orders: Collection[OrderId]) -> set[OrderId]:
        return {one for one in orders if one in self.rows and self.rows[one].order_version is not None}

    async def lock(
        self, new: Mapping[OrderId, OrganisationId], known: Collection[OrderId], now: datetime
    ) -> list[Reservation]:
        for order_id, organisation_id in new.items():
            self.rows.setdefault(order_id, Reservation(order_id, organisation_id, now))
        return [self.rows[one] for one in sorted({*new, *known})]

    async def save(self, reservations: Sequence[Reservation]) -> None:
        self.rows.update({head.order_id: head for head in reservations})


@dataclass
class MemoryLedger:
    entries: list[Entry] = field(default_factory=list)

    async def append(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)


@dataclass
class MemoryOutbox:
    events: list[Event[Any]] = field(default_factory=list)

    async def add_all(self, events: Sequence[Event[Any]]) -> None:
        self.events.extend(events)


class Warehouse:
    """Inventory in memory: what arrives, and what may be asked of it afterwards."""

    def __init__(self) -> None:
        self.skus = MemorySkus()
        self.lines = MemoryLines(self.skus)
        self.reservations = MemoryReservations()
        self.ledger = MemoryLedger()
        self.outbox = MemoryOutbox()
        self.connections, self.discoveries = MemoryConnections(), MemoryDiscoveries()
        self.listings, self.submissions = MemoryListings(), MemorySubmissions()
        self.targets = MemoryTargets(self.listings)
        self.store = Store(
            self.skus,
            self.lines,
            self.reservations,
            self.ledger,
            cast(Any, None),
            cast(Any, None),
            cast(Any, None),
            self.outbox,
            self.connections,
            self.discoveries,
            self.listings,
            self.targets,
            self.submissions,
        )

    async def order(self, *events: Event[Any]) -> None:
        await reserve_orders(self.store, events, clock=StandingClock())

    async def shipment(self, *events: Event[Any]) -> None:
        await ship_orders(self.store, events, clock=StandingClock())

    async def set(self, *rows: StockRow, organisation_id: OrganisationId = ORGANISATION) -> list[Sku]:
        return await set_stock(rows, organisation_id, BY_HAND, store=self.store, clock=StandingClock())

    async def count(self, code: str, counted: int) -> None:
        await self.set(StockRow(code, counted=counted))

    def sku(self, code: str) -> Sku:
        return next(sku for sku in self.skus.rows.values() if sku.code == code)

    def levels(self, code: str) -> tuple[int, int, int, int]:
        """on hand, reserved, available, short"""
        sku = self.sku(code)
        return sku.on_hand, sku.reserved, sku.available, sku.short

    def reserved(self, event: Event[Any]) -> list[int]:
        """Units held for each line of an order, in the order of its event's lines."""
        return [self.lines.rows[LineId(line.line_id)].reserved for line in event.body.lines]

    def told(self, event: Event[Any]) -> list[Event[ReservationChangedV1]]:
        """What was published about an order."""
        mine = [one for one in self.outbox.events if one.subject == event.subject]
        return [one for one in mine if isinstance(one.body, ReservationChangedV1)]

    def told_levels(self, code: str) -> list[Event[StockLevelChangedV1]]:
        mine = [one for one in self.outbox.events if one.subject == self.sku(code).id]
        return [one for one in mine if isinstance(one.body, StockLevelChangedV1)]
