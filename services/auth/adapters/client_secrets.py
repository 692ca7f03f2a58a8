"""Client secrets of our own applications, in PostgreSQL, as the vault sealed them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.client_secret import ClientSecret

_ITS = tables.client_secret
_NEWEST_FIRST = (_ITS.c.client_id, _ITS.c.began_at.desc(), _ITS.c.id.desc())


class SqlClientSecrets:
    """See `usecases.secret_ports.ClientSecretRows`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, client_id: str) -> None:
        # A row that is not there yet cannot be locked; this name for it can.
        its = {"of": f"client secrets of {client_id}"}
        await self._connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:of, 0))"), its)

    async def of(self, client_id: str) -> Sequence[ClientSecret]:
        return await self._found(select(_ITS).where(_ITS.c.client_id == client_id).order_by(*_NEWEST_FIRST))

    async def all(self) -> Sequence[ClientSecret]:
        return await self._found(select(_ITS).order_by(*_NEWEST_FIRST))

    async def get(self, secret_id: UUID) -> ClientSecret | None:
        found = await self._found(select(_ITS).where(_ITS.c.id == secret_id))
        return found[0] if found else None

    async def add(self, secret: ClientSecret) -> bool:
        adding = insert(_ITS).values(_values(secret)).on_conflict_do_nothing(index_elements=["client_id", "digest"])
        return (await self._connection.execute(adding)).rowcount == 1

    async def end_former(self, secret: ClientSecret, at: datetime) -> None:
        former = (_ITS.c.client_id == secret.client_id, _ITS.c.began_at < secret.began_at)
        later = or_(_ITS.c.ends_at.is_(None), _ITS.c.ends_at > at)
        await self._connection.execute(update(_ITS).where(*former, later).values(ends_at=at, end_is_told=True))

    async def set_end(self, secret_id: UUID, at: datetime) -> None:
        await self._set(secret_id, ends_at=at, end_is_told=True)

    async def set_warned(self, secret_id: UUID, days: int) -> None:
        await self._set(secret_id, warned_at_days=days)

    async def set_asked(self, secret_id: UUID, at: datetime | None) -> None:
        await self._set(secret_id, asked_at=at)

    async def destroy(self, ended_before: datetime) -> None:
        later = _ITS.alias("later")
        has_successor = (
            select(later.c.id).where(later.c.client_id == _ITS.c.client_id, later.c.began_at > _ITS.c.began_at).exists()
        )
        over = update(_ITS).where(_ITS.c.ends_at < ended_before, _ITS.c.sealed_secret != b"", has_successor)
        await self._connection.execute(over.values(wrapped_key=b"", sealed_secret=b""))

    async def _set(self, secret_id: UUID, **values: Any) -> None:
        await self._connection.execute(update(_ITS).where(_ITS.c.id == secret_id).values(values))

    async def _found(self, query: Select[Any]) -> list[ClientSecret]:
        return [_to_secret(row) for row in await self._connection.execute(query)]


def _to_secret(row: Any) -> ClientSecret:
    return ClientSecret(
        id=row.id,
        client_id=row.client_id,
        digest=row.digest,
        began_at=row.began_at,
        ends_at=row.ends_at,
        end_is_told=row.end_is_told,
        data_key=row.wrapped_key,
        sealed=row.sealed_secret,
        warned_at_days=row.warned_at_days,
        asked_at=row.asked_at,
    )


def _values(secret: ClientSecret) -> dict[str, Any]:
    return {
        "id": secret.id,
        "client_id": secret.client_id,
        "digest": secret.digest,
        "began_at": secret.began_at,
        "ends_at": secret.ends_at,
        "end_is_told": secret.end_is_told,
        "wrapped_key": secret.data_key,
        "sealed_secret": secret.sealed,
        "warned_at_days": secret.warned_at_days,
        "asked_at": secret.asked_at,
    }
