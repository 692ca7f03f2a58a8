"""What is removed when its time is over, and data keys brought under the newest key-encryption key."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.account import (
    ATTEMPTS_WINDOW,
    FAILURES_REMEMBERED,
    PENDING_LASTS,
    SESSION_IDLE,
    SESSION_LASTS,
)
from services.auth.domain.mail import KEPT_FOR
from shared.kernel.ids import GrantId, UserId

# A used or expired consent is kept for a day, so that whoever comes back late is told why.
_CONSENTS_KEPT = timedelta(days=1)
_BATCH = 500


class SqlUpkeep:
    """See `usecases.ports.Upkeep`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def remove_ended(self, now: datetime) -> None:
        session, attempt, consent = tables.session, tables.sign_in_attempt, tables.consent_state
        unfinished = and_(session.c.pending, session.c.created_at < now - PENDING_LASTS)
        ended = or_(session.c.created_at < now - SESSION_LASTS, session.c.seen_at < now - SESSION_IDLE, unfinished)
        await self._connection.execute(delete(session).where(ended))
        await self._connection.execute(delete(attempt).where(attempt.c.window_began < now - ATTEMPTS_WINDOW))
        lock, link = tables.sign_in_lock, tables.account_link
        await self._connection.execute(delete(lock).where(lock.c.failed_at < now - FAILURES_REMEMBERED))
        await self._connection.execute(delete(link).where(link.c.expires_at < now))
        await self._connection.execute(delete(consent).where(consent.c.expires_at < now - _CONSENTS_KEPT))
        await self._connection.execute(delete(tables.mail).where(tables.mail.c.made_at < now - KEPT_FOR))
        lease = tables.lease
        for kind, table in (("token", tables.access_grant), ("mail", tables.mail)):
            gone = lease.c.subject.not_in(select(table.c.id))
            await self._connection.execute(delete(lease).where(lease.c.kind == kind, lease.c.token.is_(None), gone))

    async def rewrap_grants(
        self, after: GrantId | None, rewrap: Callable[[GrantId, bytes], bytes | None]
    ) -> GrantId | None:
        its = tables.access_grant
        query = select(its.c.id, its.c.wrapped_key).order_by(its.c.id).limit(_BATCH)
        rows = list(await self._connection.execute(query.where(its.c.id > after) if after else query))
        for row in rows:
            renewed = rewrap(GrantId(row.id), row.wrapped_key)
            if renewed is not None:
                same = (its.c.id == row.id, its.c.wrapped_key == row.wrapped_key)
                await self._connection.execute(update(its).where(*same).values(wrapped_key=renewed))
        return GrantId(rows[-1].id) if len(rows) == _BATCH else None

    async def rewrap_factors(
        self, after: UserId | None, rewrap: Callable[[UserId, bytes], bytes | None]
    ) -> UserId | None:
        its = tables.second_factor
        query = select(its.c.account_id, its.c.wrapped_key).order_by(its.c.account_id).limit(_BATCH)
        rows = list(await self._connection.execute(query.where(its.c.account_id > after) if after else query))
        for row in rows:
            renewed = rewrap(UserId(row.account_id), row.wrapped_key)
            if renewed is not None:
                same = (its.c.account_id == row.account_id, its.c.wrapped_key == row.wrapped_key)
                await self._connection.execute(update(its).where(*same).values(wrapped_key=renewed))
        return UserId(rows[-1].account_id) if len(rows) == _BATCH else None

    async def rewrap_signing_keys(self, rewrap: Callable[[str, bytes], bytes | None]) -> None:
        its = tables.signing_key
        for row in list(await self._connection.execute(select(its.c.kid, its.c.wrapped_key))):
            renewed = rewrap(row.kid, row.wrapped_key)
            if renewed is not None:
                await self._connection.execute(update(its).where(its.c.kid == row.kid).values(wrapped_key=renewed))
