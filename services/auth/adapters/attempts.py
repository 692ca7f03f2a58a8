"""Counted attempts, locks of sign-in, and links sent by mail, in PostgreSQL: each under a digest or a mask."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, case, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.account import FAILURES_REMEMBERED, LOCK_LASTS, LOCKED_AFTER
from services.auth.domain.mail import Link, MailKind
from services.auth.usecases.account_ports import Counted
from shared.kernel.ids import UserId


class SqlAttempts:
    """See `usecases.account_ports.Attempts`."""

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


class SqlLocks:
    """See `usecases.account_ports.Locks`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(self, digest: str, account_id: UserId | None, now: datetime) -> tuple[int, datetime | None]:
        its = tables.sign_in_lock
        # One that is deleted meanwhile is none: the reference would fail when its row is gone.
        account = select(tables.account.c.id).where(tables.account.c.id == account_id)
        there = account.with_for_update(read=True, key_share=True).scalar_subquery()
        first = {"digest": digest, "account_id": there, "failures": 1, "failed_at": now, "locked_until": None}
        locked, long_ago = its.c.locked_until.is_not(None), its.c.failed_at < now - FAILURES_REMEMBERED
        over = or_(its.c.locked_until <= now, and_(~locked, long_ago))
        one_more = its.c.failures + 1
        locks = and_(~locked, one_more >= LOCKED_AFTER)
        counting = upsert(its).values(first)
        counting = counting.on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "account_id": counting.excluded.account_id,
                "failures": case((over, 1), else_=one_more),
                "failed_at": now,
                "locked_until": case((over, None), (locks, now + LOCK_LASTS), else_=its.c.locked_until),
            },
        )
        row = (await self._connection.execute(counting.returning(its.c.failures, its.c.locked_until))).one()
        return row.failures, row.locked_until

    async def forget(self, digest: str) -> None:
        await self._connection.execute(delete(tables.sign_in_lock).where(tables.sign_in_lock.c.digest == digest))

    async def open(self, account_id: UserId, now: datetime) -> bool:
        its = tables.sign_in_lock
        gone = await self._connection.execute(
            delete(its).where(its.c.account_id == account_id).returning(its.c.locked_until)
        )
        return any(until is not None and until > now for until in gone.scalars())


class SqlLinks:
    """See `usecases.account_ports.Links`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, link: Link) -> None:
        adding = insert(tables.account_link).values(
            digest=link.digest, account_id=link.account_id, kind=link.kind.value, expires_at=link.expires_at
        )
        await self._connection.execute(adding)

    async def holder(self, digest: str, kind: MailKind, now: datetime) -> UserId | None:
        its = tables.account_link
        good = (its.c.digest == digest, its.c.kind == kind.value, its.c.expires_at > now)
        found = (await self._connection.execute(select(its.c.account_id).where(*good))).scalar_one_or_none()
        return UserId(found) if found else None

    async def use(self, digest: str, kind: MailKind, now: datetime) -> UserId | None:
        its = tables.account_link
        good = (its.c.digest == digest, its.c.kind == kind.value, its.c.expires_at > now)
        used = (
            await self._connection.execute(delete(its).where(*good).returning(its.c.account_id))
        ).scalar_one_or_none()
        if used is None:
            return None
        await self._connection.execute(delete(its).where(its.c.account_id == used, its.c.kind == kind.value))
        return UserId(used)
