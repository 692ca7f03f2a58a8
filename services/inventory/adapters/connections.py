"""Our copies of connections, and how far the listings of each have been read, over one open transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import connection, discovery
from services.inventory.domain.connection import Connection
from services.inventory.domain.discovery import Discovery, Pass
from shared.db.arrays import among
from shared.db.upsert import upsert
from shared.kernel.ids import ConnectionId, OrganisationId


class SqlConnections:
    def __init__(self, open_connection: AsyncConnection) -> None:
        self._connection = open_connection

    async def get(self, connection_id: ConnectionId) -> Connection | None:
        row = (await self._connection.execute(select(connection).where(connection.c.id == connection_id))).one_or_none()
        return _connection_of(row) if row else None

    async def lock(self, connection_ids: Collection[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        query = select(connection).where(among(connection.c.id, connection_ids)).order_by(connection.c.id)
        found = [_connection_of(row) for row in await self._connection.execute(query.with_for_update())]
        return {one.id: one for one in found}

    async def put(self, connections: Sequence[Connection]) -> None:
        if connections:
            values = [asdict(one) | {"channels": list(one.channels)} for one in connections]
            values.sort(key=lambda one: str(one["id"]))
            await self._connection.execute(upsert(connection), values)


class SqlDiscoveries:
    def __init__(self, open_connection: AsyncConnection) -> None:
        self._connection = open_connection

    async def lock(self, connection_id: ConnectionId) -> Discovery | None:
        query = select(discovery).where(discovery.c.connection_id == connection_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return discovery_of(row) if row else None

    async def save(self, connection_id: ConnectionId, saved: Discovery) -> None:
        values = {
            "connection_id": connection_id,
            "due_at": saved.due_at,
            "current": None if saved.current is None else _pass_values(saved.current),
            "read_at": saved.read_at,
            "unreadable": saved.unreadable,
            "waits_code": saved.waits_code,
            "waits_since": saved.waits_since,
            "weights": saved.weights,
        }
        await self._connection.execute(upsert(discovery), values)


def discovery_of(row: Row[Any]) -> Discovery:
    return Discovery(
        due_at=row.due_at,
        current=None if row.current is None else _pass_of(row.current),
        read_at=row.read_at,
        unreadable=row.unreadable,
        waits_code=row.waits_code,
        waits_since=row.waits_since,
        weights=row.weights,
    )


def _connection_of(row: Row[Any]) -> Connection:
    return Connection(
        id=ConnectionId(row.id),
        organisation_id=OrganisationId(row.organisation_id),
        marketplace=row.marketplace,
        region=row.region,
        seller_id=row.seller_id,
        name=row.name,
        state=row.state,
        consent_version=row.consent_version,
        channels=tuple(row.channels),
    )


def _pass_values(current: Pass) -> dict[str, Any]:
    lists = {"channels": list(current.channels), "skipped": list(current.skipped)}
    return asdict(current) | lists | {"started_at": current.started_at.isoformat()}


def _pass_of(told: dict[str, Any]) -> Pass:
    return Pass(
        started_at=datetime.fromisoformat(told["started_at"]),
        channels=tuple(told["channels"]),
        page_token=told["page_token"],
        skipped=tuple(told["skipped"]),
        unreadable=told["unreadable"],
        restarts=told["restarts"],
    )
