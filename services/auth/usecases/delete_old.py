"""
Deleting connections that ended and were kept for their time: each call is one batch, in its own transaction; and what
is left of organisations that were closed.

Who has a copy is told with it, by an event without data: nothing of it is left on the topic either. Whoever still asks
for one hears that there is none. Its seller, who comes back, is new.
"""

from collections.abc import Mapping
from datetime import timedelta

from services.auth.usecases.ports import Store
from services.auth.usecases.retention_ports import Removed
from shared.events.auth import ConnectionDeletedV1, OrganisationDeletedV1
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id

BATCH = 200


async def delete_old_connections(store: Store, *, keep: timedelta, clock: Clock) -> Mapping[str, int]:
    """In the caller's transaction. How many went."""
    await store.old.note_ends(BATCH)
    removed = await store.old.delete(keep, BATCH)
    await _tell(removed, store, clock)
    return {"connection": len(removed.connections)}


async def delete_closed(*, store: Store, clock: Clock) -> None:
    """In the caller's transaction. What the audit log of an organisation spoke of goes with it, and its row."""
    await _tell(await store.old.delete_closed(), store, clock)


async def _tell(removed: Removed, store: Store, clock: Clock) -> None:
    now = clock.now()
    connections = [
        Event(new_id(), each, last + 1, now, ConnectionDeletedV1())
        for each, last in removed.connections.items()
        if last
    ]
    # Its first event said that it is closed.
    organisations = [Event(new_id(), each, 2, now, OrganisationDeletedV1()) for each in removed.organisations]
    for event in (*connections, *organisations):
        await store.outbox.add(event)
