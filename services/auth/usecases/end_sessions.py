"""Sessions of one's own ended by hand; the other services stop believing them within their 30 seconds of cache."""

from uuid import UUID

from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.errors import SessionUnknown
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


async def end_session(session_id: UUID, who: Who, *, store: Store, clock: Clock) -> None:
    """Raises SessionUnknown: there is none, or it is somebody else's."""
    if not await store.sessions.delete_own(session_id, who.user_id):
        raise SessionUnknown
    await _note(who, store, clock)


async def end_other_sessions(who: Who, *, store: Store, clock: Clock) -> None:
    """All but the one they act with."""
    if await store.sessions.delete_all(who.user_id, but=who.session):
        await _note(who, store, clock)


async def _note(who: Who, store: Store, clock: Clock) -> None:
    ended = AuditEntry(new_id(), clock.now(), Action.SESSIONS_ENDED, who.organisation_id, who.user_id)
    await store.audit.add(ended)
