"""Connections that were kept for their time after their end: which, and their deletion; over one open transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.connection import ConnectionState
from shared.db.arrays import among

_ITS, _LEASE = tables.connection, tables.lease
_NOW = func.statement_timestamp()
_LATE = timedelta(days=1)
# Those that ended before this was noted, here or by a process of the version before. The audit log goes back for twelve
# months: of what it does not know any more the end is further back.
_NOTE_ENDS = text("""
    with undated as (
        select id from connection where state = 'disconnected' and ended_at is null limit :limit
        for update skip locked
    )
    update connection set ended_at = coalesce(
        (select max(at) from audit where connection_id = undated.id and action = any(array[
            'connection.disconnected', 'connection.lapsed'])),
        statement_timestamp() - interval '12 months'
    ) from undated where connection.id = undated.id
""")


class SqlOldConnections:
    """See `usecases.retention_ports.OldConnections`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note_ends(self, limit: int) -> None:
        await self._connection.execute(_NOTE_ENDS, {"limit": limit})

    async def delete(self, keep: timedelta, limit: int) -> int:
        """No index: an installation has some thousand connections."""
        oldest = select(_ITS.c.id).where(_old(keep)).order_by(_ITS.c.ended_at).limit(limit)
        ids = list((await self._connection.execute(oldest.with_for_update(skip_locked=True))).scalars())
        for column in (_LEASE.c.subject, _ITS.c.id) if ids else ():
            await self._connection.execute(delete(column.table).where(among(column, ids)))
        return len(ids)


def overdue_connections(keep: timedelta) -> Select[Any]:
    """How many should have been deleted a day ago."""
    return select(func.count()).select_from(_ITS).where(_old(keep + _LATE))


def _old(keep: timedelta) -> ColumnElement[bool]:
    # What was to be erased is kept as long from then on: until every service has said that it was.
    since = func.greatest(_ITS.c.ended_at, _ITS.c.erase_asked_at)
    return and_(_ITS.c.state == ConnectionState.DISCONNECTED, since <= _NOW - keep)
