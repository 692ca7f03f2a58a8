"""Passkeys and their challenges in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.passkey import Ceremony, Challenge, Passkey
from shared.kernel.ids import UserId

_ITS, _CHALLENGE = tables.passkey, tables.passkey_challenge


class SqlPasskeys:
    """See `usecases.passkey_ports.Passkeys`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, passkey: Passkey) -> bool:
        adding = upsert(_ITS).values(
            id=passkey.id,
            account_id=passkey.account_id,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            name=passkey.name,
            sign_count=passkey.sign_count,
            created_at=passkey.created_at,
        )
        adding = adding.on_conflict_do_nothing(index_elements=["credential_id"])
        return (await self._connection.execute(adding)).rowcount > 0

    async def lock(self, credential_id: bytes) -> Passkey | None:
        locking = select(_ITS).where(_ITS.c.credential_id == credential_id).with_for_update()
        row = (await self._connection.execute(locking)).first()
        return _to_passkey(row) if row else None

    async def of(self, account_id: UserId) -> Sequence[Passkey]:
        own = select(_ITS).where(_ITS.c.account_id == account_id).order_by(_ITS.c.id)
        return [_to_passkey(row) for row in await self._connection.execute(own)]

    async def save(self, passkey: Passkey) -> None:
        counted = {"sign_count": passkey.sign_count, "used_at": passkey.used_at}
        await self._connection.execute(update(_ITS).where(_ITS.c.id == passkey.id).values(**counted))

    async def delete(self, passkey_id: UUID, account_id: UserId) -> bool:
        own = delete(_ITS).where(_ITS.c.id == passkey_id, _ITS.c.account_id == account_id)
        return (await self._connection.execute(own)).rowcount > 0

    async def delete_all(self, account_id: UserId) -> bool:
        return (await self._connection.execute(delete(_ITS).where(_ITS.c.account_id == account_id))).rowcount > 0

    async def challenge(self, challenge: Challenge) -> None:
        given = {"value": challenge.value, "expires_at": challenge.expires_at}
        giving = upsert(_CHALLENGE).values(holder=challenge.holder, ceremony=challenge.ceremony.value, **given)
        await self._connection.execute(giving.on_conflict_do_update(index_elements=["holder", "ceremony"], set_=given))

    async def use_challenge(self, holder: str, ceremony: Ceremony, now: datetime) -> bytes | None:
        its = (_CHALLENGE.c.holder == holder, _CHALLENGE.c.ceremony == ceremony.value)
        using = delete(_CHALLENGE).where(*its).returning(_CHALLENGE.c.value, _CHALLENGE.c.expires_at)
        row = (await self._connection.execute(using)).first()
        return bytes(row.value) if row and now < row.expires_at else None


def _to_passkey(row: Row[tuple[object, ...]]) -> Passkey:
    account_id, kept = UserId(row.account_id), (row.credential_id, row.public_key, row.name, row.sign_count)
    return Passkey(row.id, account_id, *kept, row.created_at, row.used_at)
