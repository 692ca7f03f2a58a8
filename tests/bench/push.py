"""
How fast stock reaches the channels, on a real PostgreSQL with far sides that answer at once: figures, printed.

`python -m tests.bench.push [SKUs]`. What is measured is ours alone; a real marketplace's quotas come on top.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable

import structlog

from services.inventory.domain.sku import StockRow
from shared.db.engine import make_engine
from tests.conftest import migrate
from tests.infrastructure import DatabaseServer, running_postgres, unique_name
from tests.integration.inventory.channels import Shop
from tests.integration.inventory.conftest import Inventory
from tests.unit.inventory.builders import order, order_line
from tests.unit.inventory.far_sides import offer

_PAGE = 100
_PAGES = 10


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    skus = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with running_postgres() as server_url, DatabaseServer(server_url) as server:
        name = unique_name("inventory")
        server.create(name)
        try:
            migrate("inventory", server.url(name))
            asyncio.run(_measure(server.url(name), [f"sku-{number:05d}" for number in range(skus)]))
        finally:
            server.drop(name)


async def _measure(url: str, codes: list[str]) -> None:
    engine = make_engine(url, "bench", pool_size=8)
    shop = Shop(Inventory(engine))
    shop.slower("amazon", lines=20, open_at_once=20)
    try:
        await _count(shop, codes, 100)
        await _orders("a page of 100 orders, nothing listed", shop, codes)
        for name in shop.stock:
            shop.listings[name].page_size = 1000
            await _timed(f"{len(codes)} listings of {name} read and mapped", shop.connect(name, *map(offer, codes)))
        await _timed("all told for the first time", shop.push())
        await _orders("a page of 100 orders, listed on two channels", shop, codes)
        await _timed("what they changed told", shop.push())
        await _timed(f"{len(codes)} SKUs counted anew", _count(shop, codes, 90))
        await _timed("all told again", shop.push())
        await _timed("one order, until both channels show it", _one_sale(shop, codes[0]))
    finally:
        await engine.dispose()


async def _count(shop: Shop, codes: list[str], counted: int) -> None:
    for start in range(0, len(codes), 1000):
        await shop.inventory.set(*(StockRow(code, counted=counted) for code in codes[start : start + 1000]))


async def _orders(what: str, shop: Shop, codes: list[str]) -> None:
    """The mean of some pages; every order has a line of another SKU."""
    started = time.perf_counter()
    for page in range(_PAGES):
        lines = (order_line(codes[(page * _PAGE + number) % len(codes)], 1) for number in range(_PAGE))
        await shop.inventory.apply(*(order([line]) for line in lines))
    _say(what, (time.perf_counter() - started) / _PAGES)


async def _one_sale(shop: Shop, code: str) -> None:
    before = shop.stock["octopia"].shows["", code]
    await shop.inventory.apply(order([order_line(code, 1)]))
    await shop.push()
    assert shop.stock["amazon"].shows["FR", code] == shop.stock["octopia"].shows["", code] == before - 1


async def _timed(what: str, work: Awaitable[None]) -> None:
    started = time.perf_counter()
    await work
    _say(what, time.perf_counter() - started)


def _say(what: str, seconds: float) -> None:
    print(f"{what}: {seconds * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
