"""A consent's time is over while an order waits for its label; then the seller consents again."""

import asyncio
import os
import signal

import pytest

from deploy.local.stack import Stack
from tests.e2e.databases import Databases, open_databases
from tests.shop import Shop, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_what_expired_finishes_what_it_took_on_and_a_renewal_loses_nothing(stack: Stack) -> None:
    """
    Expired: nothing is read, and the parcel of before is labelled and told. Renewed: the orders of the meantime are
    imported, from where reading stood, and told once. Its members are written to. Seen red with labels that work only
    where everything may.
    """
    levels = {"SKU-001": 50}
    async with open_databases(stack) as databases, open_shop(stack, levels=levels) as shop:
        await shop.confirmed(await shop.plant(1, skus=list(levels)))
        await shop.label_automatically("manual")
        (owed,) = await shop.plant(1, skus=list(levels), seed=5)
        parcel = await _planned(shop, owed)
        await _expire(stack, databases, shop)
        asked = await shop.sandbox.calls("amazon.searchOrders", seller_id=shop.seller_id)
        meanwhile = await shop.plant(3, skus=list(levels), seed=7)
        await shop.send("POST", f"/api/labels/v1/shipments/{parcel}/label")
        await shop.confirmed([owed])
        await asyncio.sleep(4)  # longer than a poll is apart
        assert await shop.sandbox.calls("amazon.searchOrders", seller_id=shop.seller_id) == asked
        assert not set(meanwhile) & set(await shop.orders())
        *_, mail = await shop.sandbox.mails(shop.email)
        assert mail["headers"]["subject"] == "Authorisation ended: Test shop"
        await shop.label_automatically()
        await shop.connect()
        far = await shop.confirmed([owed, *meanwhile])
        assert {far[number]["confirmations"] for number in (owed, *meanwhile)} == {1}


async def _planned(shop: Shop, number: str) -> str:
    """The id of the order's parcel, once it is planned."""
    async with asyncio.timeout(90):
        while True:
            known = await shop.orders()
            for shipment in await shop.shipments():
                if number in known and shipment["order_id"] == known[number]["id"]:
                    return str(shipment["id"])
            await asyncio.sleep(0.2)


async def _expire(stack: Stack, databases: Databases, shop: Shop) -> None:
    """Its time is over, and the marketplace was asked since: auth's worker looks when it starts, and each hour."""
    its = (await shop.connection())["id"]
    await databases.change(
        "auth",
        "update connection set expires_at = clock_timestamp() - interval '1 minute', probed_at = clock_timestamp() "
        "where id = :id",
        id=its,
    )
    for state in ("expiring", "expired"):
        pid = stack.supervisor.pid("auth-worker")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(90):
            while (await shop.connection())["state"] != state:
                await asyncio.sleep(0.3)
    async with asyncio.timeout(60):
        while [one["waits_for"] for one in (await shop.get("/api/orders/v1/polling"))["items"]] == [None]:
            await asyncio.sleep(0.2)
