"""
d: the journey. Orders for each second from the first one listed until the last one's tracking number is read back, by
all services, on a far side that neither throttles nor delays.

The rival confirms and reads back as many other orders of the same sandbox with our own client: one process, some at a
time, no database, no events, no labels.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.local.sandbox_apps import AMAZON, AMAZON_CLIENT_ID
from deploy.local.secrets import Secrets
from shared.marketplaces.amazon.stores import EU
from shared.marketplaces.models import ParcelToTell
from shared.marketplaces.ports import FarAccount
from tests.bench.figures import Figure, medians
from tests.bench.place import Place
from tests.bench.product import SKUS, Product, running_product
from tests.conformance.client import Client
from tests.contract.sandbox.strangers import Account

# A round of the whole product takes long: fewer of them than elsewhere.
_ROUNDS = 3
_WARM_UP = 50
_AT_A_TIME = 8

Json = dict[str, Any]


async def measure(place: Place) -> list[Figure]:
    orders = 1000 if place.long else 100
    async with running_product(place) as product:

        async def ours() -> float:
            return orders / await product.tell(orders)

        async def rival() -> float:
            return orders / await _told_by_a_loop(product, orders)

        await product.tell(_WARM_UP)
        speed, theirs = await medians(_ROUNDS, ours, rival)
    return [
        Figure(
            "d",
            f"listed to read back, {orders} orders, all services, {_ROUNDS} rounds",
            f"{speed:,.1f}/s, {speed / theirs:.2f} of the rival",
            f"confirm and read back with our client, {_AT_A_TIME} at a time: {theirs:,.1f}/s",
            ">= 0.5",
            speed / theirs >= 0.5,
        )
    ]


async def _told_by_a_loop(product: Product, count: int) -> float:
    """Seconds for so many orders of a seller nobody else works for."""
    sandbox = product.shop.sandbox
    seller = await sandbox.seller(region=EU)
    account = FarAccount(EU, seller["seller_id"])
    await sandbox.orders(account.seller_id, count, age_seconds=180, skus=list(SKUS))
    waiting = iter((await sandbox.order_states(account.seller_id)).values())
    client = Client(httpx.AsyncHTTPTransport(), f"{product.stack.sandbox}/amazon", await _token(product, seller))
    started = time.perf_counter()
    try:
        await asyncio.gather(*(_tell(client, account, waiting) for _ in range(_AT_A_TIME)))
    finally:
        await client.close()
    return time.perf_counter() - started


async def _token(product: Product, seller: Json) -> Json:
    secret = Secrets(product.stack.folder.secrets).far_client_secrets()[AMAZON]
    account = Account(
        product.stack.sandbox, seller["seller_id"], seller["refresh_token"], AMAZON_CLIENT_ID, str(secret)
    )
    return {EU: await account.access_token()}


async def _tell(client: Client, account: FarAccount, orders: Iterator[Json]) -> None:
    token, used = client.token(account), frozenset[str]()
    for order in orders:
        reference = client.tracking.new_reference(used)
        body = client.tracking.freeze(_parcel(order, reference))
        await client.tracking.send(account, order["order_id"], client.intent(body), token, client.budgets)
        seen = await client.tracking.read_packages(account, order["order_id"], token, client.budgets)
        if reference not in {package.reference for package in seen}:
            raise RuntimeError(f"{order['order_id']} was told and is not shown")


def _parcel(order: Json, reference: str) -> ParcelToTell:
    return ParcelToTell(
        marketplace_order_id=order["order_id"],
        channel_id=order["marketplace_id"],
        reference=reference,
        carrier="Test Express",
        tracking_number=f"T{reference}",
        tracking_url=None,
        shipped_at=datetime.now(UTC),
        lines=tuple((line["order_item_id"], line["quantity"]) for line in order["lines"]),
    )
