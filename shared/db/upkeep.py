"""Upkeep that nobody waits for: at the start and every hour, sooner again while what it needs is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from shared.db.errors import Conflict, DatabaseUnavailable
from shared.kernel.errors import Unavailable

_REST_SECONDS = 3600.0
_AWAY_SECONDS = 5.0
_FAR_SIDE_AWAY_SECONDS = 60.0

log = structlog.get_logger()


async def run_hourly(work: Callable[[], Awaitable[None]], *, stop: asyncio.Event) -> None:
    """Until `stop` is set. `work` is safe to repeat, and to run in several processes."""
    while not stop.is_set():
        rest = _REST_SECONDS
        try:
            await work()
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("upkeep.database_away", reason=str(error))
            rest = _AWAY_SECONDS
        except Unavailable as error:
            log.warning("upkeep.far_side_away", reason=error.code)
            rest = _FAR_SIDE_AWAY_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rest)
