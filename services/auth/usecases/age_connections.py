"""What time alone does to consents: those that end soon are told of, those whose time is over stop or go on."""

from datetime import datetime

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import Connection, Happened
from services.auth.domain.life import EXPIRING_FOR, age
from services.auth.usecases.keep_change import keep_change
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, new_id

_ACTIONS = {Happened.EXPIRING: Action.EXPIRING, Happened.EXPIRED: Action.EXPIRED}


async def age_connections(
    after: ConnectionId | None, *, goes_on: bool, store: Store, clock: Clock
) -> ConnectionId | None:
    """A batch of those whose end is near, in the order of their ids. Gives the last id; None: there was none left."""
    now = clock.now()
    found = await store.connections.lock_ending(now + EXPIRING_FOR, after)
    for connection in found:
        change = age(connection, now, goes_on=goes_on)
        if change.connection == connection:
            continue
        await keep_change(change, store=store, now=now)
        if change.happened in _ACTIONS:
            await store.audit.add(_entry(connection, _ACTIONS[change.happened], now))
    return found[-1].id if found else None


def _entry(connection: Connection, action: Action, now: datetime) -> AuditEntry:
    return AuditEntry(new_id(), now, action, connection.organisation_id, connection_id=connection.id)
