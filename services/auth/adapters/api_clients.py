"""API clients in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.api_client import CLIENTS_MOST, ApiClient
from shared.kernel.ids import OrganisationId, UserId

_ITS = tables.api_client
_REVOKED_SHOWN = 50
# Written at most so often, so that asking for a token is not writing.
_USED_EVERY = timedelta(minutes=10)


class SqlApiClients:
    """See `usecases.ports.ApiClients`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_count(self, organisation_id: OrganisationId) -> int:
        await self._connection.execute(
            text("select 1 from organisation where id = :id for update"), {"id": organisation_id}
        )
        living = select(func.count()).where(_ITS.c.organisation_id == organisation_id, _ITS.c.revoked_at.is_(None))
        return int((await self._connection.execute(living)).scalar_one())

    async def lock_own(self, client_id: str, organisation_id: OrganisationId) -> ApiClient | None:
        query = select(_ITS).where(_ITS.c.id == client_id, _ITS.c.organisation_id == organisation_id)
        row = (await self._connection.execute(query.with_for_update())).first()
        return to_client(row) if row else None

    async def save(self, client: ApiClient) -> None:
        values = {
            "id": client.id,
            "organisation_id": client.organisation_id,
            "name": client.name,
            "scopes": sorted(client.scopes),
            "secret_digest": client.secret_digest,
            "made_by": client.made_by,
            "made_at": client.made_at,
            "used_at": client.used_at,
            "revoked_at": client.revoked_at,
        }
        saving = (
            upsert(_ITS)
            .values(values)
            .on_conflict_do_update(index_elements=["id"], set_={"revoked_at": client.revoked_at})
        )
        await self._connection.execute(saving)

    async def living(self, client_id: str) -> ApiClient | None:
        row = (await self._connection.execute(_living(client_id))).first()
        return to_client(row) if row else None

    async def used(self, client_id: str, now: datetime) -> None:
        rarely = or_(_ITS.c.used_at.is_(None), _ITS.c.used_at < now - _USED_EVERY)
        await self._connection.execute(update(_ITS).where(_ITS.c.id == client_id, rarely).values(used_at=now))


def of_organisation(organisation_id: OrganisationId) -> Select[Any]:
    """All living ones, then those revoked last, the newest of each first."""
    mine = select(_ITS).where(_ITS.c.organisation_id == organisation_id)
    ordered = mine.order_by(_ITS.c.revoked_at.desc().nulls_first(), _ITS.c.made_at.desc(), _ITS.c.id)
    return ordered.limit(CLIENTS_MOST + _REVOKED_SHOWN)


def to_clients(rows: Sequence[Any]) -> list[ApiClient]:
    return [to_client(row) for row in rows]


def to_client(row: Any) -> ApiClient:
    return ApiClient(
        id=row.id,
        organisation_id=OrganisationId(row.organisation_id),
        name=row.name,
        scopes=frozenset(row.scopes),
        secret_digest=row.secret_digest,
        made_by=UserId(row.made_by) if row.made_by else None,
        made_at=row.made_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


def _living(client_id: str) -> Select[Any]:
    return select(_ITS).where(_ITS.c.id == client_id, _ITS.c.revoked_at.is_(None))
