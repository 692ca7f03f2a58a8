"""SKUs and the ledger, over one open transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.listings import lock_listings
from services.inventory.adapters.tables import ledger_entry, sku
from services.inventory.domain.ledger import Entry
from services.inventory.domain.sku import Sku
from services.inventory.usecases.ports import SkuName
from shared.db.arrays import among, rows_of
from shared.kernel.ids import OrganisationId, SkuId, new_id

_NAME = [sku.c.organisation_id, sku.c.code]
_ENTRY = [one for one in ledger_entry.columns if not one.primary_key]
_SAVED = [
    sku.c.weight_grams,
    sku.c.tracked,
    sku.c.on_hand,
    sku.c.reserved,
    sku.c.short,
    sku.c.counted_at,
    sku.c.low_level,
    sku.c.listed_weight_grams,
]


class SqlSkus:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, names: Collection[SkuName], ids: Collection[SkuId], now: datetime) -> list[Sku]:
        """New names are inserted in order of name, before any row is locked; then all are locked in order of id."""
        known = await self.find(names)
        missing = sorted(set(names) - known.keys())
        if missing:
            await lock_listings(self._connection, {name.organisation_id for name in missing})
            await self._make(missing, now)
            known = await self.find(names)
        made = {known[name] for name in missing}
        found = {*ids, *known.values()}
        if not found:
            return []
        locking = select(sku).where(among(sku.c.id, found)).order_by(sku.c.id).with_for_update()
        locked = [sku_of(row) for row in await self._connection.execute(locking)]
        return [replace(one, made=one.id in made) for one in locked]

    async def find(self, names: Collection[SkuName]) -> Mapping[SkuName, SkuId]:
        if not names:
            return {}
        given = rows_of(_NAME, names)
        same = (sku.c.organisation_id == given.c.organisation_id) & (sku.c.code == given.c.code)
        rows = await self._connection.execute(select(sku.c.id, *_NAME).join(given, same))
        return {SkuName(row.organisation_id, row.code): SkuId(row.id) for row in rows}

    async def save(self, skus: Sequence[Sku]) -> None:
        if not skus:
            return
        given = rows_of([sku.c.id, *_SAVED], skus)
        values = {column.name: given.c[column.name] for column in _SAVED}
        await self._connection.execute(update(sku).where(sku.c.id == given.c.id).values(values))

    async def next_sequences(self, ids: Collection[SkuId]) -> Mapping[SkuId, int]:
        raising = update(sku).where(among(sku.c.id, ids)).values(event_sequence=sku.c.event_sequence + 1)
        rows = await self._connection.execute(raising.returning(sku.c.id, sku.c.event_sequence))
        return {SkuId(row.id): row.event_sequence for row in rows}

    async def _make(self, names: Sequence[SkuName], now: datetime) -> None:
        """Untracked: nobody has counted yet."""
        given = rows_of([sku.c.id, *_NAME], (Sku(SkuId(new_id()), *name) for name in names))
        fixed = {"tracked": False, "on_hand": 0, "reserved": 0, "short": 0, "low_level": 0, "created_at": now}
        rows = select(*given.c, *(literal(value, sku.c[name].type) for name, value in fixed.items()))
        rows = rows.order_by(given.c.organisation_id, given.c.code)
        making = insert(sku).from_select([*given.c.keys(), *fixed], rows)
        await self._connection.execute(making.on_conflict_do_nothing(index_elements=_NAME))


class SqlLedger:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        given = rows_of(_ENTRY, (_row(entry) for entry in entries))
        await self._connection.execute(insert(ledger_entry).from_select(list(given.c.keys()), select(*given.c)))


def sku_of(row: Row[Any]) -> Sku:
    return Sku(
        id=SkuId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        code=row.code,
        weight_grams=row.weight_grams,
        tracked=row.tracked,
        on_hand=row.on_hand,
        reserved=row.reserved,
        short=row.short,
        counted_at=row.counted_at,
        low_level=row.low_level,
        listed_weight_grams=row.listed_weight_grams,
    )


def _row(entry: Entry) -> SimpleNamespace:
    told = {field.name: getattr(entry, field.name) for field in fields(Entry)}
    return SimpleNamespace(**told, via=entry.cause.via, user_id=entry.cause.user_id)
