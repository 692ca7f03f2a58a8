"""What was kept for its time: which it is, its deletion, and the folding of the ledger; over one open transaction."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, delete, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import (
    connection,
    discovery,
    lease,
    ledger_entry,
    listing,
    reservation,
    reservation_line,
    stock_import,
    submission,
    target,
)
from services.inventory.domain.ledger import Reason
from shared.db.arrays import among
from shared.events.topics import LABELS_SHIPMENT, ORDERS_ORDER
from shared.kernel.ids import OrderId
from shared.messaging.inbox import Inbox

_CONSUMER = "inventory"
_TOPICS = (ORDERS_ORDER.name, LABELS_SHIPMENT.name)
_NOW = func.statement_timestamp()
_LATE = timedelta(days=1)
_IMPORT_KEPT = timedelta(days=7)
# What auth deleted has neither (`Connection.forgotten`).
_DELETED = and_(connection.c.name == "", connection.c.seller_id == "")
_FORGOTTEN = select(connection.c.id).where(_DELETED, ~exists().where(listing.c.connection_id == connection.c.id))
_OF_CONNECTIONS = (
    submission.c.connection_id,
    target.c.connection_id,
    discovery.c.connection_id,
    lease.c.subject,
    connection.c.id,
)

# Who holds a SKU holds its ledger: nothing is written to it meanwhile. Of each, the newest of the batch is the one that
# all up to it are folded into.
_LAST = text("""
    with oldest as (
        select id, sku_id from ledger_entry
        where reason <> 'opening' and at <= statement_timestamp() - cast(:keep as interval)
        order by at limit :limit
    ), held as materialized (
        select id from sku where id in (select sku_id from oldest) order by id for update skip locked
    )
    select max(oldest.id) as id, oldest.sku_id from oldest join held on held.id = oldest.sku_id group by oldest.sku_id
""")
_FOLDED = text("""
    delete from ledger_entry using unnest(cast(:skus as uuid[]), cast(:ids as bigint[])) as last (sku_id, id)
    where ledger_entry.sku_id = last.sku_id and ledger_entry.id <= last.id
    returning ledger_entry.id, ledger_entry.id = last.id as is_last, ledger_entry.organisation_id, ledger_entry.sku_id,
        ledger_entry.at, ledger_entry.level
""")
_OPENED = text("""
    insert into ledger_entry (id, organisation_id, sku_id, at, reason, change, level, via)
    overriding system value values (:id, :organisation_id, :sku_id, :at, 'opening', :level, :level, 'event')
""")
# A connection's listings are changed by who holds its organisation's lock on them: where it is taken, another time.
_LISTINGS = text("""
    with unread as (
        select connection_id from discovery where read_at <= statement_timestamp() - cast(:keep as interval)
    ), oldest as materialized (
        select id, organisation_id from listing where gone_at <= statement_timestamp() - cast(:keep as interval)
        union
        select id, organisation_id from listing join unread using (connection_id)
        where seen_at <= statement_timestamp() - cast(:keep as interval)
        limit :limit
    ), held as materialized (
        select organisation_id from (select distinct organisation_id from oldest) as their
        where pg_try_advisory_xact_lock(hashtextextended('listings ' || organisation_id, 0))
    )
    delete from listing using oldest join held using (organisation_id)
    where listing.id = oldest.id returning listing.target_id
""")
_TARGETS = text("""
    delete from push_target where id = any(cast(:ids as uuid[]))
        and not exists (select from listing where listing.target_id = push_target.id)
    returning submission_id
""")
_SUBMISSIONS = text("""
    delete from submission
    where id = any(cast(:ids as uuid[])) and begun_at <= statement_timestamp() - cast(:keep as interval)
""")


class SqlOldRecords:
    """See `services.inventory.usecases.ports.OldRecords`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._inbox = Inbox(connection, _CONSUMER)

    async def find_orders(self, keep: timedelta, limit: int) -> list[OrderId]:
        its = reservation.c
        oldest = select(its.order_id).where(_old_order(keep)).order_by(its.updated_at).limit(limit)
        return [OrderId(found) for found in (await self._connection.execute(oldest)).scalars()]

    async def lock_orders(self, orders: Collection[OrderId], keep: timedelta) -> set[OrderId]:
        its = reservation.c
        free = select(its.order_id).where(among(its.order_id, orders), _old_order(keep)).order_by(its.order_id)
        found = await self._connection.execute(free.with_for_update(skip_locked=True))
        return {OrderId(one) for one in found.scalars()}

    async def delete_orders(self, orders: Collection[OrderId]) -> None:
        for table in (reservation_line, reservation):
            await self._connection.execute(delete(table).where(among(table.c.order_id, orders)))
        await self._inbox.forget(_TOPICS, list(orders))

    async def fold_ledger(self, keep: timedelta, limit: int) -> int:
        last = (await self._connection.execute(_LAST, {"keep": keep, "limit": limit})).all()
        if not last:
            return 0
        folded = {"skus": [row.sku_id for row in last], "ids": [row.id for row in last]}
        gone = (await self._connection.execute(_FOLDED, folded)).mappings().all()
        await self._connection.execute(_OPENED, [dict(row) for row in gone if row["is_last"]])
        return len(gone)

    async def delete_listings(self, keep: timedelta, limit: int) -> int:
        gone = (await self._connection.execute(_LISTINGS, {"keep": keep, "limit": limit})).scalars().all()
        told = [target_id for target_id in gone if target_id is not None]
        if told:
            begun = (await self._connection.execute(_TARGETS, {"ids": told})).scalars().all()
            ids = [submission_id for submission_id in begun if submission_id is not None]
            await self._connection.execute(_SUBMISSIONS, {"ids": ids, "keep": keep})
        return len(gone)

    async def delete_imports(self, limit: int) -> int:
        """No index: there are few."""
        oldest = select(stock_import.c.id).where(stock_import.c.made_at <= _NOW - _IMPORT_KEPT).limit(limit)
        locked = oldest.with_for_update(skip_locked=True).cte("oldest")
        gone = delete(stock_import).where(stock_import.c.id.in_(select(locked.c.id)))
        return (await self._connection.execute(gone)).rowcount

    async def delete_connections(self) -> int:
        """Nothing is told for them any more. No index: an installation has some thousand connections."""
        ids = list((await self._connection.execute(_FORGOTTEN.with_for_update(skip_locked=True))).scalars())
        for column in _OF_CONNECTIONS if ids else ():
            await self._connection.execute(delete(column.table).where(among(column, ids)))
        return len(ids)

    async def drop_parked(self, keep: timedelta) -> int:
        return await self._inbox.drop_parked(keep)


def overdue_records(keep: timedelta) -> Select[Any]:
    """How many orders and entries of the ledger should have gone a day ago."""
    its = ledger_entry.c
    orders = select(func.count()).select_from(reservation).where(_old_order(keep + _LATE))
    entries = select(func.count()).select_from(ledger_entry)
    entries = entries.where(its.reason != text(f"'{Reason.OPENING}'"), its.at <= _NOW - (keep + _LATE))
    return select(cast(orders.scalar_subquery() + entries.scalar_subquery(), BigInteger))


def _old_order(keep: timedelta) -> ColumnElement[bool]:
    return reservation.c.updated_at <= _NOW - keep
