"""Whose session a cookie is."""

from services.auth.domain.account import SEEN_EVERY, Account, Session, is_live
from services.auth.domain.opaque import digest
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock


async def resolve_session(cookie: str, *, store: Store, clock: Clock) -> tuple[Session, Account] | None:
    """None: there is none, it ended or waits, or its account is disabled. A session in use lives on."""
    found = await store.sessions.by_digest(digest(cookie))
    now = clock.now()
    if found is None or found[0].pending or found[1].disabled_at is not None or not is_live(found[0], now):
        return None
    session, account = found
    if now - session.seen_at >= SEEN_EVERY:
        await store.sessions.touch(session.id, now)
    return session, account


async def resolve_pending(cookie: str, *, store: Store, clock: Clock) -> tuple[Session, Account] | None:
    """Of whom the second factor is waited for; None: of nobody, or no longer."""
    found = await store.sessions.by_digest(digest(cookie))
    if found is None or not found[0].pending or found[1].disabled_at or not is_live(found[0], clock.now()):
        return None
    return found
