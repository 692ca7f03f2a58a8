"""What channels are told of stock, over one open transaction."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import listing, target
from services.inventory.domain.listing import Key
from services.inventory.domain.target import State, Target
from services.inventory.usecases.ports import DueTarget
from shared.db.arrays import among, rows_of
from shared.kernel.ids import ConnectionId, SkuId

_NAMES = [field.name for field in fields(Target)]
_COLUMNS = [target.c[name] for name in _NAMES]
_KEY = [target.c.connection_id, target.c.sku]


class SqlTargets:
    """Rows are locked when they are read: what is saved next is made from them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Target]:
        return await self._locked(select(*_COLUMNS).where(among(target.c.sku_id, sku_ids)))

    async def of_ids(self, ids: Collection[UUID]) -> list[Target]:
        return await self._locked(select(*_COLUMNS).where(among(target.c.id, ids)))

    async def of_keys(self, keys: Collection[Key]) -> list[Target]:
        given = rows_of(_KEY, keys)
        same = (target.c.connection_id == given.c.connection_id) & (target.c.sku == given.c.sku)
        return await self._locked(select(*_COLUMNS).join(given, same))

    async def sku_ids(self, ids: Collection[UUID]) -> set[SkuId]:
        query = select(target.c.sku_id).where(among(target.c.id, ids)).distinct()
        return {SkuId(found) for found in (await self._connection.execute(query)).scalars()}

    async def due_channels(self, connection_id: ConnectionId, zero_until: datetime, until: datetime) -> list[str]:
        query = select(target.c.channel_id).where(_due(connection_id, zero_until, until)).distinct()
        return sorted((await self._connection.execute(query)).scalars())

    async def due(
        self, connection_id: ConnectionId, channel_id: str, zero_until: datetime, until: datetime, limit: int
    ) -> list[DueTarget]:
        its = and_(
            listing.c.connection_id == target.c.connection_id,
            listing.c.sku == target.c.sku,
            listing.c.channel_id == target.c.channel_id,
        )
        query = (
            select(*_COLUMNS, listing.c.facts)
            .join(listing, its)
            .where(_due(connection_id, zero_until, until), target.c.channel_id == channel_id)
            .order_by((target.c.desired == 0).desc(), target.c.due_at, target.c.id)
            .limit(limit)
            .with_for_update(of=target, skip_locked=True)
        )
        return [DueTarget(target_of(row), row.facts) for row in await self._connection.execute(query)]

    async def save(self, targets: Sequence[Target]) -> None:
        if not targets:
            return
        given = rows_of(_COLUMNS, targets)
        saving = insert(target).from_select(_NAMES, select(*(given.c[name] for name in _NAMES)))
        values = {name: saving.excluded[name] for name in _NAMES if name != "id"}
        await self._connection.execute(saving.on_conflict_do_update(index_elements=["id"], set_=values))

    async def _locked(self, query: Select[Any]) -> list[Target]:
        locking = query.order_by(target.c.id).with_for_update(of=target)
        return [target_of(row) for row in await self._connection.execute(locking)]


def target_of(row: Any) -> Target:
    """Of a row, or of whatever has its columns as attributes."""
    return Target(**{name: getattr(row, name) for name in _NAMES} | {"state": State(row.state)})


def is_due(zero_until: Any, until: Any) -> ColumnElement[bool]:
    """What is sold out does not rest."""
    return or_(target.c.due_at <= until, and_(target.c.desired == 0, target.c.due_at <= zero_until))


def _due(connection_id: ConnectionId, zero_until: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(target.c.connection_id == connection_id, is_due(zero_until, until))
