"""Personal data whose time is over: which it is, and its destruction; over one open transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Select,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import tables
from services.orders.domain.order import Order
from shared.db.arrays import among, rows_of
from shared.kernel.ids import ConnectionId

_ORDER, _RECORD, _TIMELINE, _ANSWER = tables.order, tables.unreadable, tables.timeline, tables.acceptance
_CONNECTION = tables.connection
_NOW = func.statement_timestamp()
_ONE = bindparam("one", type_=Uuid)
_LATE, _WEEK = timedelta(hours=1), timedelta(days=7)
_COLUMNS = (
    column("id", Uuid()),
    column("erased_at", DateTime(timezone=True)),
    column("event_sequence", BigInteger()),
)

# Its seller wants all of it erased, and that is not done yet.
ERASING = and_(
    _CONNECTION.c.erase_asked_at.is_not(None),
    or_(_CONNECTION.c.erase_done_at.is_(None), _CONNECTION.c.erase_done_at < _CONNECTION.c.erase_asked_at),
)
_ALL = exists().where(_CONNECTION.c.id == _ONE, ERASING)
_KEPT = _ORDER.c.erased_at.is_(None)
# Of connection `one`. Asked once more of rows that were waited for: a reading may have told a later delivery meanwhile.
DUE = and_(_ORDER.c.connection_id == _ONE, _KEPT, or_(_ORDER.c.erase_after <= _NOW, _ALL))
_RECORD_DUE = and_(_RECORD.c.connection_id == _ONE, or_(_RECORD.c.erase_after <= _NOW, _ALL))


def due_erasures() -> Select[Any]:
    """
    What the claim of kind `erase` is asked for: connections with personal data whose time is over, or whose seller
    wants it gone, whatever their state.

    One look into the index for each connection, so that it takes as long however much is kept or due.
    """
    mine = _ORDER.c.connection_id == _CONNECTION.c.id
    first = select(_ORDER.c.erase_after.label("due_at")).where(mine, _KEPT, _ORDER.c.erase_after <= _NOW)
    oldest = first.order_by(_ORDER.c.erase_after).limit(1).lateral("oldest")
    orders = select(_CONNECTION.c.id.label("subject"), oldest.c.due_at).join(oldest, true())
    records = select(_RECORD.c.connection_id.label("subject"), _RECORD.c.erase_after.label("due_at"))
    wanted = select(_CONNECTION.c.id.label("subject"), _CONNECTION.c.erase_asked_at.label("due_at"))
    due = union_all(orders, records.where(_RECORD.c.erase_after <= _NOW), wanted.where(ERASING)).subquery("erasures")
    return select(due.c.subject, literal("").label("far_side"), due.c.due_at)


def overdue_erasures() -> Select[Any]:
    """How many orders and records should have been erased an hour ago, and wishes of sellers as old."""
    mine = _ORDER.c.connection_id == _CONNECTION.c.id
    late = select(func.count().label("late")).where(mine, _KEPT, _ORDER.c.erase_after <= _NOW - _LATE).lateral("late")
    orders = select(func.coalesce(func.sum(late.c.late), 0)).select_from(_CONNECTION.join(late, true()))
    records = select(func.count()).select_from(_RECORD).where(_RECORD.c.erase_after <= _NOW - _LATE)
    wishes = select(func.count()).select_from(_CONNECTION)
    wishes = wishes.where(ERASING, _CONNECTION.c.erase_asked_at <= _NOW - _LATE)
    counted = orders.scalar_subquery() + records.scalar_subquery() + wishes.scalar_subquery()
    return select(cast(counted, BigInteger))


def erasures_by_marketplace() -> Select[Any]:
    """
    What an operator is told: orders whose data is kept, of these without a known end, due within a week, due now; and
    orders that were erased.
    """
    due = _ORDER.c.erase_after
    return (
        select(
            _ORDER.c.marketplace,
            func.count().filter(_KEPT).label("kept"),
            func.count().filter(_KEPT, due.is_(None)).label("no_end_known"),
            func.count().filter(_KEPT, due <= _NOW + _WEEK).label("due_within_a_week"),
            func.count().filter(_KEPT, due <= _NOW).label("due"),
            func.count().filter(_ORDER.c.erased_at.is_not(None)).label("erased"),
        )
        .group_by(_ORDER.c.marketplace)
        .order_by(_ORDER.c.marketplace)
    )


def orders_due(limit: int) -> Select[Any]:
    """Ids of the orders of connection `one` that are to be erased, longest due first."""
    return select(_ORDER.c.id).where(DUE).order_by(_ORDER.c.erase_after).limit(limit)


async def erase_orders(connection: AsyncConnection, erased: Sequence[Order]) -> None:
    """
    Data keys, what they sealed, digests, and what marketplaces wrote in their own words: those may quote anything.

    The orders' rows are locked.
    """
    if not erased:
        return
    told = rows_of(_COLUMNS, erased)
    gone = {name: null() for name in ("data_key", "sealed_personal", "sealed_raw", "recipient_digest")}
    changed = {"erased_at": told.c.erased_at, "event_sequence": told.c.event_sequence, "content_digest": ""}
    await connection.execute(update(_ORDER).where(_ORDER.c.id == told.c.id).values(gone | changed))
    ids = [order.id for order in erased]
    await connection.execute(update(_ANSWER).where(among(_ANSWER.c.order_id, ids)).values(reason_detail=null()))
    quoting = update(_TIMELINE).where(among(_TIMELINE.c.order_id, ids), _TIMELINE.c.facts.has_key("detail"))
    await connection.execute(quoting.values(facts=_TIMELINE.c.facts.delete_path(["detail"])))


async def erase_records(connection: AsyncConnection, connection_id: ConnectionId, limit: int) -> int:
    """Records of the connection that could not be read; how many went."""
    due = select(_RECORD.c.id).where(_RECORD_DUE).order_by(_RECORD.c.erase_after).limit(limit)
    # Read again meanwhile, it is another: the condition is asked once more of the row as it is then.
    gone = delete(_RECORD).where(_RECORD.c.id.in_(due), _RECORD_DUE).returning(_RECORD.c.id)
    return len((await connection.execute(gone, {"one": connection_id})).all())
