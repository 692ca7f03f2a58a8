"""Deleting what was kept for its time: batch by batch, each a short transaction, at the start and every hour."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog
from prometheus_client import Counter, Gauge

from shared.db.overdue import keep_overdue
from shared.db.upkeep import run_hourly
from shared.kernel.errors import Conflict, DatabaseUnavailable
from shared.runtime.serve import Part

# A batch is a few milliseconds of one connection; between two of them others have the disk to themselves.
_PAUSE_SECONDS = 0.05

Batch = Callable[[], Awaitable[Mapping[str, int]]]

log = structlog.get_logger()
deleted = Counter("passerelle_retention_deleted_total", "Records deleted as they were kept for their time", ["kind"])
late_records = Gauge("passerelle_retention_overdue", "Records that should have been deleted a day ago")


def retention_parts(batches: Mapping[str, Batch], overdue: Callable[[], Awaitable[int]]) -> list[Part]:
    """Of a worker: the deletion, and the count of what it should have deleted a day ago."""

    async def old_records(stop: asyncio.Event) -> None:
        await run_retention(batches, stop=stop)

    async def gauge(stop: asyncio.Event) -> None:
        await keep_overdue(late_records, overdue, stop=stop)

    return [old_records, gauge]


async def run_retention(batches: Mapping[str, Batch], *, stop: asyncio.Event) -> None:
    """
    Until `stop` is set. A batch deletes what is due in one transaction, skips what others hold, and says how many
    records of each kind went; none: nothing was due. Safe in several processes, and after a kill at any moment.
    """
    await run_hourly(partial(delete_all, batches, stop), stop=stop)


async def delete_all(batches: Mapping[str, Batch], stop: asyncio.Event) -> None:
    """
    What is due now, by name. One that meets a bug of ours is logged, and holds up no other.

    Raises DatabaseUnavailable, Conflict.
    """
    for name, batch in batches.items():
        try:
            await _until_nothing_is_due(batch, stop)
        except (DatabaseUnavailable, Conflict):
            raise
        except Exception:
            log.exception("retention.bug", kind=name)


async def _until_nothing_is_due(batch: Batch, stop: asyncio.Event) -> None:
    while not stop.is_set():
        gone = {kind: rows for kind, rows in (await batch()).items() if rows}
        if not gone:
            return
        for kind, rows in gone.items():
            deleted.labels(kind).inc(rows)
        log.info("retention.deleted", counts=gone)
        await asyncio.sleep(_PAUSE_SECONDS)
