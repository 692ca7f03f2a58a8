"""What the worker deletes when its time is over, put together."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.retention import overdue_connections
from services.auth.adapters.store import bind
from services.auth.usecases.delete_old import delete_old_connections
from shared.db.overdue import count_of
from shared.db.retention import Batch
from shared.db.unit_of_work import SqlUnitOfWork, run_in_transaction
from shared.kernel.clock import Clock


def retention_on(engine: AsyncEngine, keep: timedelta, clock: Clock) -> Mapping[str, Batch]:
    """What is deleted as it was kept for its time, a batch per call and transaction."""
    work = partial(delete_old_connections, keep=keep, clock=clock)
    return {"connections": partial(run_in_transaction, SqlUnitOfWork(engine, bind), work)}


def overdue_records_on(engine: AsyncEngine, keep: timedelta) -> Callable[[], Awaitable[int]]:
    """How much should have been deleted by now."""
    return partial(count_of, engine, overdue_connections(keep))
