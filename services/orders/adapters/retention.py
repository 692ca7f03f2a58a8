"""What was kept for its time: which it is, and its deletion; over one open transaction."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Table,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import tables
from services.orders.adapters.erasures import ERASING
from shared.db.arrays import among
from shared.events.topics import INVENTORY_RESERVATION, LABELS_SHIPMENT
from shared.kernel.ids import OrderId
from shared.messaging.inbox import Inbox

_ORDER, _LOOK, _RECORD, _COPY = tables.order, tables.recipient_read, tables.unreadable, tables.connection
_WORDS = (tables.reservation, tables.shipments)
_CONSUMER = "orders"
_TOPICS = (INVENTORY_RESERVATION.name, LABELS_SHIPMENT.name)
_NOW = func.statement_timestamp()
_LATE = timedelta(days=1)
# What auth deleted has neither (`Connection.forgotten`).
_DELETED = (_COPY.c.name == "", _COPY.c.seller_id == "")
# As the index of lists begins.
_ORDERS = (
    _ORDER.c.organisation_id == _COPY.c.organisation_id,
    _ORDER.c.marketplace == _COPY.c.marketplace,
    _ORDER.c.connection_id == _COPY.c.id,
)
_LEFT = or_(ERASING, exists().where(*_ORDERS), exists().where(_RECORD.c.connection_id == _COPY.c.id))
_FORGOTTEN = select(_COPY.c.id).where(*_DELETED, not_(_LEFT)).order_by(_COPY.c.id)
_OF_CONNECTIONS = (
    tables.poll.c.connection_id,
    tables.acceptance_mode.c.connection_id,
    tables.lease.c.subject,
    _COPY.c.id,
)


class SqlOldRecords:
    """See `services.orders.usecases.ports.OldRecords`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._inbox = Inbox(connection, _CONSUMER)

    async def lock_orders(self, marketplace: str, keep: timedelta, limit: int) -> Sequence[OrderId]:
        oldest = select(_ORDER.c.id).where(_old(marketplace, keep)).order_by(_ORDER.c.updated_at).limit(limit)
        found = await self._connection.execute(oldest.with_for_update(skip_locked=True))
        return [OrderId(order_id) for order_id in found.scalars()]

    async def delete_orders(self, order_ids: Sequence[OrderId]) -> None:
        """Lines and answers go with their order's row."""
        for table in (*_WORDS, tables.timeline):
            await self._connection.execute(delete(table).where(among(table.c.order_id, order_ids)))
        await self._inbox.forget(_TOPICS, order_ids)
        await self._connection.execute(delete(_ORDER).where(among(_ORDER.c.id, order_ids)))

    async def delete_words(self, keep: timedelta, limit: int) -> int:
        gone = [order_id for table in _WORDS for order_id in await self._delete_strays(table, keep, limit)]
        if gone:
            timeline = tables.timeline
            stray = ~exists().where(_ORDER.c.id == timeline.c.order_id)
            await self._connection.execute(delete(timeline).where(among(timeline.c.order_id, gone), stray))
            await self._inbox.forget(_TOPICS, gone)
        return len(gone)

    async def delete_looks(self, keep: timedelta, limit: int) -> int:
        oldest = select(_LOOK.c.id).where(_LOOK.c.at <= _NOW - keep).order_by(_LOOK.c.at).limit(limit)
        locked = oldest.with_for_update(skip_locked=True).cte("oldest")
        gone = delete(_LOOK).where(_LOOK.c.id.in_(select(locked.c.id)))
        return (await self._connection.execute(gone)).rowcount

    async def delete_connections(self) -> int:
        """No index: an installation has some thousand connections."""
        ids = list((await self._connection.execute(_FORGOTTEN.with_for_update(skip_locked=True))).scalars())
        for column in _OF_CONNECTIONS if ids else ():
            await self._connection.execute(delete(column.table).where(among(column, ids)))
        return len(ids)

    async def drop_parked(self, keep: timedelta) -> int:
        return await self._inbox.drop_parked(keep)

    async def _delete_strays(self, table: Table, keep: timedelta, limit: int) -> Sequence[OrderId]:
        locked = _strays(table, keep, limit)
        gone = delete(table).where(table.c.order_id.in_(select(locked.c.order_id))).returning(table.c.order_id)
        return [OrderId(order_id) for order_id in (await self._connection.execute(gone)).scalars()]


def overdue_records(keeps: Mapping[str, timedelta]) -> Select[Any]:
    """How many orders should have been deleted a day ago."""
    late = [
        select(func.count()).select_from(_ORDER).where(_old(marketplace, keep + _LATE)).scalar_subquery()
        for marketplace, keep in keeps.items()
    ]
    return select(cast(sum(late, start=literal(0)), BigInteger))


def _old(marketplace: str, keep: timedelta) -> ColumnElement[bool]:
    return (_ORDER.c.marketplace == marketplace) & (_ORDER.c.updated_at <= _NOW - keep)


def _strays(table: Table, keep: timedelta, limit: int) -> CTE:
    known = exists().where(_ORDER.c.id == table.c.order_id)
    oldest = select(table.c.order_id).where(table.c.at <= _NOW - keep, ~known).order_by(table.c.at).limit(limit)
    return oldest.with_for_update(of=table, skip_locked=True).cte("oldest")
