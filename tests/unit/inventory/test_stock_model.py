"""Stock in memory against its model: any interleaving, any arrival order."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import settings

from services.inventory.domain.ledger import Reason
from services.inventory.domain.sku import StockRow
from shared.events.base import Event
from shared.kernel.ids import OrganisationId
from tests.unit.inventory.fakes import Warehouse
from tests.unit.inventory.stock_model import Held, Level, Shown
from tests.unit.inventory.stock_walk import Stock


class InMemory:
    """The use cases over the fakes, with an inbox as every consumer has it."""

    def __init__(self) -> None:
        self.warehouse = Warehouse()
        self.heard: dict[tuple[str, UUID], int] = {}

    async def deliver(self, topic: str, events: Sequence[Event[Any]]) -> None:
        newest = {event.subject: event for event in sorted(events, key=lambda event: event.sequence)}
        fresh = [one for one in newest.values() if one.sequence > self.heard.get((topic, one.subject), 0)]
        self.heard |= {(topic, one.subject): one.sequence for one in fresh}
        if fresh:
            take = self.warehouse.order if topic == "orders.order.v1" else self.warehouse.shipment
            await take(*fresh)

    async def count(self, organisation_id: OrganisationId, code: str, units: int) -> None:
        await self.warehouse.set(StockRow(code, counted=units), organisation_id=organisation_id)

    async def fold(self, organisation_id: OrganisationId, oldest: int) -> None:
        """There is one organisation in it."""
        entries = self.warehouse.ledger.entries
        last = {entry.sku_id: number for number, entry in enumerate(entries[:oldest])}
        kept = [one for number, one in enumerate(entries) if number >= last.get(one.sku_id, 0)]
        opening = {id(entries[number]) for number in last.values()}
        self.warehouse.ledger.entries = [
            replace(one, reason=Reason.OPENING, change=one.level) if id(one) in opening else one for one in kept
        ]

    async def shown(self, organisation_id: OrganisationId) -> Shown:
        """There is one organisation in it."""
        house = self.warehouse
        codes = {sku.id: sku.code for sku in house.skus.rows.values()}
        entries: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for entry in house.ledger.entries:
            entries[codes[entry.sku_id]].append((entry.change, entry.level))
        return Shown(
            {sku.code: Level(sku.tracked, sku.on_hand, sku.reserved, sku.short) for sku in house.skus.rows.values()},
            {
                line.line_id: Held(
                    codes.get(line.sku_id) if line.sku_id else None, line.ship_by, line.wanted, line.reserved
                )
                for line in house.lines.rows.values()
            },
            dict(entries),
            {head.order_id: head.order_version for head in house.reservations.rows.values()},
            list(house.outbox.events),
        )


class StockInMemory(Stock):
    """
    Never negative, entries sum to the level, one reservation per order, told for each version; who waits is served by
    urgency.

    Seen red with: units that leave again after the marketplace took them back, a level not stopped at zero, holders
    asked to queue again, units taken from the most urgent, given to the least, and a version that is not told.
    """

    def __init__(self) -> None:
        super().__init__(InMemory(), asyncio.Runner())

    def teardown(self) -> None:
        self.runner.close()


StockInMemory.TestCase.settings = settings.get_profile("models")
test_stock = StockInMemory.TestCase
