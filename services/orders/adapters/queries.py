"""Reads for pages and lists: their own short transactions, no locks, always one organisation's rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders.adapters import copies_rows, progress_rows, rows, tables
from services.orders.adapters.acceptances import acceptance_of
from services.orders.domain.acceptance import Mode
from services.orders.domain.connection import AUTHORISED
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.order import Decision
from services.orders.domain.stage import stage_of
from services.orders.domain.timeline import Entry
from services.orders.usecases.ports import RecipientRead
from services.orders.usecases.views import ModeView, OrderRow, OrdersAsked, OrderView, PollingView, UnreadableView
from shared.db.unit_of_work import transaction
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, UserId
from shared.marketplaces.models import OrderStatus

_ORDER, _LINE = tables.order, tables.line
_RESERVATION, _SHIPMENTS = tables.reservation, tables.shipments
_CONNECTION, _POLL = tables.connection, tables.poll
_ACCEPTANCE, _MODE = tables.acceptance, tables.acceptance_mode
_MOST_UNREADABLE = 200


class SqlViews:
    """See `services.orders.usecases.views.Views`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def orders(self, organisation_id: OrganisationId, asked: OrdersAsked) -> Sequence[OrderRow]:
        return [_order_row(row) for row in await self._rows(_list(organisation_id, asked))]

    async def order(self, organisation_id: OrganisationId, order_id: OrderId) -> OrderView | None:
        mine = (_ORDER.c.organisation_id == organisation_id, _ORDER.c.id == order_id)
        found = await self._rows(select(*tables.SHOWN).where(*mine))
        if not found:
            return None
        lines = await self._rows(select(_LINE).where(_LINE.c.order_id == order_id))
        order = rows.order_of(found[0], lines)
        reservation = await self._rows(select(_RESERVATION).where(*_of(_RESERVATION, organisation_id, order_id)))
        shipments = await self._rows(select(_SHIPMENTS).where(*_of(_SHIPMENTS, organisation_id, order_id)))
        answers = await self._rows(select(_ACCEPTANCE).where(*_of(_ACCEPTANCE, organisation_id, order_id)))
        joined = _CONNECTION.outerjoin(_MODE, _MODE.c.connection_id == _CONNECTION.c.id)
        wanted = select(_CONNECTION, _MODE.c.mode).select_from(joined)
        connection = await self._rows(wanted.where(_CONNECTION.c.id == order.connection_id))
        channels = connection[0].channels if connection else []
        zone = next((one["time_zone"] for one in channels if one["id"] == order.channel_id), "UTC")
        return OrderView(
            order=order,
            reservation=copies_rows.reservation_of(reservation[0]) if reservation else None,
            shipments=copies_rows.shipments_of(shipments[0]) if shipments else None,
            acceptance=acceptance_of(answers[0]) if answers else None,
            mode=_mode(connection[0].mode if connection else None),
            time_zone=zone,
            connection_name=connection[0].name if connection else "",
        )

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


def _list(organisation_id: OrganisationId, asked: OrdersAsked) -> Select[Any]:
    units = select(func.coalesce(func.sum(_LINE.c.ordered - _LINE.c.cancelled), 0)).where(
        _LINE.c.order_id == _ORDER.c.id
    )
    joined = _ORDER.outerjoin(_RESERVATION, _RESERVATION.c.order_id == _ORDER.c.id).outerjoin(
        _SHIPMENTS, _SHIPMENTS.c.order_id == _ORDER.c.id
    )
    query = (
        select(
            *tables.SHOWN,
            units.scalar_subquery().label("units"),
            _RESERVATION.c.order_version.label("reserved_version"),
            _RESERVATION.c.at.label("reserved_at"),
            _RESERVATION.c.lines.label("reserved_lines"),
            _SHIPMENTS.c.at.label("shipments_at"),
            _SHIPMENTS.c.shipments,
        )
        .select_from(joined)
        .where(*_conditions(organisation_id, asked))
    )
    return query.order_by(_ORDER.c.placed_at.desc(), _ORDER.c.id.desc()).limit(asked.limit + 1)


def _conditions(organisation_id: OrganisationId, asked: OrdersAsked) -> list[Any]:
    conditions: list[Any] = [_ORDER.c.organisation_id == organisation_id]
    for column, wanted in (
        (_ORDER.c.status, asked.status),
        (_ORDER.c.decision, asked.decision),
        (_ORDER.c.channel_id, asked.channel),
    ):
        if wanted is not None:
            conditions.append(column == str(wanted))
    if asked.search:
        conditions.append(_ORDER.c.marketplace_order_id.startswith(asked.search, autoescape=True))
    if asked.after:
        conditions.append(tuple_(_ORDER.c.placed_at, _ORDER.c.id) < tuple_(*asked.after))
    return conditions


def _of(table: Any, organisation_id: OrganisationId, order_id: OrderId) -> tuple[Any, Any]:
    return table.c.organisation_id == organisation_id, table.c.order_id == order_id


def _order_row(row: Any) -> OrderRow:
    reservation, shipments = _reservation(row), _shipments(row)
    return OrderRow(
        id=OrderId(row.id),
        connection_id=ConnectionId(row.connection_id),
        marketplace=row.marketplace,
        marketplace_order_id=row.marketplace_order_id,
        channel_id=row.channel_id,
        status=OrderStatus(row.status),
        decision=Decision(row.decision),
        stage=stage_of(row.version, reservation, shipments),
        cancel_requested=row.cancel_requested,
        placed_at=row.placed_at,
        ship_by=row.ship_by,
        total=rows.money_of(row.total_minor, row.currency),
        units=row.units,
        short=reservation.short if reservation else 0,
    )


def _reservation(row: Any) -> Reservation | None:
    if row.reserved_version is None:
        return None
    lines = copies_rows.reserved_lines_of(row.reserved_lines)
    organisation_id = OrganisationId(row.organisation_id)
    return Reservation(OrderId(row.id), organisation_id, row.reserved_version, row.reserved_at, lines)


def _shipments(row: Any) -> Shipments | None:
    if row.shipments is None:
        return None
    told = tuple(copies_rows.shipment_of(one) for one in row.shipments)
    return Shipments(OrderId(row.id), OrganisationId(row.organisation_id), row.shipments_at, told)


def _mode(chosen: str | None) -> Mode:
    return Mode(chosen) if chosen else Mode.BY_HAND


def _recipient_read(row: Any) -> RecipientRead:
    user_id = UserId(row.user_id) if row.user_id else None
    organisation_id = OrganisationId(row.organisation_id)
    return RecipientRead(OrderId(row.order_id), organisation_id, row.at, user_id, row.service, row.destination)


def _polling(row: Any) -> PollingView:
    progress = progress_rows.progress_of(row.progress) if row.progress else None
    active = row.state == AUTHORISED
    return PollingView(
        connection_id=ConnectionId(row.id),
        name=row.name,
        marketplace=row.marketplace,
        region=row.region,
        read_at=row.read_at,
        cursor_at=progress.cursor_at if progress else None,
        waits_code=row.waits_code if active else "waiting_for_authorisation",
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
