"""Roles that our applications were asked for, and the connections whose consent is older, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.asked_role import AskedRole
from services.auth.domain.connection import RUNNING, ConnectionState
from services.auth.usecases.role_ports import RoleStanding

_ITS, _CONNECTION = tables.asked_role, tables.connection

# By a consent to an application of ours that lives. One of an organisation's own has the roles that were ticked there.
_HOLDS = and_(
    _CONNECTION.c.state.in_(RUNNING | {ConnectionState.PAUSED, ConnectionState.EXPIRED}),
    _CONNECTION.c.app_id.is_(None),
    _CONNECTION.c.marketplace == _ITS.c.marketplace,
    _CONNECTION.c.region == _ITS.c.region,
)
_LACKING: ColumnElement[bool] = and_(_HOLDS, _CONNECTION.c.authorised_at < _ITS.c.since)
# A column of a connection: the roles its consent lacks; null: none.
LACKS_ROLES = (
    select(func.array_agg(aggregate_order_by(_ITS.c.role, _ITS.c.role)))
    .where(_LACKING)
    .correlate(_CONNECTION)
    .scalar_subquery()
    .label("lacks_roles")
)


def lacks_any(told_before: datetime | None = None) -> ColumnElement[bool]:
    """Of a connection. `told_before`: what its organisation was not told of yet, nor of another role since then."""
    which = select(_ITS.c.role).where(_LACKING).correlate(_CONNECTION)
    told = _CONNECTION.c.roles_told_at
    if told_before is not None:
        which = which.where(told.is_(None) | ((told < _ITS.c.asked_at) & (told <= told_before)))
    return which.exists()


class SqlAskedRoles:
    """See `usecases.role_ports.AskedRoles`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(self, role: AskedRole, now: datetime) -> None:
        values = {
            "marketplace": role.marketplace,
            "region": role.region,
            "role": role.role,
            "since": role.since,
            "asked_at": now,
        }
        asking = upsert(_ITS).values(values)
        await self._connection.execute(
            asking.on_conflict_do_update(constraint="pk_asked_role", set_={"since": role.since, "asked_at": now})
        )

    async def drop(self, marketplace: str, role: str) -> bool:
        dropping = delete(_ITS).where(_ITS.c.marketplace == marketplace, _ITS.c.role == role)
        return (await self._connection.execute(dropping)).rowcount > 0

    async def standing(self) -> Sequence[RoleStanding]:
        counted = func.count(_CONNECTION.c.id)
        lacking = counted.filter(_CONNECTION.c.authorised_at < _ITS.c.since)
        query = (
            select(_ITS, counted.label("connections"), lacking.label("lacking"))
            .join_from(_ITS, _CONNECTION, _HOLDS, isouter=True)
            .group_by(*_ITS.c)
            .order_by(*_ITS.primary_key)
        )
        return [
            RoleStanding(
                AskedRole(row.marketplace, row.region, row.role, row.since), row.connections - row.lacking, row.lacking
            )
            for row in await self._connection.execute(query)
        ]
