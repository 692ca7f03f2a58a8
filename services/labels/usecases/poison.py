"""
A row that meets a bug of ours: it is logged, rests, and is tried again later, so that those behind it flow on.

It rests by the database alone, whatever is wrong with it: it need not even be readable.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from services.labels.usecases.ports import Store
from shared.kernel.errors import Conflict, DatabaseUnavailable, FarSideError
from shared.kernel.ports import Lease, LeaseLost, TooLate

REST_SECONDS = 300.0

# What is foreseen, and concerns more than this row.
FORESEEN = (FarSideError, LeaseLost, TooLate, DatabaseUnavailable, Conflict)

log = structlog.get_logger()


async def rest_on_bug(
    lease: Lease[Store], shipment_id: UUID, work: Awaitable[None], rest: Callable[[Store], Awaitable[None]]
) -> None:
    """Awaits `work` for one parcel; what nobody foresaw ends in the log, and in `rest`. Raises FORESEEN."""
    try:
        await work
    except FORESEEN:
        raise
    except Exception:
        log.exception("row.bug", kind=lease.kind, shipment_id=str(shipment_id))
        await lease.settle_write(rest)
