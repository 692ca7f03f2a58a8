"""
Forgetting what was made of buyers' data when its time is over, whether orders has said so or not; or when the seller
wants it.

The event of orders does the same, in `receive.py`: whichever comes first.
"""

from dataclasses import dataclass
from functools import partial
from itertools import repeat

import structlog

from services.labels.domain.erasure import erased
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Erasures, Lease
from shared.kernel.turns import within_a_turn

BATCH = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Erasing:
    """What erasing is made of. `erasures`: who is told when a seller's wish is fulfilled."""

    erasures: Erasures
    planner: Planner


async def erase_due(lease: Lease[Store], *, erasing: Erasing) -> None:
    """What is due of the lease's connection, a batch per transaction. Raises LeaseLost, Unavailable."""
    connection_id = ConnectionId(lease.subject)
    batch = partial(_erase_batch, connection_id=connection_id, planner=erasing.planner)
    for each in within_a_turn(repeat(batch), erasing.planner.clock):
        if not await lease.settle(each):
            await _confirm(lease, connection_id, erasing.erasures)
            return


async def _erase_batch(store: Store, *, connection_id: ConnectionId, planner: Planner) -> bool:
    """Planned anew with it: what waits for its label now says why it never gets one. False: nothing was due."""
    now = planner.now()
    before = await store.fulfilments.lock_to_erase(connection_id, BATCH)
    after = await planner.plan(store, [erased(one, now) for one in before])
    await save_and_tell(store, list(zip(before, after, strict=True)), now)
    if before:
        log.info("personal_data.erased", connection_id=connection_id, orders=len(before))
    return bool(before)


async def _confirm(lease: Lease[Store], connection_id: ConnectionId, erasures: Erasures) -> None:
    """Where the seller wanted it and nothing is left. Told first, then noted: told again, it changes nothing."""
    asked_at = await lease.read(lambda store: store.connections.erasure_wished(connection_id))
    if asked_at is None:
        return
    await erasures.confirm(connection_id, asked_at)
    await lease.settle(lambda store: store.connections.erased(connection_id, asked_at))
    log.info("connection.erased", connection_id=connection_id)
