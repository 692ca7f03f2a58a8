"""A shop in the middle of its day: both marketplaces, orders at every stage, something short, something asked for."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local.stack import Stack
from tests.browser.sellers import ODD, SKUS, Sellers, plant_sellers
from tests.shop import Json, Shop, open_shop

_RARE = "SKU-RARE"
_LEVELS = dict.fromkeys(SKUS, 80) | {_RARE: 3}
_ORDERS_EACH = 9


@asynccontextmanager
async def busy_shop(stack: Stack) -> AsyncIterator[Shop]:
    """
    Signed in; eight labels of a batch are made and confirmed, two parcels wait for the carrier, the other orders for
    various things.
    """
    async with open_shop(stack, levels=_LEVELS, connected=False) as shop:
        sellers = await plant_sellers(shop.sandbox, amazon_orders=_ORDERS_EACH, octopia_orders=_ORDERS_EACH)
        await _plant_trouble(shop, sellers)
        shop.seller_id = sellers.amazon
        await shop.connect()
        await _connect_by_delegation(shop, sellers.octopia)
        await shop.send("POST", "/api/inventory/v1/skus/bulk", [{"sku": SKUS[1], "low_level": 100}])
        ready = await _planned(shop, 2 * _ORDERS_EACH)
        await shop.send("POST", "/api/labels/v1/batches", {"order_ids": [each["order_id"] for each in ready[:8]]})
        await _until_confirmed(shop, 8)
        await _wait_for_the_carrier(shop, ready[8:10])
        yield shop


async def end_soon(stack: Stack, shop: Shop) -> None:
    """auth's worker looks for consents that end when it starts."""
    pid = stack.supervisor.pid("auth-worker")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(90):
        while (await shop.connection())["state"] != "expiring":
            await asyncio.sleep(0.3)


async def _plant_trouble(shop: Shop, sellers: Sellers) -> None:
    """More than there is, an order nobody may ship yet, one its buyer regrets, an article without a weight."""
    await shop.sandbox.orders(sellers.amazon, 1, lines=[{"sku": _RARE, "quantity": 5}], seed=3)
    await shop.sandbox.orders(sellers.amazon, 1, lines=[{"sku": SKUS[2], "quantity": 1}], seed=4, buyer_cancel=True)
    await shop.sandbox.orders(sellers.amazon, 1, lines=[{"sku": ODD, "quantity": 1}], seed=5)
    await shop.sandbox.orders(sellers.amazon, 1, skus=list(SKUS), seed=6, status="PENDING")


async def _connect_by_delegation(shop: Shop, seller_id: str) -> None:
    page = await shop.browser.open("/connections/octopia/connect")
    form = page.form("seller_id", action="/connections/octopia/connect")
    page = await shop.browser.submit(page, form, name="Cdiscount", seller_id=seller_id)
    await shop.sandbox.delegate(seller_id)
    await shop.browser.submit(page, page.form("csrf_token", action="/check"))


async def _planned(shop: Shop, count: int) -> list[Json]:
    """Shipments of both marketplaces that wait for their label, as mixed as the list of orders."""
    async with asyncio.timeout(90):
        while len(found := [one for one in await shop.shipments() if one["reason"] == "channel_manual"]) < count:
            await asyncio.sleep(0.3)
    return sorted(found, key=lambda one: str(one["order_id"])[::-1])


async def _until_confirmed(shop: Shop, count: int) -> None:
    async with asyncio.timeout(90):
        while sum(one["write_back"] == "confirmed" for one in await shop.shipments()) < count:
            await asyncio.sleep(0.3)


async def _wait_for_the_carrier(shop: Shop, parcels: list[Json]) -> None:
    """Labelled, in channels whose marketplaces are told when the carrier has them."""
    for channel in (await shop.get("/api/labels/v1/channels"))["items"]:
        path = f"/api/labels/v1/channels/{channel['connection_id']}/{channel['channel_id']}"
        await shop.send("PUT", path, {"told_at": "hand_over"})
    await shop.send("POST", "/api/labels/v1/batches", {"order_ids": [each["order_id"] for each in parcels]})
    async with asyncio.timeout(90):
        while sum(one["write_back"] == "to_hand_over" for one in await shop.shipments()) < len(parcels):
            await asyncio.sleep(0.3)
