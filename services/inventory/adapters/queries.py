"""Reads for lists and pages, each in a short transaction of its own."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory.adapters.stock import sku_of
from services.inventory.adapters.tables import ledger_entry, reservation, reservation_line, sku
from services.inventory.domain.sku import Sku
from services.inventory.usecases.views import LedgerView, Slice, WaitingView
from shared.db.unit_of_work import transaction
from shared.kernel.ids import OrderId, OrganisationId, SkuId

_SHORT = reservation_line.c.wanted - reservation_line.c.reserved


class SqlViews:
    """Implements `usecases.views.Views`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def skus(
        self, organisation_id: OrganisationId, *, search: str, short_only: bool, after: str | None, limit: int
    ) -> Slice[Sku]:
        query = select(sku).where(sku.c.organisation_id == organisation_id).order_by(sku.c.code)
        if search:
            query = query.where(func.strpos(func.lower(sku.c.code), search.lower()) > 0)
        if short_only:
            query = query.where(sku.c.short > 0)
        if after is not None:
            query = query.where(sku.c.code > after)
        found = [sku_of(row) for row in await self._rows(query.limit(limit + 1))]
        return Slice(found[:limit], found[limit - 1].code if len(found) > limit else None)

    async def sku(self, organisation_id: OrganisationId, code: str) -> Sku | None:
        query = select(sku).where(sku.c.organisation_id == organisation_id, sku.c.code == code)
        found = await self._rows(query)
        return sku_of(found[0]) if found else None

    async def ledger(self, sku_id: SkuId, *, after: int | None, limit: int) -> Slice[LedgerView]:
        query = (
            select(ledger_entry, reservation.c.marketplace_order_id)
            .outerjoin(reservation, reservation.c.order_id == ledger_entry.c.order_id)
            .where(ledger_entry.c.sku_id == sku_id)
            .order_by(ledger_entry.c.id.desc())
        )
        if after is not None:
            query = query.where(ledger_entry.c.id < after)
        found = [_entry(row) for row in await self._rows(query.limit(limit + 1))]
        return Slice(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    async def waiting(self, sku_id: SkuId, *, limit: int) -> Sequence[WaitingView]:
        query = (
            select(reservation_line, reservation.c.marketplace_order_id, _SHORT.label("short"))
            .join(reservation, reservation.c.order_id == reservation_line.c.order_id)
            .where(reservation_line.c.sku_id == sku_id, reservation_line.c.wanted > 0)
            .order_by((_SHORT > 0).desc(), reservation_line.c.ship_by.asc().nulls_last(), reservation_line.c.line_id)
        )
        return [_waiting(row) for row in await self._rows(query.limit(limit))]

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with transaction(self._engine) as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows


def _entry(row: Row[Any]) -> LedgerView:
    return LedgerView(
        id=row.id,
        at=row.at,
        reason=row.reason,
        change=row.change,
        level=row.level,
        via=row.via,
        user_id=row.user_id,
        order_id=row.order_id,
        marketplace_order_id=row.marketplace_order_id,
    )


def _waiting(row: Row[Any]) -> WaitingView:
    return WaitingView(
        order_id=OrderId(row.order_id),
        marketplace_order_id=row.marketplace_order_id,
        ship_by=row.ship_by,
        wanted=row.wanted,
        reserved=row.reserved,
        short=row.short,
    )
