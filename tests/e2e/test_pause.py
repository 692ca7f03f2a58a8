"""A seller pauses a connection while orders come in, and resumes it."""

import asyncio

import pytest

from deploy.local.stack import Stack
from tests.shop import open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_pause_loses_nothing_and_repeats_nothing(stack: Stack) -> None:
    """
    Shown as paused; the orders of the pause are not read, and no number is told. Resumed, each is imported and told
    once, from where reading stood.
    """
    levels = {"SKU-001": 50}
    async with open_shop(stack, levels=levels) as shop:
        before = await shop.plant(2, skus=list(levels))
        await shop.confirmed(before)
        path = f"/api/auth/v1/connections/{(await shop.connection())['id']}"
        await shop.send("POST", f"{path}/pause")
        async with asyncio.timeout(60):
            while [one["waits_for"] for one in (await shop.get("/api/orders/v1/polling"))["items"]] != ["paused"]:
                await asyncio.sleep(0.2)
        asked = await shop.sandbox.calls("amazon.searchOrders", seller_id=shop.seller_id)
        meanwhile = await shop.plant(3, skus=list(levels), seed=7)
        await asyncio.sleep(6)  # longer than a poll is apart
        assert await shop.sandbox.calls("amazon.searchOrders", seller_id=shop.seller_id) == asked
        assert set(await shop.orders()) == set(before)
        await shop.send("POST", f"{path}/resume")
        far = await shop.confirmed([*before, *meanwhile])
        assert {one["confirmations"] for one in far.values()} == {1}
