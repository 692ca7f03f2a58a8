"""Ends a connection here: no service works on it from now on, and the secrets that are its own are destroyed."""

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Connection
from services.auth.domain.life import disconnect
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


async def disconnect_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection, ended; doing it again changes nothing. Raises ConnectionUnknown."""
    connection = await store.connections.lock_own(connection_id, who.organisation_id)
    if connection is None:
        raise ConnectionUnknown
    change = disconnect(connection)
    if change.connection == connection:
        return connection
    now = clock.now()
    await keep_change(change, store=store, now=now)
    if connection.grant_id is not None:
        await store.grants.delete(connection.grant_id)
    await store.audit.add(
        AuditEntry(
            new_id(),
            now,
            Action.DISCONNECTED,
            who.organisation_id,
            who.user_id,
            connection_id,
            who.reason,
            client_id=who.client_id,
            before=connection.state.value,
            after=change.connection.state.value,
        )
    )
    return change.connection
