"""Reads for pages and lists: their own short transactions, no locks, always one organisation's rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders.adapters import order_list, progress_rows, tables
from services.orders.domain.acceptance import Mode
from services.orders.domain.connection import PAUSED
from services.orders.domain.timeline import Entry
from services.orders.usecases.ports import RecipientRead
from services.orders.usecases.views import (
    Counts,
    ModeView,
    OrderRow,
    OrdersAsked,
    OrderView,
    PollingView,
    UnreadableView,
)
from shared.db.unit_of_work import transaction
from shared.events.auth import MAY_WORK
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, UserId

_ORDER, _CONNECTION, _POLL, _MODE = tables.order, tables.connection, tables.poll, tables.acceptance_mode
_MOST_UNREADABLE = 200


class SqlViews:
    """See `services.orders.usecases.views.Views`."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def orders(self, organisation_id: OrganisationId, asked: OrdersAsked) -> Sequence[OrderRow]:
        async with transaction(self._engine) as connection:
            return await order_list.listed(connection, organisation_id, asked, self._clock.now())

    async def counts(self, organisation_id: OrganisationId) -> Counts:
        async with transaction(self._engine) as connection:
            return await order_list.counted(connection, organisation_id)

    async def order(self, organisation_id: OrganisationId, order_id: OrderId) -> OrderView | None:
        mine = (_ORDER.c.organisation_id == organisation_id, _ORDER.c.id == order_id)
        async with transaction(self._engine) as connection:
            found = (await connection.execute(select(*tables.SHOWN).where(*mine))).all()
            shops = await order_list.shops_of(connection, organisation_id)
            return (await order_list.views_of(connection, found, shops)).get(order_id)

    async def timeline(self, organisation_id: OrganisationId, order_id: OrderId) -> Sequence[Entry]:
        table = tables.timeline
        query = select(table).where(*_of(table, organisation_id, order_id)).order_by(table.c.at, table.c.id)
        return [Entry(row.at, row.code, row.facts) for row in await self._rows(query)]

    async def recipient_reads(self, organisation_id: OrganisationId, order_id: OrderId) -> Sequence[RecipientRead]:
        table = tables.recipient_read
        query = select(table).where(*_of(table, organisation_id, order_id)).order_by(table.c.at.desc())
        return [_recipient_read(row) for row in await self._rows(query)]

    async def polling(self, organisation_id: OrganisationId) -> Sequence[PollingView]:
        query = (
            select(_CONNECTION, _POLL.c.progress, _POLL.c.read_at, _POLL.c.waits_code, _POLL.c.waits_since)
            .select_from(_CONNECTION.outerjoin(_POLL, _POLL.c.connection_id == _CONNECTION.c.id))
            .where(_CONNECTION.c.organisation_id == organisation_id, _CONNECTION.c.state != "disconnected")
            .order_by(_CONNECTION.c.name, _CONNECTION.c.id)
        )
        return [_polling(row) for row in await self._rows(query)]

    async def unreadable(self, organisation_id: OrganisationId) -> Sequence[UnreadableView]:
        table = tables.unreadable
        query = (
            select(table, _CONNECTION.c.name)
            .select_from(table.outerjoin(_CONNECTION, _CONNECTION.c.id == table.c.connection_id))
            .where(table.c.organisation_id == organisation_id)
            .order_by(table.c.first_read_at, table.c.id)
            .limit(_MOST_UNREADABLE)
        )
        return [_unreadable(row) for row in await self._rows(query)]

    async def modes(self, organisation_id: OrganisationId) -> Sequence[ModeView]:
        query = (
            select(_CONNECTION, _MODE.c.mode)
            .select_from(_CONNECTION.outerjoin(_MODE, _MODE.c.connection_id == _CONNECTION.c.id))
            .where(_CONNECTION.c.organisation_id == organisation_id, _CONNECTION.c.state != "disconnected")
            .order_by(_CONNECTION.c.name, _CONNECTION.c.id)
        )
        return [
            ModeView(ConnectionId(row.id), row.name, row.marketplace, _mode(row.mode))
            for row in await self._rows(query)
        ]

    async def channels(self, organisation_id: OrganisationId) -> Sequence[tuple[str, str]]:
        query = select(_CONNECTION.c.channels).where(_CONNECTION.c.organisation_id == organisation_id)
        names = {one["id"]: one["name"] for row in await self._rows(query) for one in row.channels}
        return sorted(names.items(), key=lambda pair: pair[1])

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        async with transaction(self._engine) as connection:
            found: Sequence[Any] = (await connection.execute(query)).all()
            return found


def _of(table: Any, organisation_id: OrganisationId, order_id: OrderId) -> tuple[Any, Any]:
    return table.c.organisation_id == organisation_id, table.c.order_id == order_id


def _mode(chosen: str | None) -> Mode:
    return Mode(chosen) if chosen else Mode.BY_HAND


def _recipient_read(row: Any) -> RecipientRead:
    user_id = UserId(row.user_id) if row.user_id else None
    organisation_id = OrganisationId(row.organisation_id)
    return RecipientRead(OrderId(row.order_id), organisation_id, row.at, user_id, row.service, row.destination)


def _polling(row: Any) -> PollingView:
    progress = progress_rows.progress_of(row.progress) if row.progress else None
    active = row.state in MAY_WORK
    rests = "paused" if row.state == PAUSED else "waiting_for_authorisation"
    return PollingView(
        connection_id=ConnectionId(row.id),
        name=row.name,
        marketplace=row.marketplace,
        region=row.region,
        read_at=row.read_at,
        cursor_at=progress.cursor_at if progress else None,
        waits_code=row.waits_code if active else rests,
        waits_since=row.waits_since if active else None,
        lean=bool(progress and progress.lean),
    )


def _unreadable(row: Any) -> UnreadableView:
    return UnreadableView(
        id=row.id,
        connection_id=ConnectionId(row.connection_id),
        connection_name=row.name or "",
        marketplace_order_id=row.marketplace_order_id,
        reason=row.reason,
        attempts=row.attempts,
        first_read_at=row.first_read_at,
        last_read_at=row.last_read_at,
    )
