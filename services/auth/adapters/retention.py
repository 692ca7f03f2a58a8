"""
Connections that were kept for their time after their end, and organisations that were closed: which, and their
deletion; over one open transaction.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.connection import ConnectionState
from services.auth.usecases.retention_ports import Removed
from shared.db.arrays import among
from shared.kernel.ids import ConnectionId, OrganisationId

_ITS, _LEASE = tables.connection, tables.lease
_LAST = (_ITS.c.id, _ITS.c.event_sequence)
_NOW = func.statement_timestamp()
# As far back as the audit log goes, by the same clock.
AUDIT_BEGINS = func.now() - literal_column("interval '12 months'")
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

    async def delete(self, keep: timedelta, limit: int) -> Removed:
        """No index: an installation has some thousand connections."""
        oldest = select(*_LAST).where(_old(keep)).order_by(_ITS.c.ended_at).limit(limit)
        connections = await self._locked(oldest.with_for_update(skip_locked=True))
        for column in (_LEASE.c.subject, _ITS.c.id) if connections else ():
            await self._connection.execute(delete(column.table).where(among(column, list(connections))))
        return Removed((), connections)

    async def delete_closed(self) -> Removed:
        its = tables.organisation.c
        closed = select(its.id).where(its.closed_at < AUDIT_BEGINS).with_for_update(skip_locked=True)
        over = [OrganisationId(each) for each in (await self._connection.execute(closed)).scalars()]
        if not over:
            return Removed((), {})
        theirs = await self._locked(select(*_LAST).where(among(_ITS.c.organisation_id, over)).with_for_update())
        await self._connection.execute(delete(_LEASE).where(among(_LEASE.c.subject, list(theirs))))
        for table in reversed(tables.metadata.sorted_tables):
            for key in table.foreign_keys:
                if key.column is its.id:
                    await self._connection.execute(delete(table).where(among(key.parent, over)))
        await self._connection.execute(delete(tables.organisation).where(among(its.id, over)))
        return Removed(over, theirs)

    async def _locked(self, query: Select[Any]) -> Mapping[ConnectionId, int]:
        return {ConnectionId(row.id): row.event_sequence for row in await self._connection.execute(query)}


def overdue_connections(keep: timedelta) -> Select[Any]:
    """How many should have been deleted a day ago."""
    return select(func.count()).select_from(_ITS).where(_old(keep + _LATE))


def _old(keep: timedelta) -> ColumnElement[bool]:
    # What was to be erased is kept as long from then on: until every service has said that it was.
    since = func.greatest(_ITS.c.ended_at, _ITS.c.erase_asked_at)
    return and_(_ITS.c.state == ConnectionState.DISCONNECTED, since <= _NOW - keep)
