"""An organisation that has something of everything."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from deploy.local.stack import Stack
from tests.shop import Shop, beside, open_shop

SKU = "SKU-001"


async def owned(opened: AsyncExitStack, stack: Stack) -> tuple[Shop, tuple[Mapping[str, str], ...]]:
    """At both marketplaces; its ids at each, by the name that a path parameter has."""
    shop = await opened.enter_async_context(open_shop(stack, levels={SKU: 500}, skus=[SKU]))
    found = []
    for one in (shop, await beside(shop, skus=[SKU])):
        (number,) = await one.plant(1, lines=[{"sku": SKU, "quantity": 1}])
        await one.confirmed([number])
        found.append(await _ids_of(one, number))
    return shop, tuple(found)


async def _ids_of(shop: Shop, number: str) -> dict[str, str]:
    connection = await shop.connection()
    order = (await shop.orders())[number]
    (shipment,) = [one for one in await shop.shipments() if one["order_id"] == order["id"]]
    batch = await shop.send("POST", "/api/labels/v1/batches", {"order_ids": [order["id"]]})
    return {
        "connection_id": connection["id"],
        "channel_id": connection["channels"][0]["id"],
        "order_id": order["id"],
        "shipment_id": shipment["id"],
        "batch_id": batch["id"],
        "listing_id": await _listing_of(shop, connection["id"]),
        "sku": SKU,
    }


async def _listing_of(shop: Shop, connection_id: str) -> str:
    """Our id of a listing of this account, once it is read."""
    async with asyncio.timeout(60):
        while not (items := (await shop.get(f"/api/inventory/v1/listings?connection_id={connection_id}"))["items"]):
            await asyncio.sleep(0.2)
    return str(items[0]["id"])
