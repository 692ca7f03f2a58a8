"""
Reading: the poller's claim loop and use case, with Amazon's adapter, the published rates and a real database.

The big seller's orders have waited for ten days; the small ones' came before and come on while it is read. A page's
wait: from when its connection was due until it is stored.
"""

import asyncio
import random
from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orders import bootstrap
from services.orders.adapters import tables
from services.orders.bootstrap import POLL
from services.orders.domain.windows import Pace
from services.orders.usecases.poll import Polling, poll
from services.orders.usecases.ports import Store
from shared.db.claim_loop import ClaimLoop
from shared.db.claims import SqlLease
from shared.db.unit_of_work import transaction
from shared.events.auth import ConnectionAuthorisedV1
from shared.kernel.ids import ConnectionId
from shared.marketplaces.registry import AMAZON, PACES, far_sides, marketplaces
from tests.fairness.far_side import Amazon, Shop
from tests.fairness.sellers import BIG, Size, Tokens, Waits, moments
from tests.fairness.virtual_time import START, VirtualClock
from tests.integration.orders.service import KEYS, connection_event
from tests.unit.orders.builders import connection

_WAITED_SECONDS = 10 * 86_400
_BEFORE, _EVERY_SECONDS = 5, 1200
_PER_SECOND, _BURST = 0.0056, 20  # pages
# The interval between two readings, what Amazon shows late, and the reading itself.
_SEEN_WITHIN_SECONDS = 600


async def read(engine: AsyncEngine, size: Size) -> Waits:
    """Until the big seller's last page is stored."""
    clock = VirtualClock()
    shops = _shops(size)
    amazon = Amazon({str(seller): shop for seller, shop in shops.items()}, size.page)
    await _connect(engine, clock, shops)
    stop, waits, polling = asyncio.Event(), list[float](), _polling(amazon, clock)

    async def work(lease: SqlLease[Store]) -> None:
        due_at = await _due_at(engine, lease.subject)
        await poll(lease, polling=polling)
        if lease.subject != BIG:
            waits.append((clock.now() - due_at).total_seconds())
        elif shops[BIG].read:
            stop.set()

    await ClaimLoop(bootstrap.claims_on(engine, clock), POLL, work, concurrency=size.places).run(stop)
    await _nothing_is_missing(engine, shops, clock)
    return Waits(waits, clock.monotonic(), amazon.calls.total(), amazon.refused.total())


def _shops(size: Size) -> dict[UUID, Shop]:
    chance = random.Random(1)
    takes = max(0.0, size.orders / size.page - _BURST) / _PER_SECOND
    shops = {seller: Shop(number) for number, seller in enumerate(size.sellers())}
    for seller, shop in shops.items():
        early = START - timedelta(seconds=_WAITED_SECONDS)
        if seller == BIG:
            shop.placed = moments(chance, early, _WAITED_SECONDS - 300, size.orders)
        else:
            later = moments(chance, START, takes, round(takes / _EVERY_SECONDS))
            shop.placed = [*moments(chance, early, _WAITED_SECONDS - 300, _BEFORE), *later]
    return shops


async def _connect(engine: AsyncEngine, clock: VirtualClock, shops: Mapping[UUID, Shop]) -> None:
    (apply,) = [one.handle for one in bootstrap.subscriptions(clock) if one.topic.name == ConnectionAuthorisedV1.TOPIC]
    made = [connection(id=ConnectionId(seller), seller_id=f"A{shop.number}") for seller, shop in shops.items()]
    async with transaction(engine) as opened:
        await apply(bootstrap.bind(opened), [connection_event(one, ConnectionAuthorisedV1) for one in made])


def _polling(amazon: Amazon, clock: VirtualClock) -> Polling:
    built = marketplaces(amazon, far_sides({}), clock=clock)[AMAZON]
    usual = PACES[AMAZON]
    interval, overlap, sweep = (
        timedelta(seconds=seconds) for seconds in (usual.interval_seconds, usual.overlap_seconds, usual.sweep_seconds)
    )
    return Polling(
        marketplaces={AMAZON: built.orders},
        operations={AMAZON: tuple(each.name for each in built.operations if each.kind == POLL)},
        tokens=Tokens(),
        keys=KEYS,
        clock=clock,
        paces={AMAZON: Pace(interval=interval, overlap=overlap, first=timedelta(days=30), sweep=sweep)},
        keeps={AMAZON: timedelta(days=30)},
        import_marketplace_fulfilled=True,
    )


async def _due_at(engine: AsyncEngine, seller: UUID) -> datetime:
    async with transaction(engine) as opened:
        due = select(tables.poll.c.due_at).where(tables.poll.c.connection_id == seller)
        found: datetime = (await opened.execute(due)).scalar_one()
        return found


async def _nothing_is_missing(engine: AsyncEngine, shops: Mapping[UUID, Shop], clock: VirtualClock) -> None:
    """Each order stored that was placed before the last reading of its connection began."""
    table = tables.order
    async with transaction(engine) as opened:
        query = select(table.c.connection_id, func.count().label("stored")).group_by(table.c.connection_id)
        stored = {row.connection_id: row.stored for row in await opened.execute(query)}
    seen_until = clock.now() - timedelta(seconds=_SEEN_WITHIN_SECONDS)
    for seller, shop in shops.items():
        wanted = len(shop.placed) if seller == BIG else bisect_left(shop.placed, seen_until)
        assert stored.get(seller, 0) >= wanted, f"seller {shop.number}: {stored.get(seller)} of {wanted}"
