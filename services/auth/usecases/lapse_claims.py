"""Ends claims that nothing proved in their time: whoever only types seller ids does not keep them for ever."""

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import CLAIM_LASTS, lapse
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


async def lapse_claims(*, store: Store, clock: Clock) -> None:
    """A batch; the next ones at the next time."""
    now = clock.now()
    for connection in await store.connections.lock_lapsed(now - CLAIM_LASTS):
        await keep_change(lapse(connection, now), store=store, now=now)
        await store.audit.add(
            AuditEntry(new_id(), now, Action.LAPSED, connection.organisation_id, connection_id=connection.id)
        )
