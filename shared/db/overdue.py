"""What should be gone by now, as operators watch it: counted anew each minute, by the worker of each service."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import Gauge
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.errors import Conflict, DatabaseUnavailable
from shared.db.unit_of_work import transaction

_EVERY_SECONDS = 60.0

late_erasures = Gauge("passerelle_erasures_overdue", "Orders whose personal data should have been erased an hour ago")

log = structlog.get_logger()


async def keep_overdue(gauge: Gauge, count: Callable[[], Awaitable[int]], *, stop: asyncio.Event) -> None:
    """A part of the process, until `stop` is set."""
    while not stop.is_set():
        try:
            gauge.set(await count())
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("gauges.database_away", reason=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)


async def count_of(engine: AsyncEngine, counting: Select[Any]) -> int:
    """The one number, in a transaction of its own."""
    async with transaction(engine) as connection:
        counted: int = (await connection.execute(counting)).scalar_one()
    return counted
