"""Asking the far side at once while somebody waits for the next page; where that fails the worker asks later."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from services.auth.bootstrap import PROBE, Auth
from services.auth.usecases.count_attempt import check_attempts, count_attempt, look_keys
from services.auth.usecases.errors import Busy
from services.auth.usecases.ports import Store
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.errors import FarSideError
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Lease, LeaseLost

LOOK_SECONDS = 5.0
_AGAIN_SECONDS = 0.1

log = structlog.get_logger()


async def look_at_once(held: Auth, connection_id: ConnectionId, *, seconds: float = LOOK_SECONDS) -> bool:
    """Probes; False: it could not be, and stays due."""
    try:
        async with asyncio.timeout(seconds), probing(held, connection_id) as lease:
            await held.probe(lease)
    except (FarSideError, LeaseLost, DatabaseUnavailable, Conflict, TimeoutError) as error:
        log.warning("probe.later", connection_id=str(connection_id), reason=type(error).__name__)
        return False
    return True


async def look_at_all(held: Auth, connection_ids: Sequence[ConnectionId]) -> int:
    """Probes one after the other, all of them no longer than one may take: how many stay due."""
    until, due = held.clock.monotonic() + LOOK_SECONDS, 0
    for each in connection_ids:
        seconds = until - held.clock.monotonic()
        if seconds <= 0 or not await look_at_once(held, each, seconds=seconds):
            due += 1
    return due


async def look_if_asked(held: Auth, connection_id: ConnectionId) -> bool:
    """The same for whoever may press a button again and again. Raises TooManyAttempts."""
    now = held.clock.now()
    async with held.uow() as store:
        counted = await count_attempt(look_keys(connection_id, held.mask_attempt), store=store, now=now)
    check_attempts(counted, now)
    return await look_at_once(held, connection_id)


@asynccontextmanager
async def probing(held: Auth, connection_id: ConnectionId) -> AsyncIterator[Lease[Store]]:
    """The connection's lease, waited for a little while the worker has it. Raises Busy."""
    until = held.clock.monotonic() + LOOK_SECONDS / 2
    while True:
        async with held.claims.lease_of(PROBE, connection_id) as lease:
            if lease is not None:
                yield lease
                return
        if held.clock.monotonic() > until:
            raise Busy("somebody asks about this connection just now")
        await asyncio.sleep(_AGAIN_SECONDS)
