"""A service was refused by the far side: auth looks for itself before it believes that the consent is gone."""

from services.auth.domain.life import suspect
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId


async def report_consent_lost(connection_id: ConnectionId, consent_version: int, *, store: Store, clock: Clock) -> None:
    """Makes a probe due, with a new token; a report of an older consent is ignored. Raises ConnectionUnknown."""
    connection = await store.connections.lock(connection_id)
    if connection is None:
        raise ConnectionUnknown
    now = clock.now()
    change = suspect(connection, consent_version, now)
    if change.connection != connection:
        await keep_change(change, store=store, now=now)
