"""Uploaded tables of levels, over one open transaction."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import stock_import
from services.inventory.domain.sku import StockRow
from services.inventory.domain.stock_import import BadLine, ReadTable, StockImport
from shared.kernel.ids import OrganisationId, UserId


class SqlImports:
    """See `usecases.ports.Imports`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, made: StockImport) -> None:
        await self._connection.execute(
            insert(stock_import).values(
                id=made.id,
                organisation_id=made.organisation_id,
                made_by=made.made_by,
                made_at=made.made_at,
                rows=[asdict(row) for row in made.table.rows],
                bad=[asdict(line) for line in made.table.bad],
            )
        )

    async def lock(self, import_id: UUID, organisation_id: OrganisationId) -> StockImport | None:
        row = (await self._connection.execute(import_of(import_id, organisation_id).with_for_update())).first()
        return to_import(row) if row else None

    async def applied(self, import_id: UUID, now: datetime) -> None:
        await self._connection.execute(
            update(stock_import).where(stock_import.c.id == import_id).values(applied_at=now)
        )


def import_of(import_id: UUID, organisation_id: OrganisationId) -> Select[Any]:
    its = stock_import.c
    return select(stock_import).where(its.id == import_id, its.organisation_id == organisation_id)


def to_import(row: Row[Any]) -> StockImport:
    table = ReadTable(tuple(StockRow(**one) for one in row.rows), tuple(BadLine(**one) for one in row.bad))
    user_id = UserId(row.made_by) if row.made_by else None
    return StockImport(row.id, OrganisationId(row.organisation_id), user_id, row.made_at, table, row.applied_at)
