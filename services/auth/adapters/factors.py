"""Second factors and recovery codes in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.second_factor import SecondFactor
from shared.kernel.ids import UserId

_ITS, _CODE = tables.second_factor, tables.recovery_code


class SqlFactors:
    """See `usecases.factor_ports.Factors`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, account_id: UserId) -> SecondFactor | None:
        own = select(_ITS).where(_ITS.c.account_id == account_id).with_for_update()
        row = (await self._connection.execute(own)).first()
        if row is None:
            return None
        return SecondFactor(account_id, row.wrapped_key, row.sealed_secret, row.confirmed_at, row.last_step)

    async def save(self, factor: SecondFactor) -> None:
        values = {
            "wrapped_key": factor.data_key,
            "sealed_secret": factor.secret,
            "confirmed_at": factor.confirmed_at,
            "last_step": factor.last_step,
        }
        saving = upsert(_ITS).values(account_id=factor.account_id, **values)
        await self._connection.execute(saving.on_conflict_do_update(index_elements=["account_id"], set_=values))

    async def confirm(self, account_id: UserId, now: datetime, recovery_digests: Sequence[str]) -> None:
        await self._connection.execute(update(_ITS).where(_ITS.c.account_id == account_id).values(confirmed_at=now))
        await self._connection.execute(delete(_CODE).where(_CODE.c.account_id == account_id))
        codes = [{"digest": each, "account_id": account_id} for each in recovery_digests]
        await self._connection.execute(insert(_CODE), codes)

    async def use_recovery_code(self, account_id: UserId, digest: str) -> bool:
        own = delete(_CODE).where(_CODE.c.digest == digest, _CODE.c.account_id == account_id)
        return (await self._connection.execute(own)).rowcount > 0

    async def delete(self, account_id: UserId) -> bool:
        await self._connection.execute(delete(_CODE).where(_CODE.c.account_id == account_id))
        return (await self._connection.execute(delete(_ITS).where(_ITS.c.account_id == account_id))).rowcount > 0
