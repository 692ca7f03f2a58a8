"""A connection's name, as the organisation calls it."""

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Connection, rename
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


async def rename_connection(
    connection_id: ConnectionId, name: str, who: Actor, *, store: Store, clock: Clock
) -> Connection:
    """The connection renamed. Raises ConnectionUnknown, NameInvalid."""
    connection = await store.connections.lock_own(connection_id, who.organisation_id)
    if connection is None:
        raise ConnectionUnknown
    change = rename(connection, name)
    if change.happened is None:
        return connection
    now = clock.now()
    await keep_change(change, store=store, now=now)
    await store.audit.add(AuditEntry(new_id(), now, Action.RENAMED, who.organisation_id, who.user_id, connection_id))
    return change.connection
