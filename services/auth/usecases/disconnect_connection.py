"""Ends a connection here: no service works on it from now on, and the secrets that are its own are destroyed."""

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Change, Connection
from services.auth.domain.life import disconnect, erase
from services.auth.usecases.actor import Actor
from services.auth.usecases.errors import ConnectionUnknown
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id


async def disconnect_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """The connection, ended; doing it again changes nothing. Raises ConnectionUnknown."""
    connection = await _locked(connection_id, who, store)
    return await _keep(connection, disconnect(connection), who, store, clock)


async def erase_connection(connection_id: ConnectionId, who: Actor, *, store: Store, clock: Clock) -> Connection:
    """
    The same, and every service destroys what it holds of the connection's buyers, and confirms it. Raises
    ConnectionUnknown.
    """
    connection = await _locked(connection_id, who, store)
    return await _keep(connection, erase(connection, clock.now()), who, store, clock)


async def _locked(connection_id: ConnectionId, who: Actor, store: Store) -> Connection:
    connection = await store.connections.lock_own(connection_id, who.organisation_id)
    if connection is None:
        raise ConnectionUnknown
    return connection


async def _keep(connection: Connection, change: Change, who: Actor, store: Store, clock: Clock) -> Connection:
    ended = change.connection
    if ended == connection:
        return connection
    now = clock.now()
    await keep_change(change, store=store, now=now)
    if connection.app_id is not None:
        await store.private_apps.hold(connection.app_id)
    if connection.grant_id is not None:
        await store.grants.delete(connection.grant_id)
    if connection.app_id is not None:
        await store.private_apps.destroy_unused(connection.app_id)
    done = (
        (connection.state is not ended.state, Action.DISCONNECTED),
        (connection.erase_asked_at != ended.erase_asked_at, Action.ERASE_ASKED),
    )
    for it_is_so, action in done:
        if it_is_so:
            entry = AuditEntry(
                new_id(),
                now,
                action,
                who.organisation_id,
                who.user_id,
                connection.id,
                who.reason,
                client_id=who.client_id,
                before=connection.state.value,
                after=ended.state.value,
            )
            await store.audit.add(entry)
    return ended
