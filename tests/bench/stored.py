"""
h: a database that has grown. The same figures with 1,000 orders stored and with many more: pages of a hundred orders
stored, the list of orders, its search, the dashboard.

What is under way stays as it is: the newest thousand are the same, the rest is history, done long ago. The relay and
the consumer look at no stored order, so rows a and b hold for all sizes. The three databases are measured in turns.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast
from uuid import uuid4

import httpx

from services.orders import bootstrap
from services.orders.bootstrap import OrdersParts
from services.orders.entrypoints.api import make_app
from services.orders.usecases.receive_orders import receive_orders
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from shared.db.engine import make_engine
from shared.kernel.clock import SystemClock
from shared.marketplaces.models import OrderPage
from tests.bench import dashboard, orders_list
from tests.bench.figures import ROUNDS, Figure, medians
from tests.bench.place import Place
from tests.integration.orders.browsers import KnownSessions, KnownTokens, client
from tests.integration.orders.service import KEYS
from tests.unit.orders.builders import CONNECTION_ID, KEEP, connection, order, page

_FEWEST = 1_000
_PAGES = 5
_TIMES = 5
_LISTS = {
    "list": "/orders",
    "list, one stage": "/orders?stage=confirmed",
    "list, nothing fits": "/orders?channel=nowhere",
    "search": "/orders?search=402-0000999",
    "dashboard": "/dashboard",
}
# One finished order of last year, as often as wanted: whatever columns its tables have.
_HISTORY = (
    """
    create temporary table copied as select
        (select id from marketplace_order where status = 'shipped' and stage = 'confirmed' limit 1) as of_id,
        uuidv7(interval '-20 days' - n * interval '30 seconds') as id, n
    from generate_series(1, :more) n
    """,
    """
    insert into marketplace_order select made.* from copied join marketplace_order m on m.id = of_id,
        lateral jsonb_populate_record(m, jsonb_build_object('id', copied.id,
            'marketplace_order_id', '401-' || lpad(n::text, 7, '0') || '-0000001',
            'placed_at', now() - interval '20 days' - n * interval '30 seconds',
            'updated_at', now() - interval '18 days' - n * interval '30 seconds',
            'ship_by', now() - interval '17 days' - n * interval '30 seconds')) made
    """,
    """
    insert into order_line select made.* from copied join order_line l on l.order_id = of_id,
        lateral jsonb_populate_record(l, jsonb_build_object('id', uuidv7(), 'order_id', copied.id)) made
    """,
    """
    insert into reservation select made.* from copied join reservation r on r.order_id = of_id,
        lateral jsonb_populate_record(r, jsonb_build_object('order_id', copied.id)) made
    """,
    """
    insert into shipments select made.* from copied join shipments s on s.order_id = of_id,
        lateral jsonb_populate_record(s, jsonb_build_object('order_id', copied.id)) made
    """,
)


@dataclass(frozen=True)
class _Stored:
    """One database with so many orders."""

    orders: int
    parts: OrdersParts
    browser: httpx.AsyncClient

    async def pages_stored(self) -> float:
        """Pages of a hundred new orders, each one transaction, a second."""
        pages = [_new_page() for _ in range(_PAGES)]
        started = time.perf_counter()
        for one in pages:
            async with self.parts.uow() as store:
                await store.connections.lock(CONNECTION_ID)
                await receive_orders(
                    one, connection=connection(), store=store, keys=KEYS, clock=self.parts.clock, keep=KEEP
                )
        return _PAGES / (time.perf_counter() - started)

    async def shown(self, path: str) -> float:
        """Answers a second to one who asks again and again."""
        started = time.perf_counter()
        for _ in range(_TIMES):
            (await self.browser.get(path, headers={"accept": "text/html"})).raise_for_status()
        return _TIMES / (time.perf_counter() - started)


async def measure(place: Place) -> list[Figure]:
    sizes = (_FEWEST, 100_000, 1_000_000) if place.long else (_FEWEST, 100_000)
    async with AsyncExitStack() as opened:
        stored = [await _filled(place, size, opened) for size in sizes]
        figures = [await _figure("pages stored", [partial(_Stored.pages_stored, one) for one in stored], sizes)]
        for name, path in _LISTS.items():
            figures.append(await _figure(name, [partial(one.shown, path) for one in stored], sizes))
    return figures


async def _figure(name: str, rates: list[Callable[[], Awaitable[float]]], sizes: tuple[int, ...]) -> Figure:
    for rate in rates:
        await rate()
    first, *others = await medians(ROUNDS, *rates)
    kept = min(others) / first
    sizes_seen = ", ".join(f"{one:,.1f}/s of {size:,}" for one, size in zip(others, sizes[1:], strict=True))
    measured = f"{name}: {kept:.2f} ({sizes_seen})"
    return Figure(
        "h", f"{name}, many orders stored", measured, f"{first:,.1f}/s of {_FEWEST:,}", ">= 0.8 of it", kept >= 0.8
    )


async def _filled(place: Place, size: int, opened: AsyncExitStack) -> _Stored:
    url = opened.enter_context(place.migrated("orders"))
    await orders_list.fill(url, _FEWEST)
    await dashboard.add_parcels(url)
    await orders_list.fill_by(url, _HISTORY, more=size - _FEWEST)
    engine = make_engine(url, "bench")
    opened.push_async_callback(engine.dispose)
    parts = bootstrap.orders_on(engine, KEYS, SystemClock())
    access = Access(KnownSessions(), cast(TokenVerifier, KnownTokens()), "http://127.0.0.1:8080")
    browser = await opened.enter_async_context(client(make_app(parts, access), "ours"))
    return _Stored(size, parts, browser)


def _new_page() -> OrderPage:
    now = SystemClock().now()
    told = {"placed_at": now - timedelta(hours=2), "updated_at": now, "ship_by": now + timedelta(days=2)}
    return page(*(order(uuid4().hex, **told) for _ in range(100)))
