"""Stock in PostgreSQL against its model: the same machine, with the real inbox and the real statements."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory import bootstrap
from services.inventory.adapters.tables import ledger_entry, outbox, reservation, reservation_line, sku
from services.inventory.domain.sku import StockRow
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.events.registry import BY_TYPE
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrganisationId
from tests.infrastructure import MakeDatabase
from tests.integration.inventory.conftest import Inventory
from tests.integration.messaging.conftest import received
from tests.unit.inventory.stock_model import Held, Level, Shown
from tests.unit.inventory.stock_walk import Stock

_MODELS = settings.get_profile("models")


class LongAgo(SystemClock):
    """What is written is old enough to be folded."""

    def now(self) -> datetime:
        return super().now() - timedelta(days=1000)


class InPostgres:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.inventory = Inventory(engine)
        self.inventory.clock = LongAgo()
        self.applier = bootstrap.applier_on(engine, LongAgo())

    async def deliver(self, topic: str, events: Sequence[Event[Any]]) -> None:
        await self.applier.apply(topic, [received(event) for event in events])

    async def count(self, organisation_id: OrganisationId, code: str, units: int) -> None:
        await self.inventory.set(StockRow(code, counted=units), organisation_id=organisation_id)

    async def fold(self, organisation_id: OrganisationId, oldest: int) -> None:
        """What other walks have left is folded with it: their entries are older."""
        rows = sorted(await self._rows(ledger_entry, organisation_id), key=lambda row: row.id)
        keep = SystemClock().now() - rows[:oldest][-1].at
        folded = True
        while folded:
            async with self.inventory.held.uow() as store:
                folded = bool(await store.old.fold_ledger(keep, 3))

    async def shown(self, organisation_id: OrganisationId) -> Shown:
        skus = await self._rows(sku, organisation_id)
        codes = {row.id: row.code for row in skus}
        lines = await self._rows(reservation_line, organisation_id)
        heads = await self._rows(reservation, organisation_id)
        entries: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in sorted(await self._rows(ledger_entry, organisation_id), key=lambda row: row.id):
            entries[codes[row.sku_id]].append((row.change, row.level))
        return Shown(
            {row.code: Level(row.tracked, row.on_hand, row.reserved, row.short) for row in skus},
            {row.line_id: Held(codes.get(row.sku_id), row.ship_by, row.wanted, row.reserved) for row in lines},
            dict(entries),
            {row.order_id: row.order_version for row in heads},
            await self._events([*codes, *(row.order_id for row in heads)]),
        )

    async def _rows(self, table: Table, organisation_id: OrganisationId) -> Sequence[Any]:
        async with transaction(self.engine) as connection:
            mine = select(table).where(table.c.organisation_id == organisation_id)
            return (await connection.execute(mine)).all()

    async def _events(self, subjects: Sequence[Any]) -> list[Event[Any]]:
        async with transaction(self.engine) as connection:
            mine = select(outbox).where(outbox.c.subject.in_(subjects)).order_by(outbox.c.id)
            rows = (await connection.execute(mine)).all()
        bodies = [BY_TYPE[row.type].model_validate_json(row.body) for row in rows]
        return [
            Event(row.event_id, row.subject, row.sequence, row.time, body)
            for row, body in zip(rows, bodies, strict=True)
        ]


def test_stock(migrated_database: MakeDatabase) -> None:
    """
    The laws of `tests/unit/inventory/test_stock_model.py` where the tables keep them; each walk is an organisation.

    Seen red with: an inbox that lets an older number through, short lines looked for in the order of their ids,
    and a window that ends one line too early. Of folding: with the newest entry of a batch deleted, or left beside the
    one that stands for it, and with a SKU's entries of that batch alone.
    """
    with asyncio.Runner() as runner:
        engine = make_engine(migrated_database("inventory"), "tests")
        house = InPostgres(engine)
        walks = settings(_MODELS, max_examples=_MODELS.max_examples // 4, stateful_step_count=20)

        class Walk(Stock):
            def __init__(self) -> None:
                super().__init__(house, runner)

        run_state_machine_as_test(Walk, settings=walks)
        runner.run(engine.dispose())
