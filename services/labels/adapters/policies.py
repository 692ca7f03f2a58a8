"""What sellers chose, and the serial numbers drawn from their ranges; connections as auth last told them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.labels.adapters import rows
from services.labels.adapters.erasures import ERASING
from services.labels.adapters.tables import carrier_settings, channel_mode, connection, serial
from services.labels.domain.carrier import CarrierSettings
from services.labels.domain.holds import UNCHOSEN, ChannelMode
from services.labels.usecases.ports import ConnectionCopy, NumbersUsedUp
from shared.db.upsert import upsert

_LOCK = "select {}(hashtextextended(subject::text, 0)) from unnest(cast(:subjects as uuid[])) as subject"
_READ = text(_LOCK.format("pg_advisory_xact_lock_shared"))
_CHANGE = text(_LOCK.format("pg_advisory_xact_lock"))


class SqlConnections:
    """Implements `usecases.ports.Connections` on one open transaction."""

    def __init__(self, open_connection: AsyncConnection) -> None:
        self._connection = open_connection

    async def put(self, copies: Sequence[ConnectionCopy]) -> None:
        values = [rows.connection_row(copy) for copy in sorted(copies, key=lambda copy: copy.connection_id)]
        if values:
            await self._connection.execute(upsert(connection, but=("erase_done_at",)), values)

    async def get(self, connection_id: UUID) -> ConnectionCopy | None:
        found = await self._connection.execute(select(connection).where(connection.c.connection_id == connection_id))
        row = found.mappings().one_or_none()
        return rows.connection(row) if row else None

    async def erasure_wished(self, connection_id: UUID) -> datetime | None:
        wished = select(connection.c.erase_asked_at).where(connection.c.connection_id == connection_id, ERASING)
        asked_at: datetime | None = (await self._connection.execute(wished)).scalar_one_or_none()
        return asked_at

    async def erased(self, connection_id: UUID, asked_at: datetime) -> None:
        done = update(connection).where(connection.c.connection_id == connection_id)
        await self._connection.execute(done.values(erase_done_at=asked_at))


class SqlPolicies:
    """
    Implements `usecases.ports.Policies` on one open transaction.

    Who reads a policy and who changes it exclude each other until they commit: a parcel that is just being planned by
    the old one is invisible to the change, which would never take it up.
    """

    def __init__(self, open_connection: AsyncConnection) -> None:
        self._connection = open_connection

    async def modes(self, connection_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], ChannelMode]:
        await self._lock(_READ, connection_ids)
        chosen = select(channel_mode).where(channel_mode.c.connection_id.in_(set(connection_ids)))
        return rows.channel_modes((await self._connection.execute(chosen)).mappings())

    async def set_mode(self, connection_id: UUID, channel_id: str, choice: Mapping[str, bool], now: datetime) -> None:
        await self._lock(_CHANGE, [connection_id])
        changed = {**choice, "changed_at": now}
        chosen = asdict(UNCHOSEN) | {"connection_id": connection_id, "channel_id": channel_id} | changed
        row = insert(channel_mode).values(chosen)
        await self._connection.execute(
            row.on_conflict_do_update(index_elements=["connection_id", "channel_id"], set_=changed)
        )

    async def carriers(self, organisation_ids: Sequence[UUID]) -> Mapping[UUID, CarrierSettings]:
        await self._lock(_READ, organisation_ids)
        found = await self._connection.execute(
            select(carrier_settings).where(carrier_settings.c.organisation_id.in_(set(organisation_ids)))
        )
        return {row["organisation_id"]: rows.carrier_settings(row) for row in found.mappings()}

    async def put_carrier(self, settings: CarrierSettings, now: datetime) -> None:
        await self._lock(_CHANGE, [settings.organisation_id])
        values = rows.carrier_settings_row(settings) | {"changed_at": now}
        await self._connection.execute(upsert(carrier_settings), values)

    async def draw_serial(self, settings: CarrierSettings) -> int:
        """The counter's row is locked until the transaction ends, so that a number drawn in vain is not lost."""
        first = settings.serial_first
        following = func.greatest(serial.c.last_given + 1, literal(first))
        row = insert(serial).values(
            organisation_id=settings.organisation_id,
            gs1_prefix=settings.gs1_prefix,
            extension=settings.extension,
            last_given=first,
        )
        row = row.on_conflict_do_update(
            index_elements=["organisation_id", "gs1_prefix", "extension"],
            set_={"last_given": following},
            where=following <= settings.serial_last,
        )
        drawn: int | None = (await self._connection.execute(row.returning(serial.c.last_given))).scalar_one_or_none()
        if drawn is None:
            raise NumbersUsedUp
        return drawn

    async def _lock(self, statement: TextClause, subjects: Sequence[UUID]) -> None:
        """Before the statement that reads: one that waited for a lock itself would still see the old policy."""
        await self._connection.execute(statement, {"subjects": sorted(set(subjects))})
