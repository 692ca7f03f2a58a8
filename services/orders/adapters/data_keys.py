"""Wrapped data keys, over one open transaction: those that are not yet under the newest key-encryption key."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import tables
from services.orders.adapters.rows import Row
from services.orders.usecases.ports import KeyWrapping, order_context, record_context

_BATCH = 500


class SqlDataKeys:
    """See `services.orders.usecases.ports.DataKeys`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rewrap_orders(self, after: UUID | None, wrapping: KeyWrapping) -> UUID | None:
        return await self._rewrap(tables.order, (), lambda row: order_context(row.id), after, wrapping)

    async def rewrap_unreadable(self, after: UUID | None, wrapping: KeyWrapping) -> UUID | None:
        its = tables.unreadable
        named = (its.c.connection_id, its.c.record_key)
        return await self._rewrap(
            its, named, lambda row: record_context(row.connection_id, row.record_key), after, wrapping
        )

    async def count(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for its in (tables.order, tables.unreadable):
            # The format, the length of the key-encryption key's id, and that id.
            kid = func.substr(its.c.data_key, 3, func.get_byte(its.c.data_key, 1))
            query = select(kid, func.count()).where(func.length(its.c.data_key) > 2).group_by(kid)
            for name, number in await self._connection.execute(query):
                found[name.decode("utf-8", "replace")] += number
        return found

    async def _rewrap(
        self,
        its: Table,
        named: tuple[Any, ...],
        context_of: Callable[[Row], bytes],
        after: UUID | None,
        wrapping: KeyWrapping,
    ) -> UUID | None:
        """A key that somebody replaces meanwhile (a record read again) is theirs: it is new."""
        older = func.substr(its.c.data_key, 1, len(wrapping.newest)) != wrapping.newest
        query = select(its.c.id, its.c.data_key, *named).where(older).order_by(its.c.id).limit(_BATCH)
        rows = list(await self._connection.execute(query.where(its.c.id > after) if after else query))
        for row in rows:
            renewed = wrapping.rewrap(row.data_key, context_of(row))
            if renewed is not None:
                same = (its.c.id == row.id, its.c.data_key == row.data_key)
                await self._connection.execute(update(its).where(*same).values(data_key=renewed))
        return rows[-1].id if len(rows) == _BATCH else None
