"""Answers to orders that wait for one, and what of them is due."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.adapters import tables
from services.orders.adapters.rows import Row
from services.orders.domain.acceptance import Acceptance, Asker, Mode, State
from services.orders.domain.connection import Connection
from shared.db.upsert import upsert
from shared.events.auth import MAY_WORK
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId, UserId

_TABLE, _MODE = tables.acceptance, tables.acceptance_mode
_SAME = (
    "order_id", "organisation_id", "connection_id", "accept", "asked_at", "attempt", "known", "may_have_left",
    "repeats", "due_at", "reason",
)  # fmt: skip


class SqlAcceptances:
    """See `services.orders.usecases.ports.Acceptances`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Acceptance]:
        found = await self._connection.execute(select(_TABLE).where(_TABLE.c.order_id.in_(order_ids)))
        return {OrderId(row.order_id): acceptance_of(row) for row in found}

    async def save(self, answers: Sequence[Acceptance]) -> None:
        if answers:
            await self._connection.execute(upsert(_TABLE), [_values(answer) for answer in answers])

    async def due(self, connection_id: ConnectionId, limit: int) -> Sequence[OrderId]:
        query = select(_TABLE.c.order_id).where(
            _TABLE.c.connection_id == connection_id, _TABLE.c.due_at <= func.statement_timestamp()
        )
        found = await self._connection.execute(query.order_by(_TABLE.c.due_at).limit(limit))
        return [OrderId(order_id) for order_id in found.scalars()]

    async def postpone(self, order_id: OrderId, seconds: float) -> None:
        """Touches a due row only: whoever changed it meanwhile has the last word."""
        row = update(_TABLE).where(_TABLE.c.order_id == order_id, _TABLE.c.due_at <= func.statement_timestamp())
        await self._connection.execute(row.values(due_at=func.clock_timestamp() + timedelta(seconds=seconds)))

    async def modes(self, connection_ids: Sequence[ConnectionId]) -> Mapping[ConnectionId, Mode]:
        found = await self._connection.execute(select(_MODE).where(_MODE.c.connection_id.in_(connection_ids)))
        return {ConnectionId(row.connection_id): Mode(row.mode) for row in found}

    async def choose(self, connection: Connection, mode: Mode) -> None:
        values = {"connection_id": connection.id, "organisation_id": connection.organisation_id, "mode": mode.value}
        await self._connection.execute(upsert(_MODE), [values])


def due_answers() -> Select[Any]:
    """What the claim of kind `acceptance` is asked for: active connections with an answer to be sent now."""
    connection = tables.connection
    return (
        select(_TABLE.c.connection_id.label("subject"), connection.c.marketplace.label("far_side"), _TABLE.c.due_at)
        .join(connection, connection.c.id == _TABLE.c.connection_id)
        .where(connection.c.state.in_(MAY_WORK), _TABLE.c.due_at <= func.statement_timestamp())
    )


def acceptance_of(row: Row) -> Acceptance:
    return Acceptance(
        order_id=OrderId(row.order_id),
        organisation_id=OrganisationId(row.organisation_id),
        connection_id=ConnectionId(row.connection_id),
        accept=row.accept,
        by=Asker(UserId(row.asked_by_user) if row.asked_by_user else None, row.asked_by_client),
        asked_at=row.asked_at,
        state=State(row.state),
        attempt=row.attempt,
        known=row.known,
        may_have_left=row.may_have_left,
        repeats=row.repeats,
        due_at=row.due_at,
        reason=row.reason,
        detail=row.reason_detail,
    )


def _values(answer: Acceptance) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in _SAME} | {
        "asked_by_user": answer.by.user_id,
        "asked_by_client": answer.by.client,
        "state": answer.state.value,
        "reason_detail": answer.detail,
    }
