"""Listings over one open transaction."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import listing
from services.inventory.domain.listing import Key, Listing, MappedBy
from services.inventory.usecases.ports import SkuName
from shared.db.arrays import among, rows_of
from shared.db.upsert import upsert
from shared.kernel.ids import ConnectionId, OrganisationId, SkuId

_NAMES = [field.name for field in fields(Listing)]
_KEY = [listing.c.connection_id, listing.c.sku]
# One at a time, in one order; a lock of the transaction, of no row: there may be none yet.
_LOCK = text(
    "select pg_advisory_xact_lock(hashtextextended('listings ' || one, 0)) "
    "from unnest(cast(:organisations as text[])) as one"
)


class SqlListings:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, organisation_ids: Collection[OrganisationId]) -> None:
        await lock_listings(self._connection, organisation_ids)

    async def of_keys(self, keys: Collection[Key]) -> list[Listing]:
        given = rows_of(_KEY, keys)
        same = (listing.c.connection_id == given.c.connection_id) & (listing.c.sku == given.c.sku)
        return await self._listings(select(listing).join(given, same))

    async def of_ids(self, organisation_id: OrganisationId, ids: Collection[UUID]) -> list[Listing]:
        mine = select(listing).where(listing.c.organisation_id == organisation_id)
        return await self._listings(mine.where(among(listing.c.id, ids)))

    async def of_skus(self, sku_ids: Collection[SkuId]) -> list[Listing]:
        return await self._listings(select(listing).where(among(listing.c.sku_id, sku_ids)))

    async def unmapped(self, names: Collection[SkuName]) -> list[Listing]:
        given = rows_of([listing.c.organisation_id, listing.c.sku], (_Named(*name) for name in names))
        same = (listing.c.organisation_id == given.c.organisation_id) & (listing.c.sku == given.c.sku)
        free = listing.c.sku_id.is_(None) & listing.c.mapped_by.is_(None)
        return await self._listings(select(listing).join(given, same).where(free))

    async def unseen(self, connection_id: ConnectionId, since: datetime, but: Collection[str]) -> list[Listing]:
        old = _of(connection_id).where(listing.c.seen_at < since, listing.c.channel_id.not_in(list(but)))
        return await self._listings(old)

    async def beside(self, connection_id: ConnectionId, channels: Collection[str]) -> list[Listing]:
        return await self._listings(_of(connection_id).where(listing.c.channel_id.not_in(list(channels))))

    async def save(self, listings: Sequence[Listing]) -> None:
        if listings:
            values = [{name: getattr(one, name) for name in _NAMES} for one in listings]
            await self._connection.execute(upsert(listing), values)

    async def _listings(self, query: Select[Any]) -> list[Listing]:
        return [listing_of(row) for row in await self._connection.execute(query)]


class _Named:
    """A name with the columns' names for attributes."""

    def __init__(self, organisation_id: OrganisationId, code: str) -> None:
        self.organisation_id = organisation_id
        self.sku = code


async def lock_listings(connection: AsyncConnection, organisation_ids: Collection[OrganisationId]) -> None:
    """Until the end of the transaction nobody else changes listings of these organisations."""
    if organisation_ids:
        await connection.execute(_LOCK, {"organisations": sorted({str(one) for one in organisation_ids})})


def listing_of(row: Row[Any]) -> Listing:
    values = {name: getattr(row, name) for name in _NAMES}
    return Listing(**values | {"mapped_by": MappedBy(row.mapped_by) if row.mapped_by else None})


def _of(connection_id: ConnectionId) -> Select[Any]:
    return select(listing).where(listing.c.connection_id == connection_id, listing.c.gone_at.is_(None))
