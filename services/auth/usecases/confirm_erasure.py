"""A service has destroyed all it held of a connection's buyers: that is the certificate, and it is written down."""

from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


async def confirm_erasure(
    connection_id: ConnectionId, asked_at: datetime, service: str, *, store: Store, clock: Clock
) -> None:
    """
    Once for each service and wish; a word about an older wish than the last says nothing of that. Raises
    ConnectionUnknown.
    """
    connection = await store.connections.lock(connection_id)
    if connection is None:
        raise ConnectionUnknown
    if connection.erase_asked_at != asked_at or service in await store.audit.erased_by(connection_id, asked_at):
        return
    entry = AuditEntry(new_id(), clock.now(), Action.ERASED, connection.organisation_id, None, connection_id, service)
    await store.audit.add(entry)
