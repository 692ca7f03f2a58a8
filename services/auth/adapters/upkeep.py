"""What is removed when its time is over, and data keys as a rotation reads and replaces them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.adapters.retention import AUDIT_BEGINS
from services.auth.domain.account import (
    ATTEMPTS_WINDOW,
    FAILURES_REMEMBERED,
    PENDING_LASTS,
    SESSION_IDLE,
    SESSION_LASTS,
)
from services.auth.domain.keys import KeyCount, Sealed, WrappedKey
from services.auth.domain.mail import KEPT_FOR
from services.auth.domain.member import INVITATION_KEPT

# A used or expired consent is kept for a day, so that whoever comes back late is told why.
_CONSENTS_KEPT = timedelta(days=1)
# So long a page can say of a secret that it was ended.
_SECRETS_KEPT = timedelta(days=90)
_BATCH = 100

# Of which kinds leases are forgotten with what they were of.
_LEASED = {
    "token": tables.access_grant,
    "mail": tables.mail,
    "invitation": tables.invitation,
    "farewell": tables.farewell,
}


@dataclass(frozen=True)
class _Key:
    """Where a data key is kept, and how its row's id is read."""

    id: Any
    wrapped: Any
    read: Callable[[str], Any]


_KEYS = {
    Sealed.GRANT: _Key(tables.access_grant.c.id, tables.access_grant.c.wrapped_key, UUID),
    Sealed.SIGNING_KEY: _Key(tables.signing_key.c.kid, tables.signing_key.c.wrapped_key, str),
    Sealed.SECOND_FACTOR: _Key(tables.second_factor.c.account_id, tables.second_factor.c.wrapped_key, UUID),
    Sealed.PRIVATE_APP: _Key(tables.private_app.c.id, tables.private_app.c.wrapped_key, UUID),
    Sealed.CLIENT_SECRET: _Key(tables.client_secret.c.id, tables.client_secret.c.wrapped_key, UUID),
    Sealed.ADDRESS: _Key(tables.address.c.id, tables.address.c.wrapped_key, UUID),
}


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
        for begun in (tables.passkey_challenge, tables.openid_state):
            await self._connection.execute(delete(begun).where(begun.c.expires_at < now))
        await self._connection.execute(delete(consent).where(consent.c.expires_at < now - _CONSENTS_KEPT))
        await self._connection.execute(delete(tables.mail).where(tables.mail.c.made_at < now - KEPT_FOR))
        invitation = tables.invitation
        await self._connection.execute(delete(invitation).where(invitation.c.expires_at < now - INVITATION_KEPT))
        revoked, secret = tables.revoked_token, tables.api_client_secret
        await self._connection.execute(delete(revoked).where(revoked.c.until < now))
        await self._connection.execute(delete(secret).where(secret.c.ended_at < now - _SECRETS_KEPT))
        look = tables.support_look
        # A reason stands in the audit log, too.
        await self._connection.execute(delete(look).where(look.c.opened_at < AUDIT_BEGINS))
        await self._connection.execute(delete(tables.farewell).where(tables.farewell.c.due_at < now - KEPT_FOR))
        lease = tables.lease
        for kind, table in _LEASED.items():
            gone = lease.c.subject.not_in(select(table.c.id))
            await self._connection.execute(delete(lease).where(lease.c.kind == kind, lease.c.token.is_(None), gone))

    async def keys_under_another(self, sealed: Sealed, newest: bytes, after: str | None) -> list[WrappedKey]:
        key = _KEYS[sealed]
        another = func.substr(key.wrapped, 1, len(newest)) != newest
        query = select(key.id, key.wrapped).where(func.length(key.wrapped) > 0, another).order_by(key.id).limit(_BATCH)
        if after is not None:
            query = query.where(key.id > key.read(after))
        return [WrappedKey(sealed, str(row[0]), row[1]) for row in await self._connection.execute(query)]

    async def replace_key(self, key: WrappedKey, wrapped: bytes) -> bool:
        its = _KEYS[key.sealed]
        replacing = update(its.id.table).where(its.id == its.read(key.id), its.wrapped == key.wrapped)
        return (await self._connection.execute(replacing.values(wrapped_key=wrapped))).rowcount == 1

    async def count_keys(self) -> Sequence[KeyCount]:
        found: list[KeyCount] = []
        for sealed, key in _KEYS.items():
            # The format, the length of the key-encryption key's id, and that id.
            kid = func.substr(key.wrapped, 3, func.get_byte(key.wrapped, 1))
            query = select(kid, func.count()).where(func.length(key.wrapped) > 2).group_by(kid).order_by(kid)
            rows = await self._connection.execute(query)
            found += [KeyCount(row[0].decode("utf-8", "replace"), sealed, row[1]) for row in rows]
        return found
