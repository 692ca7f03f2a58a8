"""The whole product on a place's servers, with a shop in it whose orders are told as fast as it can."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.settings import PROCESSES
from deploy.local.stack import Stack
from shared.db.engine import make_engine
from tests.bench.place import Place
from tests.infrastructure import unique_name
from tests.shop import Shop, open_shop, stack_for_tests

SKUS = tuple(f"SKU-{n:03d}" for n in range(1, 21))
_LOOK_SECONDS = 0.02
# Nothing on the far side binds: no quota, no delay. What is left is ours, and the processor time of its sandbox.
_SETTINGS = {
    "LOG_LEVEL": "INFO",
    "ORDERS_POLL_INTERVAL_SECONDS": '{"amazon": 5}',
    "INVENTORY_PUSH_DELAY_SECONDS": "2",
    "LABELS_READ_BACK_SECONDS": '{"amazon": 0.2}',
    "SANDBOX_OPTIONS": "--quota-scale=1000000 --list-lag-seconds=0 --write-visible-seconds=0 --patch-applied-seconds=0",
}
_ORDERS = text("select count(*) from marketplace_order")
_CONFIRMED = text("select count(*) from write_back where state = 'confirmed'")
# Every service has done its part of it: it is stored, its stock is reserved, its parcel planned.
_PLANNED = text("select count(distinct order_id) from shipment")


@dataclass(frozen=True)
class Product:
    """`orders`, `labels`: their databases, looked into from outside."""

    stack: Stack
    shop: Shop
    orders: AsyncEngine
    labels: AsyncEngine

    async def tell(self, count: int, *, within_seconds: float = 600) -> float:
        """Seconds from the first of so many new orders read to the last one's tracking number read back."""
        stored, confirmed = await _number(self.orders, _ORDERS), await _number(self.labels, _CONFIRMED)
        async with asyncio.timeout(within_seconds):
            planting = asyncio.create_task(self.shop.plant(count, skus=list(SKUS)))
            await _until_more(self.orders, _ORDERS, stored)
            started = time.perf_counter()
            await planting
            await _until_more(self.labels, _CONFIRMED, confirmed + count - 1)
            return time.perf_counter() - started

    async def plan(self, count: int, *, within_seconds: float = 600) -> None:
        """So many new orders up to their planned parcels; no label is made of them."""
        planned = await _number(self.labels, _PLANNED)
        async with asyncio.timeout(within_seconds):
            await self.shop.plant(count, skus=list(SKUS))
            await _until_more(self.labels, _PLANNED, planned + count - 1)


@asynccontextmanager
async def running_product(place: Place) -> AsyncIterator[Product]:
    """Started, ready, its shop connected with labels on automatic; its databases are dropped after."""
    name = unique_name("bench")
    settings = _SETTINGS | {
        "DATABASE_SERVER_URL": place.server.server_url,
        "KAFKA_BOOTSTRAP_SERVERS": place.bootstrap_servers,
        "DATABASE_PREFIX": f"{name}_",
        "TOPIC_PREFIX": f"{name}.",
    }
    levels = dict.fromkeys(SKUS, 1_000_000)
    try:
        async with AsyncExitStack() as opened:
            folder = opened.enter_context(TemporaryDirectory())
            stack = await opened.enter_async_context(stack_for_tests(Path(folder), settings))
            shop = await opened.enter_async_context(open_shop(stack, levels=levels, skus=SKUS))
            orders, labels = (
                make_engine(place.server.url(f"{name}_{each}"), "bench", pool_size=1) for each in ("orders", "labels")
            )
            opened.push_async_callback(orders.dispose)
            opened.push_async_callback(labels.dispose)
            yield Product(stack, shop, orders, labels)
    finally:
        for service in PROCESSES:
            place.server.drop(f"{name}_{service}")


async def _until_more(engine: AsyncEngine, counted: TextClause, than: int) -> None:
    while await _number(engine, counted) <= than:
        await asyncio.sleep(_LOOK_SECONDS)


async def _number(engine: AsyncEngine, counted: TextClause) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(counted)).scalar_one())
