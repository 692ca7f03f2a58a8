"""API clients, their secrets and what is revoked, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.closing import lock_open
from services.auth.domain.api_client import CLIENTS_MOST, ApiClient, ClientSecret
from services.auth.domain.revocation import Revocation
from shared.kernel.ids import OrganisationId, UserId

_ITS, _SECRET, _REVOKED = tables.api_client, tables.api_client_secret, tables.revoked_token
_REVOKED_SHOWN = 50
# Written at most so often, so that asking for a token is not writing.
_USED_EVERY = timedelta(minutes=10)


class SqlApiClients:
    """See `usecases.client_ports.ApiClients`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_count(self, organisation_id: OrganisationId) -> int:
        await lock_open(self._connection, organisation_id)
        living = select(func.count()).where(_ITS.c.organisation_id == organisation_id, _ITS.c.revoked_at.is_(None))
        return int((await self._connection.execute(living)).scalar_one())

    async def lock_own(self, client_id: str, organisation_id: OrganisationId) -> ApiClient | None:
        query = select(_ITS).where(_ITS.c.id == client_id, _ITS.c.organisation_id == organisation_id)
        found = await clients(self._connection, query.with_for_update())
        return found[0] if found else None

    async def save(self, client: ApiClient) -> None:
        values = {
            "id": client.id,
            "organisation_id": client.organisation_id,
            "name": client.name,
            "scopes": sorted(client.scopes),
            "secret_digest": client.living[-1].digest if client.living else "",
            "made_by": client.made_by,
            "made_at": client.made_at,
            "revoked_at": client.revoked_at,
        }
        changed = {name: values[name] for name in ("secret_digest", "revoked_at")}
        saving = upsert(_ITS).values(values).on_conflict_do_update(index_elements=["id"], set_=changed)
        await self._connection.execute(saving)
        for secret in client.secrets:
            await self._save_secret(client.id, secret)

    async def _save_secret(self, client_id: str, secret: ClientSecret) -> None:
        values = {
            "id": secret.id,
            "client_id": client_id,
            "digest": secret.digest,
            "made_by": secret.made_by,
            "made_at": secret.made_at,
            "used_at": secret.used_at,
            "ended_at": secret.ended_at,
        }
        saving = (
            upsert(_SECRET)
            .values(values)
            .on_conflict_do_update(index_elements=["id"], set_={"ended_at": secret.ended_at})
        )
        await self._connection.execute(saving)

    async def living(self, client_id: str) -> ApiClient | None:
        found = await clients(self._connection, select(_ITS).where(_ITS.c.id == client_id, _ITS.c.revoked_at.is_(None)))
        return found[0] if found else None

    async def used(self, secret_id: UUID, now: datetime) -> None:
        rarely = or_(_SECRET.c.used_at.is_(None), _SECRET.c.used_at < now - _USED_EVERY)
        await self._connection.execute(update(_SECRET).where(_SECRET.c.id == secret_id, rarely).values(used_at=now))


class SqlRevokedTokens:
    """See `usecases.client_ports.RevokedTokens`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, revocation: Revocation) -> None:
        values = {"id": revocation.id, "client_id": revocation.client_id, "until": revocation.until}
        await self._connection.execute(upsert(_REVOKED).values(values).on_conflict_do_nothing())

    async def lock_count(self, client_id: str) -> int:
        await self._connection.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"revoked {client_id}"}
        )
        counted = select(func.count()).where(_REVOKED.c.client_id == client_id)
        return int((await self._connection.execute(counted)).scalar_one())

    async def holds(self, ids: Collection[str]) -> bool:
        return (await self._connection.execute(select(_REVOKED.c.id).where(_REVOKED.c.id.in_(ids)))).first() is not None


async def clients(connection: AsyncConnection, query: Select[Any]) -> list[ApiClient]:
    """Those of the query of their table, each with its secrets."""
    rows = (await connection.execute(query)).all()
    wanted = select(_SECRET).where(_SECRET.c.client_id.in_([row.id for row in rows]))
    secrets = (await connection.execute(wanted.order_by(_SECRET.c.made_at, _SECRET.c.id))).all() if rows else ()
    return [_client(row, [secret for secret in secrets if secret.client_id == row.id]) for row in rows]


def of_organisation(organisation_id: OrganisationId) -> Select[Any]:
    """All living ones, then those revoked last, the newest of each first."""
    mine = select(_ITS).where(_ITS.c.organisation_id == organisation_id)
    ordered = mine.order_by(_ITS.c.revoked_at.desc().nulls_first(), _ITS.c.made_at.desc(), _ITS.c.id)
    return ordered.limit(CLIENTS_MOST + _REVOKED_SHOWN)


def _client(row: Any, secrets: Sequence[Any]) -> ApiClient:
    return ApiClient(
        id=row.id,
        organisation_id=OrganisationId(row.organisation_id),
        name=row.name,
        scopes=frozenset(row.scopes),
        made_by=UserId(row.made_by) if row.made_by else None,
        made_at=row.made_at,
        secrets=tuple(_secret(secret) for secret in secrets),
        revoked_at=row.revoked_at,
    )


def _secret(row: Any) -> ClientSecret:
    made_by = UserId(row.made_by) if row.made_by else None
    return ClientSecret(row.id, row.digest, made_by, row.made_at, row.used_at, row.ended_at)
