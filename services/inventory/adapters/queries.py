"""Reads for lists and pages, each in a short transaction of its own."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from services.inventory.adapters.imports import import_of, to_import
from services.inventory.adapters.stock import sku_of
from services.inventory.adapters.tables import ledger_entry, reservation, reservation_line, sku
from services.inventory.domain.sku import Sku
from services.inventory.domain.stock_import import StockImport
from services.inventory.usecases.views import LedgerView, ShortView, Show, Slice, WaitingView
from shared.db.arrays import among
from shared.db.unit_of_work import transaction
from shared.kernel.ids import OrderId, OrganisationId, SkuId

_SHORT = reservation_line.c.wanted - reservation_line.c.reserved
_MOST_LEVELS = 10_000
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_AVAILABLE = sku.c.on_hand - sku.c.reserved
_SHOWN: Mapping[Show, tuple[ColumnElement[bool], ...]] = {
    Show.ALL: (),
    Show.SHORT: (sku.c.short > 0,),
    Show.LOW: (sku.c.tracked, sku.c.low_level >= _AVAILABLE),
    Show.UNCOUNTED: (sku.c.tracked.is_(False),),
}


class SqlViews:
    """Implements `usecases.views.Views`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def skus(
        self, organisation_id: OrganisationId, *, search: str, show: Show, after: str | None, limit: int
    ) -> Slice[Sku]:
        query = select(sku).where(sku.c.organisation_id == organisation_id).order_by(sku.c.code)
        if search:
            query = query.where(func.strpos(func.lower(sku.c.code), search.lower()) > 0)
        query = query.where(*_SHOWN[show])
        if after is not None:
            query = query.where(sku.c.code > after)
        found = [sku_of(row) for row in await self._rows(query.limit(limit + 1))]
        return Slice(found[:limit], found[limit - 1].code if len(found) > limit else None)

    async def sku(self, organisation_id: OrganisationId, code: str) -> Sku | None:
        query = select(sku).where(sku.c.organisation_id == organisation_id, sku.c.code == code)
        found = await self._rows(query)
        return sku_of(found[0]) if found else None

    async def skus_of(self, organisation_id: OrganisationId, ids: Sequence[UUID]) -> Sequence[Sku]:
        query = select(sku).where(sku.c.organisation_id == organisation_id, among(sku.c.id, ids)).order_by(sku.c.code)
        return [sku_of(row) for row in await self._rows(query)]

    async def skus_named(self, organisation_id: OrganisationId, codes: Sequence[str]) -> Mapping[str, Sku]:
        query = select(sku).where(sku.c.organisation_id == organisation_id, among(sku.c.code, codes))
        return {row.code: sku_of(row) for row in await self._rows(query)}

    async def levels(self, sku_id: SkuId, since: datetime) -> Sequence[tuple[datetime, int]]:
        its = ledger_entry.c
        before = select(func.max(its.id)).where(its.sku_id == sku_id, its.at <= since).scalar_subquery()
        query = (
            select(its.at, its.level)
            .where(its.sku_id == sku_id, its.id >= func.coalesce(before, 0))
            .order_by(its.id.desc())
            .limit(_MOST_LEVELS)
        )
        return [(row.at, row.level) for row in reversed(await self._rows(query))]

    async def short_lines(
        self, organisation_id: OrganisationId, *, after: tuple[datetime | None, UUID] | None, limit: int
    ) -> Sequence[ShortView]:
        its = reservation_line.c
        due = func.coalesce(its.ship_by, _NEVER)
        query = (
            select(reservation_line, reservation.c.marketplace_order_id, sku.c.code, _SHORT.label("short"))
            .join(reservation, reservation.c.order_id == its.order_id)
            .join(sku, sku.c.id == its.sku_id)
            .where(its.organisation_id == organisation_id, its.wanted > its.reserved)
            .order_by(due, its.line_id)
        )
        if after is not None:
            query = query.where(tuple_(due, its.line_id) > tuple_(after[0] or _NEVER, after[1]))
        return [_short(row) for row in await self._rows(query.limit(limit + 1))]

    async def imported(self, organisation_id: OrganisationId, import_id: UUID) -> StockImport | None:
        found = await self._rows(import_of(import_id, organisation_id))
        return to_import(found[0]) if found else None

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


def _short(row: Row[Any]) -> ShortView:
    return ShortView(
        line_id=row.line_id,
        order_id=OrderId(row.order_id),
        marketplace_order_id=row.marketplace_order_id,
        sku=row.code,
        ship_by=row.ship_by,
        wanted=row.wanted,
        short=row.short,
    )
