"""Whose buyer must be forgotten by now: at the order's time, or all of a connection, where its seller wants that."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    Uuid,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from services.labels.adapters.tables import connection, fulfilment

_NOW = func.statement_timestamp()
_LATE = timedelta(hours=1)
_ONE = bindparam("one", type_=Uuid)
_KEPT = fulfilment.c.erased_at.is_(None)
_MINE = fulfilment.c.connection_id == connection.c.connection_id

# Its seller wants all of it erased, and that is not done yet.
ERASING = and_(
    connection.c.erase_asked_at.is_not(None),
    or_(connection.c.erase_done_at.is_(None), connection.c.erase_done_at < connection.c.erase_asked_at),
)


def due_erasures() -> Select[Any]:
    """
    Connections with an order whose time is over, or whose seller wants it gone, whatever their state: no far side is
    called.

    One look into the index for each connection, so that it takes as long however much is kept or due.
    """
    first = select(fulfilment.c.erase_after.label("due_at")).where(_MINE, _KEPT, fulfilment.c.erase_after <= _NOW)
    oldest = first.order_by(fulfilment.c.erase_after).limit(1).lateral("oldest")
    orders = select(connection.c.connection_id.label("subject"), oldest.c.due_at).join(oldest, true())
    wanted = select(connection.c.connection_id.label("subject"), connection.c.erase_asked_at.label("due_at"))
    due = union_all(orders, wanted.where(ERASING)).subquery("erasures")
    return select(due.c.subject, literal("").label("far_side"), due.c.due_at)


def overdue_erasures() -> Select[Any]:
    """How many orders labels should have forgotten the buyer of an hour ago, and wishes of sellers as old."""
    late = (
        select(func.count().label("late")).where(_MINE, _KEPT, fulfilment.c.erase_after <= _NOW - _LATE).lateral("late")
    )
    orders = select(func.coalesce(func.sum(late.c.late), 0)).select_from(connection.join(late, true()))
    wishes = select(func.count()).select_from(connection).where(ERASING, connection.c.erase_asked_at <= _NOW - _LATE)
    return select(cast(orders.scalar_subquery() + wishes.scalar_subquery(), BigInteger))


def to_erase(limit: int) -> Select[Any]:
    """Orders of connection `one`, longest due first."""
    wished = exists().where(connection.c.connection_id == _ONE, ERASING)
    due = select(fulfilment).where(
        fulfilment.c.connection_id == _ONE, _KEPT, or_(fulfilment.c.erase_after <= _NOW, wished)
    )
    return due.order_by(fulfilment.c.erase_after).limit(limit)
