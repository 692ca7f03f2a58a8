"""
f: the poller. How late one process starts what is due, with as many sellers as Amazon's published rate lets be asked
once in its interval, and how many it could keep: the polls it starts in a second while everything is due.

The real loop, use case and database on the processes' event loop; a far side that answers in 150 ms, with nothing new.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders import bootstrap
from services.orders.adapters import progress_rows, rows
from services.orders.bootstrap import POLL
from services.orders.domain.windows import Pace, Progress
from services.orders.usecases.poll import Polling, poll
from shared.db.claim_loop import run_claim_loop
from shared.db.engine import make_engine
from shared.kernel.budgets import Budgets
from shared.kernel.clock import SystemClock
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import OPERATIONS, SEARCH_ORDERS
from shared.marketplaces.models import OrderPage, OrdersQuery
from shared.marketplaces.ports import FarAccount
from tests.bench.figures import Figure, percentile
from tests.bench.place import Place
from tests.integration.orders.service import KEYS
from tests.unit.orders.builders import FakeOrders, FakeTokens, TestClock, connection

_SELLERS = 10_000
_LATE_SECONDS = 5.0
_INTERVAL = timedelta(seconds=next(1 / each.rate.per_second for each in OPERATIONS if each.name == SEARCH_ORDERS))
_ANSWERS_AFTER_SECONDS = 0.150
_DAY = timedelta(days=1)
_BEHIND = timedelta(minutes=2)
_SATURATED_SECONDS = 10
_FILLED_SECONDS = 5
_CONNECTIONS = """
    insert into connection
    select made.* from generate_series(0, cast(:last as int)) n, jsonb_populate_record(null::connection,
        cast(:seller as jsonb) || jsonb_build_object('id', uuidv7(), 'seller_id', n::text)) made
"""
_POLLS = """
    insert into poll (connection_id, due_at, progress)
    select id, due_at, cast(:progress as jsonb) || jsonb_build_object('changes_due_at', due_at)
    from (select id, cast(:start as timestamptz) + seller_id::int * cast(:each as interval) as due_at from connection)
"""


class Quiet(FakeOrders):
    """A marketplace with nothing new. `due`: when each seller is to be asked next; `late`: seconds, of each asking."""

    def __init__(self, due: dict[str, datetime]) -> None:
        super().__init__(TestClock())
        self.due = due
        self.late: list[float] = []

    def latest_before(self, now: datetime) -> datetime:
        return now - _BEHIND

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        assert query.updated_before is not None
        started_at = query.updated_before + _BEHIND
        self.late.append((started_at - self.due[account.seller_id]).total_seconds())
        self.due[account.seller_id] = started_at + _INTERVAL
        budgets.spend(SEARCH_ORDERS, started_at)
        await asyncio.sleep(_ANSWERS_AFTER_SECONDS)
        return OrderPage((), (), None, query.updated_before)


@dataclass(frozen=True)
class _Polled:
    """How late each poll began, and how long those wait that should have; seconds of our processor for each poll."""

    late: list[float]
    waiting: list[float]
    processor: float


async def measure(place: Place) -> list[Figure]:
    seconds = 2 * _INTERVAL.total_seconds() if place.long else 20
    with place.migrated("orders") as url:
        return await asyncio.to_thread(uvloop.run, _figures(url, seconds))


async def _figures(url: str, seconds: float) -> list[Figure]:
    engine = make_engine(url, "bench")
    try:
        steady = await _polled(engine, _INTERVAL.total_seconds(), seconds)
        saturated = await _polled(engine, 0.001, _SATURATED_SECONDS)
    finally:
        await engine.dispose()
    p50, p99 = (percentile(steady.late + steady.waiting, percent) for percent in (50, 99))
    keeps = len(saturated.late) / _SATURATED_SECONDS * _INTERVAL.total_seconds()
    return [
        Figure(
            "f",
            f"lateness of a poll, {_SELLERS:,} sellers asked every {_INTERVAL.total_seconds():.0f} s by one process",
            f"p50 {p50:.2f} s, p99 {p99:.2f} s; {saturated.processor * 1000:.1f} ms of processor a poll; "
            f"keeps up with {keeps:,.0f} sellers",
            "",
            f"p99 < {_LATE_SECONDS:.0f} s",
            p99 < _LATE_SECONDS,
        )
    ]


async def _polled(engine: AsyncEngine, within_seconds: float, seconds: float) -> _Polled:
    """So many seconds of polls, all sellers becoming due evenly in that span."""
    start = SystemClock().now() + timedelta(seconds=_FILLED_SECONDS)
    due = {str(n): start + timedelta(seconds=within_seconds * n / _SELLERS) for n in range(_SELLERS)}
    await _fill(engine, start, within_seconds)
    assert SystemClock().now() < start, "filling took too long"
    far_side = Quiet(due)
    async with _poller(engine, far_side):
        await asyncio.sleep(max(0.0, (start - SystemClock().now()).total_seconds()))
        spent = time.process_time()
        await asyncio.sleep(seconds)
        late, spent = list(far_side.late), time.process_time() - spent
        now = SystemClock().now()
    waiting = [(now - at).total_seconds() for at in far_side.due.values() if at < now]
    return _Polled(late, waiting, spent / max(1, len(late)))


async def _fill(engine: AsyncEngine, start: datetime, within_seconds: float) -> None:
    """Every seller was read to the end before, and is due in its turn within that span."""
    before = start - _INTERVAL
    progress = Progress(start, start + _DAY, cursor_at=before - _BEHIND, swept_at=before)
    seller = rows.connection_values(connection()) | {"id": None, "seller_id": None}
    async with engine.begin() as opened:
        await opened.execute(text("truncate poll, connection, lease cascade"))
        await opened.execute(text(_CONNECTIONS), {"last": _SELLERS - 1, "seller": json.dumps(seller, default=str)})
        told = json.dumps(progress_rows.progress_values(progress))
        each = timedelta(seconds=within_seconds / _SELLERS)
        await opened.execute(text(_POLLS), {"progress": told, "start": start, "each": each})
    async with engine.connect() as opened:
        autocommit = await opened.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze poll, connection, lease"))


@asynccontextmanager
async def _poller(engine: AsyncEngine, far_side: Quiet) -> AsyncIterator[None]:
    clock, stop = SystemClock(), asyncio.Event()
    polling = Polling(
        marketplaces={"amazon": far_side},
        operations={"amazon": (SEARCH_ORDERS,)},
        tokens=FakeTokens(),
        keys=KEYS,
        clock=clock,
        paces={"amazon": Pace(interval=_INTERVAL, overlap=timedelta(minutes=10), first=30 * _DAY, sweep=_DAY)},
        keeps={"amazon": timedelta(days=30)},
        import_marketplace_fulfilled=True,
    )
    claims = bootstrap.claims_on(engine, clock)
    task = asyncio.create_task(run_claim_loop(claims, POLL, partial(poll, polling=polling), stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task
