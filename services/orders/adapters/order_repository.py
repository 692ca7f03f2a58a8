"""Orders and their lines, read under lock and written in batches: a page of 100 new ones takes three statements."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, any_, bindparam, delete, func, not_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import erasures
from services.orders.adapters.rows import kept_of, line_values, order_of, order_values
from services.orders.adapters.tables import SHOWN, line, order
from services.orders.domain.connection import Connection
from services.orders.domain.order import Order
from services.orders.domain.stage import Stage
from services.orders.usecases.ports import Head, Kept
from shared.db.arrays import among
from shared.db.copying import copy_all
from shared.db.upsert import upsert
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId
from shared.marketplaces.models import OrderStatus

# Made once: to make a statement costs as much as to run it.
_OF_CONNECTION_LOCKED = (
    select(order)
    .where(
        order.c.organisation_id == bindparam("organisation_id"),
        order.c.connection_id == bindparam("connection_id"),
        order.c.marketplace_order_id == any_(bindparam("ids", type_=ARRAY(Text))),
    )
    .order_by(order.c.id)
    .with_for_update()
)
_WAITS = order.c.status == OrderStatus.WAITING_ACCEPTANCE.value


class SqlOrders:
    """See `services.orders.usecases.ports.Orders`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, of: Connection, marketplace_order_ids: Sequence[str]) -> Mapping[str, Kept]:
        if not marketplace_order_ids:
            return {}
        asked = {"organisation_id": of.organisation_id, "connection_id": of.id, "ids": marketplace_order_ids}
        rows = (await self._connection.execute(_OF_CONNECTION_LOCKED, asked)).all()
        lines = await self._lines([row.id for row in rows])
        return {row.marketplace_order_id: kept_of(row, lines[row.id]) for row in rows}

    async def of(self, organisation_id: OrganisationId, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Kept]:
        query = select(order).where(order.c.organisation_id == organisation_id, among(order.c.id, order_ids))
        rows = list(await self._connection.execute(query))
        lines = await self._lines([row.id for row in rows])
        return {OrderId(row.id): kept_of(row, lines[row.id]) for row in rows}

    async def lock_waiting(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Order]:
        return await self._locked(_WAITS, among(order.c.id, order_ids))

    async def lock_waiting_of(self, connection_id: ConnectionId) -> Mapping[OrderId, Order]:
        return await self._locked(_WAITS, order.c.connection_id == connection_id)

    async def lock_heads(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Head]:
        query = select(order.c.id, order.c.version, order.c.status).where(among(order.c.id, order_ids))
        found = await self._connection.execute(query.order_by(order.c.id).with_for_update())
        return {OrderId(row.id): Head(row.version, OrderStatus(row.status)) for row in found}

    async def put_stages(self, stages: Mapping[OrderId, Stage]) -> None:
        told = (
            func.unnest(
                bindparam("ids", list(stages), ARRAY(Uuid)),
                bindparam("stages", [stage.value for stage in stages.values()], ARRAY(Text)),
            )
            .table_valued("id", "stage")
            .render_derived(name="told")
        )
        statement = update(order).values(stage=told.c.stage)
        await self._connection.execute(statement.where(order.c.id == told.c.id, order.c.stage != told.c.stage))

    async def lock_one(self, order_id: OrderId) -> Order | None:
        return (await self._locked(order.c.id == order_id)).get(order_id)

    async def add(self, orders: Sequence[Kept]) -> None:
        await copy_all(self._connection, order, [order_values(kept) for kept in orders])
        await copy_all(self._connection, line, _lines_of(orders))

    async def save(self, orders: Sequence[Kept]) -> None:
        if not orders:
            return
        await self._connection.execute(upsert(order, but=("stage",)), [order_values(kept) for kept in orders])
        lines = _lines_of(orders)
        await self._drop_lines([kept.order.id for kept in orders], [one["id"] for one in lines])
        if lines:
            await self._connection.execute(upsert(line), lines)

    async def lock_to_erase(self, connection_id: ConnectionId, limit: int) -> Sequence[Order]:
        due = await self._connection.execute(erasures.orders_due(limit), {"one": connection_id})
        ids = [row.id for row in due]
        query = select(*SHOWN).where(among(order.c.id, ids), erasures.DUE).order_by(order.c.id).with_for_update()
        rows = (await self._connection.execute(query, {"one": connection_id})).all()
        lines = await self._lines([row.id for row in rows])
        return [order_of(row, lines[row.id]) for row in rows]

    async def erase(self, orders: Sequence[Order]) -> None:
        await erasures.erase_orders(self._connection, orders)

    async def _locked(self, *conditions: ColumnElement[bool]) -> Mapping[OrderId, Order]:
        query = select(*SHOWN).where(*conditions).order_by(order.c.id).with_for_update()
        rows = (await self._connection.execute(query)).all()
        lines = await self._lines([row.id for row in rows])
        return {OrderId(row.id): order_of(row, lines[row.id]) for row in rows}

    async def _drop_lines(self, order_ids: Sequence[UUID], still: Sequence[UUID]) -> None:
        """Lines the marketplace no longer tells of."""
        gone = delete(line).where(among(line.c.order_id, order_ids), not_(among(line.c.id, still)))
        await self._connection.execute(gone)

    async def _lines(self, order_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
        lines: dict[UUID, list[Any]] = {order_id: [] for order_id in order_ids}
        if order_ids:
            for row in await self._connection.execute(select(line).where(among(line.c.order_id, order_ids))):
                lines[row.order_id].append(row)
        return lines


def _lines_of(orders: Sequence[Kept]) -> list[dict[str, Any]]:
    return [line_values(kept.order.id, one) for kept in orders for one in kept.order.lines]
