"""Second factors and recovery codes in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, update
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

    async def is_set_up(self, account_id: UserId) -> bool:
        return bool((await self._connection.execute(select(has_factor(account_id)))).scalar_one())

    async def set_up_at(self, account_id: UserId) -> datetime | None:
        passkey = tables.passkey
        app = select(_ITS.c.confirmed_at.label("at")).where(_ITS.c.account_id == account_id)
        devices = select(passkey.c.created_at).where(passkey.c.account_id == account_id)
        every = app.union_all(devices).subquery()
        first: datetime | None = (await self._connection.execute(select(func.min(every.c.at)))).scalar_one()
        return first

    async def confirm(self, account_id: UserId, now: datetime) -> None:
        await self._connection.execute(update(_ITS).where(_ITS.c.account_id == account_id).values(confirmed_at=now))

    async def keep_recovery_codes(self, account_id: UserId, digests: Sequence[str]) -> None:
        await self.drop_recovery_codes(account_id)
        await self._connection.execute(insert(_CODE), [{"digest": each, "account_id": account_id} for each in digests])

    async def drop_recovery_codes(self, account_id: UserId) -> None:
        await self._connection.execute(delete(_CODE).where(_CODE.c.account_id == account_id))

    async def use_recovery_code(self, account_id: UserId, digest: str) -> bool:
        own = delete(_CODE).where(_CODE.c.digest == digest, _CODE.c.account_id == account_id)
        return (await self._connection.execute(own)).rowcount > 0

    async def drop_begun(self, account_id: UserId) -> None:
        begun = delete(_ITS).where(_ITS.c.account_id == account_id, _ITS.c.confirmed_at.is_(None))
        await self._connection.execute(begun)

    async def delete(self, account_id: UserId) -> bool:
        return (await self._connection.execute(delete(_ITS).where(_ITS.c.account_id == account_id))).rowcount > 0


def has_factor(account_id: UserId | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether an account has an app whose code was seen, or a passkey."""
    app = exists().where(_ITS.c.account_id == account_id, _ITS.c.confirmed_at.is_not(None))
    return or_(app, exists().where(tables.passkey.c.account_id == account_id))
