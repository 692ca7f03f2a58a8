"""Organisations, accounts, sessions and counted attempts in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.account import Account, EmailTaken, Session, email_key
from services.auth.usecases.ports import Counted
from shared.kernel.ids import OrganisationId, UserId


class SqlAccounts:
    """See `usecases.ports.Accounts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account, organisation: str, now: datetime) -> None:
        await self._connection.execute(
            insert(tables.organisation).values(id=account.organisation_id, name=organisation, created_at=now)
        )
        adding = upsert(tables.account).values(
            id=account.id,
            organisation_id=account.organisation_id,
            email=account.email,
            email_key=email_key(account.email),
            password_hash=account.password_hash,
            locale=account.locale,
            created_at=now,
        )
        adding = adding.on_conflict_do_nothing(index_elements=["email_key"])
        added = await self._connection.execute(adding.returning(tables.account.c.id))
        if added.first() is None:
            raise EmailTaken

    async def by_email(self, key: str) -> Account | None:
        found = await self._connection.execute(select(tables.account).where(tables.account.c.email_key == key))
        row = found.first()
        return to_account(row) if row else None

    async def set_password_hash(self, account_id: UserId, password_hash: str) -> None:
        await self._set(account_id, {"password_hash": password_hash})

    async def set_locale(self, account_id: UserId, locale: str) -> None:
        await self._set(account_id, {"locale": locale})

    async def set_calendar(self, organisation_id: OrganisationId, digest: str | None) -> bool:
        its = tables.organisation
        another = (its.c.id == organisation_id, its.c.calendar_digest.is_distinct_from(digest))
        changed = await self._connection.execute(update(its).where(*another).values(calendar_digest=digest))
        return changed.rowcount > 0

    async def _set(self, account_id: UserId, values: Mapping[str, str]) -> None:
        await self._connection.execute(update(tables.account).where(tables.account.c.id == account_id).values(**values))


class SqlSessions:
    """See `usecases.ports.Sessions`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        await self._connection.execute(
            insert(tables.session).values(
                id=session.id,
                digest=session.digest,
                account_id=session.account_id,
                csrf_token=session.csrf_token,
                created_at=session.created_at,
                seen_at=session.seen_at,
            )
        )

    async def by_digest(self, digest: str) -> tuple[Session, Account] | None:
        its = tables.session
        query = (
            select(
                its.c.id.label("session_id"),
                its.c.digest,
                its.c.csrf_token,
                its.c.created_at.label("session_created_at"),
                its.c.seen_at,
                tables.account,
            )
            .join_from(its, tables.account)
            .where(its.c.digest == digest)
        )
        row = (await self._connection.execute(query)).first()
        if row is None:
            return None
        began, account = row.session_created_at, to_account(row)
        return Session(row.session_id, row.digest, account.id, row.csrf_token, began, row.seen_at), account

    async def touch(self, session_id: UUID, now: datetime) -> None:
        await self._connection.execute(
            update(tables.session).where(tables.session.c.id == session_id).values(seen_at=now)
        )

    async def delete(self, digest: str) -> None:
        await self._connection.execute(delete(tables.session).where(tables.session.c.digest == digest))


class SqlAttempts:
    """See `usecases.ports.Attempts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(self, keys: Mapping[str, str], now: datetime, window_began: datetime) -> Mapping[str, Counted]:
        its = tables.sign_in_attempt
        # Sorted: two sign-ins at once lock their rows in one order.
        rows = [{"digest": digest, "attempts": 1, "window_began": now} for digest in sorted(keys.values())]
        counting = upsert(its).values(rows)
        over = its.c.window_began <= window_began
        counting = counting.on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "attempts": case((over, 1), else_=its.c.attempts + 1),
                "window_began": case((over, now), else_=its.c.window_began),
            },
        )
        counted = await self._connection.execute(counting.returning(its))
        by_digest = {row.digest: Counted(row.attempts, row.window_began) for row in counted}
        return {kind: by_digest[digest] for kind, digest in keys.items()}

    async def uncount(self, keys: Mapping[str, str]) -> None:
        its = tables.sign_in_attempt
        locked = select(its.c.digest).where(its.c.digest.in_(keys.values())).order_by(its.c.digest).with_for_update()
        await self._connection.execute(
            update(its).where(its.c.digest.in_(locked)).values(attempts=func.greatest(its.c.attempts - 1, 0))
        )


def to_account(row: Row[tuple[object, ...]]) -> Account:
    return Account(UserId(row.id), OrganisationId(row.organisation_id), row.email, row.password_hash, row.locale)
