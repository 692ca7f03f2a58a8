"""What was kept for its time: which it is, and its deletion; over one open transaction."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.labels.adapters.erasures import ERASING
from services.labels.adapters.tables import (
    channel_mode,
    connection,
    fulfilment,
    label_batch,
    label_batch_item,
    lease,
    shipment,
    write_back,
)
from services.labels.domain.shipment import Told
from shared.db.arrays import among
from shared.events.topics import INVENTORY_RESERVATION, ORDERS_ORDER
from shared.messaging.inbox import Inbox

_CONSUMER = "labels"
_TOPICS = (ORDERS_ORDER.name, INVENTORY_RESERVATION.name)
_NOW = func.statement_timestamp()
_LATE = timedelta(days=1)
# What auth deleted has neither name nor seller (`receive_connections`).
_ITS = connection.c
_LEFT = or_(ERASING, exists().where(fulfilment.c.connection_id == _ITS.connection_id))
_FORGOTTEN = select(_ITS.connection_id).where(_ITS.name == "", _ITS.seller_id == "", not_(_LEFT))
_OF_CONNECTIONS = (channel_mode.c.connection_id, lease.c.subject, _ITS.connection_id)
# As its index has it: a parameter in it would not match.
_marketplace: ColumnElement[Any] = literal_column("(order_state ->> 'marketplace')")
_SETTLED = [one.value for one in (Told.CONFIRMED, Told.SHIPPED_ELSEWHERE, Told.RELEASED)]


class SqlOldRecords:
    """See `services.labels.usecases.ports.OldRecords`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._inbox = Inbox(connection, _CONSUMER)

    async def lock_orders(self, marketplace: str | None, keep: timedelta, limit: int) -> Sequence[UUID]:
        its = fulfilment.c
        oldest = select(its.order_id).where(_old(marketplace, keep)).order_by(its.updated_at).limit(limit)
        return list((await self._connection.execute(oldest.with_for_update(skip_locked=True))).scalars())

    async def count_owed(self, order_ids: Sequence[UUID]) -> int:
        its = write_back.c
        owed = select(func.count()).where(among(its.order_id, order_ids), its.state.not_in(_SETTLED))
        counted: int = (await self._connection.execute(owed)).scalar_one()
        return counted

    async def delete_orders(self, order_ids: Sequence[UUID]) -> None:
        for table in (write_back, shipment, fulfilment):
            await self._connection.execute(delete(table).where(among(table.c.order_id, order_ids)))
        await self._inbox.forget(_TOPICS, order_ids)

    async def delete_batches(self, keep: timedelta, limit: int) -> int:
        """No index: a row is what hundreds of labels were asked for by."""
        oldest = select(label_batch.c.batch_id).where(label_batch.c.requested_at <= _NOW - keep).limit(limit)
        batch_ids = list((await self._connection.execute(oldest.with_for_update(skip_locked=True))).scalars())
        for table in (label_batch_item, label_batch) if batch_ids else ():
            await self._connection.execute(delete(table).where(among(table.c.batch_id, batch_ids)))
        return len(batch_ids)

    async def delete_connections(self) -> int:
        """No index: an installation has some thousand connections."""
        ids = list((await self._connection.execute(_FORGOTTEN.with_for_update(skip_locked=True))).scalars())
        for column in _OF_CONNECTIONS if ids else ():
            await self._connection.execute(delete(column.table).where(among(column, ids)))
        return len(ids)

    async def drop_parked(self, keep: timedelta) -> int:
        return await self._inbox.drop_parked(keep)


def overdue_records(keeps: Mapping[str | None, timedelta]) -> Select[Any]:
    """How many orders should have been deleted a day ago."""
    late = [
        select(func.count()).select_from(fulfilment).where(_old(marketplace, keep + _LATE)).scalar_subquery()
        for marketplace, keep in keeps.items()
    ]
    return select(cast(sum(late, start=literal(0)), BigInteger))


def _old(marketplace: str | None, keep: timedelta) -> ColumnElement[bool]:
    its: ColumnElement[bool] = _marketplace.is_(None) if marketplace is None else _marketplace == marketplace
    return and_(its, fulfilment.c.updated_at <= _NOW - keep)
