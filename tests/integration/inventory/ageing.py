"""What happened long ago, and what the worker does of it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from services.inventory import bootstrap
from services.inventory.domain.sku import StockRow
from shared.db.retention import delete_all
from shared.db.unit_of_work import transaction
from shared.events.base import Event
from shared.kernel.clock import SystemClock
from tests.integration.inventory.conftest import Inventory

KEEP = timedelta(days=540)
TODAY = SystemClock().now()
OLD = TODAY - KEEP - timedelta(hours=1)
YOUNG = TODAY - KEEP + timedelta(hours=1)


class At(SystemClock):
    """It was then."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def delete_due(inventory: Inventory) -> None:
    """As the worker does each hour."""
    await delete_all(bootstrap.retention_on(inventory.engine, KEEP, SystemClock()), asyncio.Event())


async def count(inventory: Inventory, table: Any) -> int:
    async with transaction(inventory.engine) as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def set_all(inventory: Inventory, table: Any, where: Any = None, **values: Any) -> None:
    async with transaction(inventory.engine) as connection:
        changed = update(table).values(**values)
        await connection.execute(changed if where is None else changed.where(where))


def told(of: Event[Any], updated_at: datetime | None, **changes: Any) -> Event[Any]:
    """The same order, as the marketplace changed it last."""
    return Event(
        of.id, of.subject, of.sequence, of.time, of.body.model_copy(update={"updated_at": updated_at} | changes)
    )


async def counted(inventory: Inventory, levels: Mapping[datetime, int], code: str = "mug") -> None:
    for at, units in levels.items():
        inventory.clock = At(at)
        await inventory.set(StockRow(code, counted=units))
    inventory.clock = SystemClock()


async def entries(inventory: Inventory, code: str = "mug") -> list[tuple[str, int, int]]:
    ids = {row.id: row.code for row in await inventory.rows("sku")}
    rows = sorted(await inventory.rows("ledger_entry"), key=lambda row: row.id)
    return [(row.reason, row.change, row.level) for row in rows if ids[row.sku_id] == code]
