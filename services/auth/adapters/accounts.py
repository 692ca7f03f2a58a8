"""Organisations and accounts in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.account import Account, EmailTaken, email_key
from services.auth.domain.member import REVIEW_EVERY
from services.auth.domain.password import NOT_REUSED
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId, new_id

_ITS, _FORMER = tables.account, tables.former_password


class SqlAccounts:
    """See `usecases.account_ports.Accounts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account, organisation: str, now: datetime) -> None:
        await self._connection.execute(
            insert(tables.organisation).values(
                id=account.organisation_id, name=organisation, created_at=now, review_due_at=now + REVIEW_EVERY
            )
        )
        await self.insert(account, now)

    async def insert(self, account: Account, now: datetime) -> None:
        """Into the organisation it names. EmailTaken: somebody has the address."""
        adding = upsert(_ITS).values(
            id=account.id,
            organisation_id=account.organisation_id,
            email=account.email,
            email_key=email_key(account.email),
            password_hash=account.password_hash,
            locale=account.locale,
            created_at=now,
            password_changed_at=account.password_changed_at,
            email_confirmed_at=account.email_confirmed_at,
            role=account.role.value,
        )
        adding = adding.on_conflict_do_nothing(index_elements=["email_key"])
        added = await self._connection.execute(adding.returning(_ITS.c.id))
        if added.first() is None:
            raise EmailTaken

    async def by_email(self, key: str) -> Account | None:
        found = await self._connection.execute(select(_ITS).where(_ITS.c.email_key == key))
        row = found.first()
        return to_account(row) if row else None

    async def set_password_hash(self, account_id: UserId, password_hash: str) -> None:
        await self._set(account_id, {"password_hash": password_hash})

    async def lock(self, account_id: UserId) -> Account | None:
        # Not against rows that come to name it: a sign-in that is counted meanwhile must not wait.
        locking = select(_ITS).where(_ITS.c.id == account_id).with_for_update(key_share=True)
        row = (await self._connection.execute(locking)).first()
        return to_account(row) if row else None

    async def organisation_name(self, organisation_id: OrganisationId) -> str:
        its = tables.organisation
        named = await self._connection.execute(select(its.c.name).where(its.c.id == organisation_id))
        return str(named.scalar_one())

    async def former_passwords(self, account_id: UserId) -> Sequence[str]:
        newest = select(_FORMER.c.password_hash).where(_FORMER.c.account_id == account_id).order_by(_FORMER.c.id.desc())
        return list((await self._connection.execute(newest.limit(NOT_REUSED - 1))).scalars())

    async def change_password(self, account: Account, password_hash: str, now: datetime) -> None:
        own = _FORMER.c.account_id == account.id
        before = insert(_FORMER).values(id=new_id(), account_id=account.id, password_hash=account.password_hash)
        await self._connection.execute(before)
        kept = select(_FORMER.c.id).where(own).order_by(_FORMER.c.id.desc()).limit(NOT_REUSED - 1)
        await self._connection.execute(delete(_FORMER).where(own, _FORMER.c.id.not_in(kept)))
        await self._set(account.id, {"password_hash": password_hash, "password_changed_at": now})

    async def confirm_email(self, account_id: UserId, now: datetime) -> bool:
        news = (_ITS.c.id == account_id, _ITS.c.email_confirmed_at.is_(None))
        confirmed = await self._connection.execute(update(_ITS).where(*news).values(email_confirmed_at=now))
        return confirmed.rowcount > 0

    async def has_confirmed(self, organisation_id: OrganisationId) -> bool:
        confirmed = (_ITS.c.organisation_id == organisation_id, _ITS.c.email_confirmed_at.is_not(None))
        return bool((await self._connection.execute(select(exists().where(*confirmed)))).scalar_one())

    async def signed_in(self, account_id: UserId, now: datetime) -> None:
        await self._set(account_id, {"signed_in_at": now})

    async def set_disabled(self, account_id: UserId, at: datetime | None) -> None:
        await self._set(account_id, {"disabled_at": at})

    async def set_locale(self, account_id: UserId, locale: str) -> None:
        await self._set(account_id, {"locale": locale})

    async def set_calendar(self, organisation_id: OrganisationId, digest: str | None) -> bool:
        its = tables.organisation
        another = (its.c.id == organisation_id, its.c.calendar_digest.is_distinct_from(digest))
        changed = await self._connection.execute(update(its).where(*another).values(calendar_digest=digest))
        return changed.rowcount > 0

    async def _set(self, account_id: UserId, values: Mapping[str, str | datetime | None]) -> None:
        await self._connection.execute(update(_ITS).where(_ITS.c.id == account_id).values(**values))


def to_account(row: Row[tuple[object, ...]]) -> Account:
    return Account(
        UserId(row.id),
        OrganisationId(row.organisation_id),
        row.email,
        row.password_hash,
        row.locale,
        row.password_changed_at,
        row.email_confirmed_at,
        row.disabled_at,
        row.signed_in_at,
        role=Role(row.role),
    )
