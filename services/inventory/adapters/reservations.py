"""Reservations and their lines, over one open transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Uuid, column, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import reservation, reservation_line, sku
from services.inventory.domain.line import Line
from services.inventory.domain.reservation import Reservation
from shared.db.arrays import among, rows_of
from shared.events.inventory import ReservedLineV1
from shared.kernel.ids import OrderId, OrganisationId, SkuId

_LINE = [reservation_line.c[field.name] for field in fields(Line)]
_SHORT = reservation_line.c.wanted - reservation_line.c.reserved
# See `Sku.weighs`.
_WEIGHS = func.coalesce(sku.c.weight_grams, sku.c.listed_weight_grams).label("weight_grams")
_HEAD = list(reservation.columns)
_WISH = [column("sku_id", Uuid), column("units", Integer)]


class _Wish(NamedTuple):
    sku_id: SkuId
    units: int


class SqlLines:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sku_ids(self, orders: Collection[OrderId]) -> set[SkuId]:
        query = select(reservation_line.c.sku_id).where(among(reservation_line.c.order_id, orders))
        known = query.where(reservation_line.c.sku_id.is_not(None)).distinct()
        return {SkuId(found) for found in (await self._connection.execute(known)).scalars()}

    async def of_orders(self, orders: Collection[OrderId]) -> list[Line]:
        query = select(*_LINE).where(among(reservation_line.c.order_id, orders)).order_by(reservation_line.c.line_id)
        return [Line(**row) for row in (await self._connection.execute(query)).mappings()]

    async def to_serve(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        urgent_first = (reservation_line.c.ship_by.asc().nulls_last(), reservation_line.c.line_id.asc())
        return await self._covering(units, beside, _SHORT, urgent_first)

    async def to_withdraw(self, units: Mapping[SkuId, int], beside: Collection[OrderId]) -> list[Line]:
        urgent_last = (reservation_line.c.ship_by.desc().nulls_first(), reservation_line.c.line_id.desc())
        return await self._covering(units, beside, reservation_line.c.reserved, urgent_last)

    async def orders_waiting_for(self, skus: Collection[SkuId]) -> set[OrderId]:
        waiting = select(reservation_line.c.order_id).where(
            among(reservation_line.c.sku_id, skus), reservation_line.c.wanted > 0
        )
        return {OrderId(found) for found in (await self._connection.execute(waiting.distinct())).scalars()}

    async def save(self, lines: Sequence[Line]) -> None:
        if not lines:
            return
        given = rows_of([*_LINE, reservation_line.c.wanted], lines)
        saving = insert(reservation_line).from_select(list(given.c.keys()), select(*given.c))
        values = {name: saving.excluded[name] for name in given.c.keys() if name != "line_id"}  # noqa: SIM118
        await self._connection.execute(saving.on_conflict_do_update(index_elements=["line_id"], set_=values))

    async def described(self, orders: Collection[OrderId]) -> Mapping[OrderId, Sequence[ReservedLineV1]]:
        """A line the order no longer has (nothing ordered) is not told of."""
        query = (
            select(reservation_line, _SHORT.label("short"), sku.c.code, sku.c.tracked, _WEIGHS)
            .outerjoin(sku, sku.c.id == reservation_line.c.sku_id)
            .where(among(reservation_line.c.order_id, orders), reservation_line.c.ordered > 0)
            .order_by(reservation_line.c.line_id)
        )
        told: dict[OrderId, list[ReservedLineV1]] = {}
        for row in (await self._connection.execute(query)).mappings():
            line = ReservedLineV1.model_validate({**row, "sku": row["code"] or "", "tracked": bool(row["tracked"])})
            told.setdefault(OrderId(row["order_id"]), []).append(line)
        return told

    async def _covering(
        self,
        units: Mapping[SkuId, int],
        beside: Collection[OrderId],
        amount: ColumnElement[int],
        order: tuple[ColumnElement[Any], ...],
    ) -> list[Line]:
        """Per SKU, as many lines in this order as it takes until their amounts reach `units`."""
        wishes = rows_of(_WISH, (_Wish(*wish) for wish in units.items()))
        up_to_here = func.sum(amount).over(partition_by=reservation_line.c.sku_id, order_by=order)
        candidates = (
            select(*_LINE, (up_to_here - amount).label("before"), wishes.c.units)
            .join(wishes, wishes.c.sku_id == reservation_line.c.sku_id)
            .where(reservation_line.c.wanted > 0, amount > 0, ~among(reservation_line.c.order_id, beside))
            .subquery()
        )
        names = [one.name for one in _LINE]
        query = select(*(candidates.c[name] for name in names)).where(candidates.c.before < candidates.c.units)
        return [Line(**row) for row in (await self._connection.execute(query)).mappings()]


class SqlReservations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, orders: Collection[OrderId]) -> set[OrderId]:
        told = select(reservation.c.order_id).where(
            among(reservation.c.order_id, orders), reservation.c.order_version.is_not(None)
        )
        return {OrderId(found) for found in (await self._connection.execute(told)).scalars()}

    async def lock(
        self, new: Mapping[OrderId, OrganisationId], known: Collection[OrderId], now: datetime
    ) -> list[Reservation]:
        if new:
            await self._make(new, now)
        orders = {*new, *known}
        if not orders:
            return []
        locking = select(*_HEAD).where(among(reservation.c.order_id, orders)).order_by(reservation.c.order_id)
        return [Reservation(**row) for row in (await self._connection.execute(locking.with_for_update())).mappings()]

    async def save(self, reservations: Sequence[Reservation]) -> None:
        if not reservations:
            return
        given = rows_of(_HEAD, reservations)
        values = {one.name: given.c[one.name] for one in _HEAD if not one.primary_key}
        await self._connection.execute(
            update(reservation).where(reservation.c.order_id == given.c.order_id).values(values)
        )

    async def _make(self, new: Mapping[OrderId, OrganisationId], now: datetime) -> None:
        columns = [reservation.c.order_id, reservation.c.organisation_id, reservation.c.updated_at]
        given = rows_of(columns, (Reservation(order_id, new[order_id], now) for order_id in sorted(new)))
        making = insert(reservation).from_select(list(given.c.keys()), select(*given.c).order_by(given.c.order_id))
        await self._connection.execute(making.on_conflict_do_nothing(index_elements=["order_id"]))
