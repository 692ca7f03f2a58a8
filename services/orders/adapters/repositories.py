"""Everything of a `Store` but the orders themselves, each bound to one open transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, Uuid, any_, bindparam, case, delete, func, not_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import copies_rows, erasures, progress_rows, rows, tables
from services.orders.domain.connection import Connection
from services.orders.domain.copies import Reservation, Shipments
from services.orders.domain.timeline import Entry
from services.orders.domain.windows import Progress
from services.orders.usecases.ports import RecipientRead, UnreadableRecord
from shared.db.arrays import among
from shared.db.copying import copy_all
from shared.db.upsert import upsert
from shared.events.auth import MAY_WORK
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, new_id

# Made once: to make a statement costs as much as to run it.
_ONE, _MANY = bindparam("one", type_=Uuid), any_(bindparam("many", type_=ARRAY(Uuid)))
_CONNECTION = select(tables.connection).where(tables.connection.c.id == _ONE)
_CONNECTION_LOCKED = _CONNECTION.with_for_update()
_POLLS_LOCKED = (
    select(tables.poll.c.connection_id, tables.poll.c.progress)
    .where(tables.poll.c.connection_id == _MANY)
    .order_by(tables.poll.c.connection_id)
    .with_for_update()
)
_SAVE_POLL = upsert(tables.poll, but=("read_at", "waits_code", "waits_since"))
_POLL_READ = (
    update(tables.poll)
    .where(tables.poll.c.connection_id == _ONE)
    .values(waits_code=None, waits_since=None, read_at=bindparam("now"))
)
_RECORDS_READ = delete(tables.unreadable).where(
    tables.unreadable.c.connection_id == _ONE,
    tables.unreadable.c.record_key == any_(bindparam("keys", type_=ARRAY(Text))),
)


class SqlConnections:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        return await self._one(_CONNECTION, connection_id)

    async def lock(self, connection_id: ConnectionId) -> Connection | None:
        return await self._one(_CONNECTION_LOCKED, connection_id)

    async def of(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        table = tables.connection
        query = select(table).where(among(table.c.id, connection_ids)).order_by(table.c.id).with_for_update()
        found = [rows.connection_of(row) for row in await self._connection.execute(query)]
        return {one.id: one for one in found}

    async def put(self, connections: Sequence[Connection]) -> None:
        if connections:
            values = [rows.connection_values(one) for one in sorted(connections, key=lambda one: one.id)]
            await self._connection.execute(upsert(tables.connection, but=("erase_done_at",)), values)

    async def erased(self, connection_id: ConnectionId, asked_at: datetime) -> None:
        its = tables.connection
        done = update(its).where(its.c.id == connection_id).values(erase_done_at=asked_at)
        await self._connection.execute(done)

    async def _one(self, query: Any, connection_id: ConnectionId) -> Connection | None:
        row = (await self._connection.execute(query, {"one": connection_id})).one_or_none()
        return rows.connection_of(row) if row else None


class SqlPolls:
    """Rows are locked when they are read: what is saved next is made from them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, connection_id: ConnectionId) -> Progress | None:
        return (await self.of([connection_id])).get(connection_id)

    async def of(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Progress]:
        found = await self._connection.execute(_POLLS_LOCKED, {"many": connection_ids})
        return {ConnectionId(row.connection_id): progress_rows.progress_of(row.progress) for row in found}

    async def save(self, connection_id: ConnectionId, progress: Progress, due_at: datetime) -> None:
        told = progress_rows.progress_values(progress)
        values = {"connection_id": connection_id, "due_at": due_at, "progress": told}
        await self._connection.execute(_SAVE_POLL, values)

    async def waits(self, connection_id: ConnectionId, code: str | None, now: datetime) -> None:
        if code is None:
            await self._connection.execute(_POLL_READ, {"one": connection_id, "now": now})
            return
        table = tables.poll
        since = case((table.c.waits_code == code, table.c.waits_since), else_=now)
        waiting = update(table).where(table.c.connection_id == connection_id)
        await self._connection.execute(waiting.values(waits_code=code, waits_since=since))


class SqlUnreadableRecords:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, connection: Connection, records: Sequence[UnreadableRecord], now: datetime) -> None:
        if not records:
            return
        table = tables.unreadable
        statement = postgresql.insert(table)
        newer = ("reason", "last_read_at", "erase_after", "data_key", "sealed_raw")
        changed: dict[str, Any] = {name: statement.excluded[name] for name in newer}
        changed["attempts"] = table.c.attempts + 1
        statement = statement.on_conflict_do_update(index_elements=["connection_id", "record_key"], set_=changed)
        await self._connection.execute(statement, [_record_values(connection, record, now) for record in records])

    async def clear(self, connection_id: ConnectionId, keys: Sequence[str]) -> None:
        if keys:
            await self._connection.execute(_RECORDS_READ, {"one": connection_id, "keys": keys})

    async def erase_due(self, connection_id: ConnectionId, limit: int) -> int:
        return await erasures.erase_records(self._connection, connection_id, limit)


class SqlTimeline:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, entries: Sequence[tuple[OrganisationId, OrderId, Entry]]) -> None:
        values = [
            {
                "organisation_id": organisation_id,
                "order_id": order_id,
                "at": entry.at,
                "code": entry.code,
                "facts": entry.facts,
            }
            for organisation_id, order_id, entry in entries
        ]
        await copy_all(self._connection, tables.timeline, values)


class SqlCopies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def reservations(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Reservation]:
        table = tables.reservation
        found = await self._connection.execute(select(table).where(among(table.c.order_id, order_ids)))
        return {OrderId(row.order_id): copies_rows.reservation_of(row) for row in found}

    async def shipments(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Shipments]:
        table = tables.shipments
        found = await self._connection.execute(select(table).where(among(table.c.order_id, order_ids)))
        return {OrderId(row.order_id): copies_rows.shipments_of(row) for row in found}

    async def put_reservations(self, reservations: Sequence[Reservation]) -> None:
        if reservations:
            values = [copies_rows.reservation_values(one) for one in reservations]
            await self._connection.execute(upsert(tables.reservation), values)

    async def put_shipments(self, shipments: Sequence[Shipments]) -> None:
        if shipments:
            await self._connection.execute(
                upsert(tables.shipments), [copies_rows.shipments_values(one) for one in shipments]
            )


class SqlRecipientReads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, reads: Sequence[RecipientRead]) -> None:
        values = [
            {
                "id": new_id(),
                "organisation_id": read.organisation_id,
                "order_id": read.order_id,
                "at": read.at,
                "user_id": read.user_id,
                "service": read.service,
                "destination": read.destination,
            }
            for read in reads
        ]
        await copy_all(self._connection, tables.recipient_read, values)


def due_connections() -> Any:
    """What the claim of kind `poll` is asked for: active connections with something to read now."""
    joined = tables.poll.join(tables.connection, tables.connection.c.id == tables.poll.c.connection_id)
    return (
        select(
            tables.poll.c.connection_id.label("subject"),
            tables.connection.c.marketplace.label("far_side"),
            tables.poll.c.due_at,
        )
        .select_from(joined)
        .where(
            tables.connection.c.state.in_(MAY_WORK),
            not_(erasures.ERASING),
            tables.poll.c.due_at <= func.statement_timestamp(),
        )
    )


def _record_values(connection: Connection, record: UnreadableRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organisation_id": connection.organisation_id,
        "connection_id": connection.id,
        "record_key": record.key,
        "marketplace_order_id": record.marketplace_order_id,
        "reason": record.reason,
        "attempts": 1,
        "first_read_at": now,
        "last_read_at": now,
        "erase_after": record.erase_after,
        "data_key": record.data_key,
        "sealed_raw": record.raw,
    }
