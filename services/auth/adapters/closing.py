"""The end of an organisation in PostgreSQL; and the lock of one that has not ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.account import Account
from services.auth.domain.closing import Farewell
from services.auth.usecases.closing_ports import Holdings
from shared.access.errors import NotSignedIn
from shared.kernel.ids import ConnectionId, OrganisationId, new_id

_ITS, _ORGANISATION = tables.farewell, tables.organisation


async def lock_open(connection: AsyncConnection, organisation_id: OrganisationId) -> None:
    """See `Closings.lock_open`. Two that add count one after the other; foreign keys to its row do not wait."""
    its = select(_ORGANISATION.c.closed_at).where(_ORGANISATION.c.id == organisation_id)
    if (await connection.execute(its.with_for_update(key_share=True))).scalar_one_or_none() is not None:
        raise NotSignedIn("the organisation is closed")


class SqlClosings:
    """See `usecases.closing_ports.Closings`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_open(self, organisation_id: OrganisationId) -> None:
        await lock_open(self._connection, organisation_id)

    async def holdings(self, organisation_id: OrganisationId) -> Holdings:
        connection, client, invitation = tables.connection, tables.api_client, tables.invitation
        queries = (
            select(connection.c.id).where(connection.c.organisation_id == organisation_id).order_by(connection.c.id),
            select(client.c.id).where(client.c.organisation_id == organisation_id, client.c.revoked_at.is_(None)),
            select(invitation.c.id).where(invitation.c.organisation_id == organisation_id),
        )
        connections, clients, invitations = [
            (await self._connection.execute(query)).scalars().all() for query in queries
        ]
        return Holdings([ConnectionId(one) for one in connections], clients, invitations)

    async def close(self, organisation_id: OrganisationId, now: datetime) -> None:
        own = update(_ORGANISATION).where(_ORGANISATION.c.id == organisation_id)
        await self._connection.execute(own.values(closed_at=now, name=""))

    async def bid_farewell(self, members: Sequence[Account], organisation: str, now: datetime) -> None:
        rows = [
            {"id": new_id(), "email": one.email, "locale": one.locale, "organisation": organisation, "due_at": now}
            for one in members
        ]
        if rows:
            await self._connection.execute(insert(_ITS), rows)

    async def lock_farewell(self, farewell_id: UUID) -> Farewell | None:
        row = (await self._connection.execute(select(_ITS).where(_ITS.c.id == farewell_id).with_for_update())).first()
        return Farewell(row.id, row.email, row.locale, row.organisation) if row else None

    async def said(self, farewell_id: UUID) -> None:
        await self._connection.execute(delete(_ITS).where(_ITS.c.id == farewell_id))


def farewells_due() -> Select[Any]:
    """Mails to those who were members (claims)."""
    due = _ITS.c.due_at <= func.statement_timestamp()
    return select(_ITS.c.id.label("subject"), literal("mail").label("far_side"), _ITS.c.due_at).where(due)
