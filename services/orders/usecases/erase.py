"""
Destroying buyers' data whose time is over, or whose seller wants it gone: by connection, a batch in each transaction,
told with it.
"""

from dataclasses import dataclass
from functools import partial
from itertools import repeat

import structlog

from services.orders.domain.erasure import TIME_IS_OVER, WISHED, erased
from services.orders.usecases.order_events import told
from services.orders.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Erasures, Lease
from shared.kernel.turns import within_a_turn

BATCH = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Erasing:
    """What erasing is made of. `erasures`: who is told when a seller's wish is fulfilled."""

    erasures: Erasures
    clock: Clock


async def erase_due(lease: Lease[Store], *, erasing: Erasing) -> None:
    """
    Erases what is due of the lease's connection, longest due first, for one turn.

    A process that dies anywhere leaves whole batches behind: erased and told, or neither.

    Raises LeaseLost, Unavailable.
    """
    connection_id = ConnectionId(lease.subject)
    batch = partial(erase_batch, connection_id=connection_id, clock=erasing.clock)
    for each in within_a_turn(repeat(batch), erasing.clock):
        if not await lease.settle(each):
            await _confirm(lease, connection_id, erasing.erasures)
            return


async def erase_batch(store: Store, connection_id: ConnectionId, clock: Clock) -> bool:
    """In the caller's transaction, which locks the orders. False: nothing was due."""
    connection = await store.connections.get(connection_id)
    why = WISHED if connection is not None and connection.erasing else TIME_IS_OVER
    entries, gone, events = [], [], []
    for known in await store.orders.lock_to_erase(connection_id, BATCH):
        order, entry = erased(known, clock.now(), why)
        order, event = told(known, order, clock)
        gone.append(order)
        entries.append((order.organisation_id, order.id, entry))
        if event is not None:
            events.append(event)
    await store.orders.erase(gone)
    await store.timeline.add(entries)
    await store.outbox.add_all(events)
    records = await store.unreadable.erase_due(connection_id, BATCH)
    if gone or records:
        log.info("personal_data.erased", connection_id=connection_id, orders=len(gone), unreadable=records)
    return bool(gone or records)


async def _confirm(lease: Lease[Store], connection_id: ConnectionId, erasures: Erasures) -> None:
    """Where the seller wanted it and nothing is left. Told first, then noted: told again, it changes nothing."""
    connection = await lease.read(lambda store: store.connections.get(connection_id))
    if connection is None or connection.erase_asked_at is None or not connection.erasing:
        return
    asked_at = connection.erase_asked_at
    await erasures.confirm(connection_id, asked_at)
    await lease.settle(lambda store: store.connections.erased(connection_id, asked_at))
    log.info("connection.erased", connection_id=connection_id, organisation_id=connection.organisation_id)
