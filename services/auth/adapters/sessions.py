"""Sessions in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.accounts import to_account
from services.auth.domain.account import Account, Session, Way
from shared.kernel.ids import UserId


class SqlSessions:
    """See `usecases.account_ports.Sessions`."""

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
                browser=session.browser,
                pending=session.pending,
                two_factors=session.two_factors,
                way=session.way,
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
                its.c.browser,
                its.c.pending,
                its.c.two_factors,
                its.c.way,
                tables.account,
            )
            .join_from(its, tables.account)
            .where(its.c.digest == digest)
        )
        row = (await self._connection.execute(query)).first()
        if row is None:
            return None
        began, account = row.session_created_at, to_account(row)
        kept = (row.csrf_token, began, row.seen_at, row.browser, row.pending, row.two_factors, Way(row.way))
        found = Session(row.session_id, row.digest, account.id, *kept)
        return found, account

    async def touch(self, session_id: UUID, now: datetime) -> None:
        await self._connection.execute(
            update(tables.session).where(tables.session.c.id == session_id).values(seen_at=now)
        )

    async def delete(self, digest: str) -> None:
        await self._connection.execute(delete(tables.session).where(tables.session.c.digest == digest))

    async def delete_own(self, session_id: UUID, account_id: UserId) -> bool:
        its = tables.session
        own = delete(its).where(its.c.id == session_id, its.c.account_id == account_id)
        return (await self._connection.execute(own)).rowcount > 0

    async def delete_all(self, account_id: UserId, *, but: str | None) -> int:
        its = tables.session
        own = delete(its).where(its.c.account_id == account_id, its.c.digest.is_distinct_from(but))
        return (await self._connection.execute(own)).rowcount


def to_session(row: Row[tuple[object, ...]]) -> Session:
    """Of a row of the table."""
    account_id = UserId(row.account_id)
    kept = (row.csrf_token, row.created_at, row.seen_at, row.browser, row.pending, row.two_factors, Way(row.way))
    return Session(row.id, row.digest, account_id, *kept)
