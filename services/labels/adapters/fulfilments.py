"""Orders with their shipments, in PostgreSQL. Whoever changes one locks its row first, several in id order."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Table,
    bindparam,
    func,
    null,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.labels.adapters import rows
from services.labels.adapters.erasures import to_erase
from services.labels.adapters.tables import fulfilment, shipment, write_back
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.shipment import Shipment, Told
from services.labels.usecases.ports import DueLabel, DueWriteBack, OrderNews, ReservationNews

_TOLD_BY_ORDERS = (
    "connection_id", "channel_id", "marketplace_order_id", "order_state", "erase_after", "updated_at",
)  # fmt: skip
_OPEN = text("state in ('planned', 'label_pending')")
_UNSENT = write_back.c.state.in_((Told.OWED.value, Told.TO_HAND_OVER.value))


class SqlFulfilments:
    """Implements `usecases.ports.Fulfilments` on one open transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hear_orders(self, news: Sequence[OrderNews]) -> None:
        heard = [
            {
                "order_id": one.order_id,
                "organisation_id": one.organisation_id,
                "connection_id": one.order.connection_id,
                "channel_id": one.order.channel_id,
                "marketplace_order_id": one.order.marketplace_order_id,
                "order_state": rows.order_json(one.order),
                "erase_after": one.order.erase_after,
                "updated_at": one.updated_at,
            }
            for one in sorted(news, key=lambda one: one.order_id)
        ]
        await self._upsert(heard, _TOLD_BY_ORDERS)

    async def hear_reservations(self, news: Sequence[ReservationNews]) -> None:
        heard = [
            {
                "order_id": one.order_id,
                "organisation_id": one.organisation_id,
                "reservation": rows.reservation_json(one.reservation),
                "updated_at": one.heard_at,
            }
            for one in sorted(news, key=lambda one: one.order_id)
        ]
        await self._upsert(heard, ("reservation",))

    async def known(self, order_ids: Sequence[UUID]) -> set[UUID]:
        its = fulfilment.c
        told = select(its.order_id).where(its.order_id.in_(order_ids), its.connection_id.is_not(None))
        return set((await self._connection.execute(told)).scalars())

    async def lock(self, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        return await self._load(_among(order_ids).order_by(fulfilment.c.order_id).with_for_update())

    async def lock_own(self, organisation_id: UUID, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        own = select(fulfilment).where(
            fulfilment.c.order_id.in_(order_ids), fulfilment.c.organisation_id == organisation_id
        )
        return await self._load(own.order_by(fulfilment.c.order_id).with_for_update())

    async def read(self, order_ids: Sequence[UUID]) -> list[Fulfilment]:
        return await self._load(_among(order_ids).order_by(fulfilment.c.order_id))

    async def lock_to_replan(self, limit: int) -> list[Fulfilment]:
        due = select(fulfilment).where(fulfilment.c.replan_at <= func.statement_timestamp())
        due = due.order_by(fulfilment.c.replan_at).limit(limit).with_for_update(skip_locked=True)
        return await self._load(due)

    async def lock_to_erase(self, connection_id: UUID, limit: int) -> list[Fulfilment]:
        due = to_erase(limit).params(one=connection_id)
        return await self._load(due.with_for_update(of=fulfilment))

    async def due_to_replan(self, limit: int) -> list[UUID]:
        due = select(fulfilment.c.order_id).where(fulfilment.c.replan_at <= func.statement_timestamp())
        return list((await self._connection.execute(due.order_by(fulfilment.c.replan_at).limit(limit))).scalars())

    async def postpone_replan(self, order_id: UUID, seconds: float) -> None:
        await self._postpone(fulfilment.c.replan_at, fulfilment.c.order_id == order_id, seconds)

    async def orders_of(self, organisation_id: UUID, shipment_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        own = select(shipment.c.shipment_id, shipment.c.order_id).where(
            shipment.c.shipment_id.in_(shipment_ids), shipment.c.organisation_id == organisation_id
        )
        return {row.shipment_id: row.order_id for row in await self._connection.execute(own)}

    async def save(self, changes: Sequence[tuple[Fulfilment, Fulfilment]]) -> None:
        changed = [(before, after) for before, after in changes if before != after]
        parcels = [(one, after) for before, after in changed for one in _new(before, after)]
        await self._put(shipment, "shipment_id", [rows.shipment_row(one, after) for one, after in parcels])
        told = [rows.write_back_row(one.write_back, after) for one, after in parcels if one.write_back]
        await self._put(write_back, "shipment_id", told)
        heads = [_head(after) | {"of": after.order_id} for before, after in changed if _head(before) != _head(after)]
        forgotten = [
            {"of": after.order_id, "order_state": rows.order_json(after.order)}
            for before, after in changed
            if after.order and after.order != before.order
        ]
        row = update(fulfilment).where(fulfilment.c.order_id == bindparam("of"))
        for values in (heads, forgotten):
            if values:
                await self._connection.execute(row, values)

    async def replan_channel(self, connection_id: UUID, channel_id: str) -> None:
        of_channel = (fulfilment.c.connection_id == connection_id) & (fulfilment.c.channel_id == channel_id)
        unsent = select(write_back.c.order_id).where(write_back.c.connection_id == connection_id, _UNSENT)
        await self._replan(select(fulfilment.c.order_id).where(of_channel), unsent)

    async def replan_organisation(self, organisation_id: UUID) -> None:
        order_ids = await self._replan(
            select(fulfilment.c.order_id).where(fulfilment.c.organisation_id == organisation_id)
        )
        forgotten = update(shipment).where(shipment.c.order_id.in_(order_ids), _OPEN)
        await self._connection.execute(forgotten.values(problem=null(), problem_detail=null(), problem_version=null()))

    async def due_labels(self, connection_id: UUID, limit: int) -> list[DueLabel]:
        due = select(
            shipment.c.order_id, shipment.c.shipment_id, shipment.c.organisation_id, shipment.c.destination
        ).where(shipment.c.connection_id == connection_id, shipment.c.label_due_at <= func.statement_timestamp())
        found = await self._connection.execute(due.order_by(shipment.c.label_due_at).limit(limit))
        return [DueLabel(*row) for row in found]

    async def due_write_backs(self, connection_id: UUID, limit: int) -> list[DueWriteBack]:
        due = (
            select(
                write_back.c.order_id,
                write_back.c.shipment_id,
                fulfilment.c.marketplace_order_id,
                write_back.c.state,
                write_back.c.due_at,
            )
            .join(fulfilment, fulfilment.c.order_id == write_back.c.order_id)
            .where(write_back.c.connection_id == connection_id, write_back.c.due_at <= func.statement_timestamp())
        )
        found = await self._connection.execute(due.order_by(write_back.c.due_at).limit(limit))
        return [DueWriteBack(row[0], row[1], row[2], Told(row.state), row.due_at) for row in found]

    async def postpone_label(self, shipment_id: UUID, seconds: float) -> None:
        await self._postpone(shipment.c.label_due_at, shipment.c.shipment_id == shipment_id, seconds)

    async def postpone_write_back(self, shipment_id: UUID, seconds: float) -> None:
        await self._postpone(write_back.c.due_at, write_back.c.shipment_id == shipment_id, seconds)

    async def postpone_reads(self, connection_id: UUID, seconds: float) -> None:
        reads = (write_back.c.connection_id == connection_id) & (write_back.c.state == Told.SENT.value)
        await self._postpone(write_back.c.due_at, reads, seconds)

    async def _postpone(self, due_at: Column[Any], which: ColumnElement[bool], seconds: float) -> None:
        """Touches due rows only: whoever changes one meanwhile under its order's lock has the last word."""
        row = update(due_at.table).where(which, due_at <= func.statement_timestamp())
        await self._connection.execute(row.values({due_at: func.clock_timestamp() + timedelta(seconds=seconds)}))

    async def _replan(self, orders: Select[Any], *others: Select[Any]) -> list[UUID]:
        """Marks those with open shipments, and those that are among `others`, locking them in id order."""
        with_open = union_all(select(shipment.c.order_id).where(_OPEN), *others)
        marked = orders.where(fulfilment.c.order_id.in_(with_open)).order_by(fulfilment.c.order_id).with_for_update()
        order_ids = list((await self._connection.execute(marked)).scalars())
        due = update(fulfilment).where(fulfilment.c.order_id.in_(order_ids))
        await self._connection.execute(due.values(replan_at=func.clock_timestamp()))
        return order_ids

    async def _upsert(self, heard: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
        if not heard:
            return
        await self._connection.execute(_put_into(fulfilment, "order_id", columns), heard)

    async def _put(self, table: Any, key: str, values: list[dict[str, Any]]) -> None:
        if not values:
            return
        columns = tuple(name for name in values[0] if name != key)
        await self._connection.execute(_put_into(table, key, columns), values)

    async def _load(self, wanted: Select[Any]) -> list[Fulfilment]:
        heads = list((await self._connection.execute(wanted)).mappings())
        parcels = await self._shipments([head["order_id"] for head in heads])
        return [rows.fulfilment(head, parcels.get(head["order_id"], ())) for head in heads]

    async def _shipments(self, order_ids: list[UUID]) -> dict[UUID, tuple[Shipment, ...]]:
        if not order_ids:
            return {}
        told = await self._connection.execute(select(write_back).where(write_back.c.order_id.in_(order_ids)))
        write_backs = {row["shipment_id"]: rows.write_back(row) for row in told.mappings()}
        wanted = select(shipment).where(shipment.c.order_id.in_(order_ids))
        wanted = wanted.order_by(shipment.c.order_id, shipment.c.planned_at, shipment.c.shipment_id)
        found = (await self._connection.execute(wanted)).mappings()
        return {
            order_id: tuple(rows.shipment(row, write_backs.get(row["shipment_id"])) for row in group)
            for order_id, group in groupby(found, key=_order_id)
        }


@cache
def _put_into(table: Table, key: str, columns: tuple[str, ...]) -> Insert:
    """New rows, or these columns of the rows there are. Made once: to make it takes longer than to run it."""
    row = insert(table)
    return row.on_conflict_do_update(index_elements=[key], set_={column: row.excluded[column] for column in columns})


def _among(order_ids: Sequence[UUID]) -> Select[Any]:
    return select(fulfilment).where(fulfilment.c.order_id.in_(order_ids))


def _order_id(row: RowMapping) -> UUID:
    order_id: UUID = row["order_id"]
    return order_id


def _new(before: Fulfilment, after: Fulfilment) -> list[Shipment]:
    return [one for one in after.shipments if one not in before.shipments]


def _head(one: Fulfilment) -> dict[str, Any]:
    return {
        "event_sequence": one.event_sequence,
        "person_decides": one.person_decides,
        "replan_at": one.replan_at,
        "erased_at": one.erased_at,
    }
