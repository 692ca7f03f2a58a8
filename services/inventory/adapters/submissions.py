"""Submissions over one open transaction. Those that have ended are deleted: an outcome that comes late finds none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters.tables import submission
from services.inventory.domain.submission import Line, Submission
from services.inventory.usecases.ports import UnderWay
from shared.db.arrays import among
from shared.db.upsert import upsert
from shared.kernel.ids import ConnectionId

_NAMES = [field.name for field in fields(Submission)]


class SqlSubmissions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def under_way(self, connection_id: ConnectionId) -> Mapping[str, UnderWay]:
        unsent = func.count().filter(submission.c.attempt == 0)
        query = (
            select(submission.c.channel_id, func.count().label("begun"), unsent.label("unsent"))
            .where(submission.c.connection_id == connection_id)
            .group_by(submission.c.channel_id)
        )
        rows = await self._connection.execute(query)
        return {row.channel_id: UnderWay(row.begun, row.unsent) for row in rows}

    async def lock_next(self, connection_id: ConnectionId, now: datetime) -> Submission | None:
        goes_first = and_(submission.c.urgent, submission.c.failures == 0)
        query = (
            select(submission)
            .where(submission.c.connection_id == connection_id, submission.c.due_at <= now)
            .order_by(goes_first.desc(), submission.c.due_at, submission.c.id)
            .limit(1)
        )
        found = await self._found(query.with_for_update(skip_locked=True))
        return found[0] if found else None

    async def lock(self, submission_id: UUID) -> Submission | None:
        found = await self._found(select(submission).where(submission.c.id == submission_id).with_for_update())
        return found[0] if found else None

    async def lock_all(self, connection_ids: Collection[ConnectionId]) -> list[Submission]:
        of_these = select(submission).where(among(submission.c.connection_id, connection_ids))
        return await self._found(of_these.order_by(submission.c.id).with_for_update())

    async def add(self, submissions: Sequence[Submission]) -> None:
        if submissions:
            await self._connection.execute(upsert(submission), [_values(one) for one in submissions])

    async def save(self, saved: Submission) -> None:
        await self.add([saved])

    async def end(self, submission_ids: Collection[UUID]) -> None:
        await self._connection.execute(delete(submission).where(among(submission.c.id, submission_ids)))

    async def _found(self, query: Select[Any]) -> list[Submission]:
        return [_submission_of(row) for row in await self._connection.execute(query)]


def _values(one: Submission) -> dict[str, Any]:
    lines = [asdict(line) | {"target_id": str(line.target_id)} for line in one.lines]
    return {name: getattr(one, name) for name in _NAMES} | {"lines": lines}


def _submission_of(row: Row[Any]) -> Submission:
    lines = tuple(Line(**line | {"target_id": UUID(line["target_id"])}) for line in row.lines)
    return Submission(**{name: getattr(row, name) for name in _NAMES} | {"lines": lines})
