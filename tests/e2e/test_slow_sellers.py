"""Far sides that take ten seconds for each answer to some sellers: the others do not feel it."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.e2e.scene import SKU, Scene
from tests.shop import open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

_SLOW_SECONDS = 10.0
# Some seconds where nobody is slow.
_WITHIN_SECONDS = 40.0


async def make_slow(scene: Scene) -> list[str]:
    """Telling, pushing and reading take long, and each is under way; the orders that are to be told."""
    numbers = []
    for calls in (("confirmShipment", "patchListingsItem"), ("searchOrders",)):
        for call in calls:
            await scene.fault(call, "slow", seconds=_SLOW_SECONDS)
        numbers += await scene.plant(8)
        for call in calls:
            await scene.struck(call, "slow")
    return numbers


async def test_slow_sellers_hold_up_nobody_else(stack: Stack) -> None:
    """
    Four sellers, each with sixteen parcels to tell at ten seconds each: a fifth one's orders are read, told, read back,
    and what is left is shown, as if it were alone. The four just take longer, each of theirs told once.

    Seen red with four places for each kind of work and turns without end: the fifth waits until the slow ones have told
    everything.
    """
    async with AsyncExitStack() as opened:
        databases = await opened.enter_async_context(open_databases(stack))
        shops = [await opened.enter_async_context(open_shop(stack, levels={SKU: 100}, skus=[SKU])) for _ in range(5)]
        *slow, quick = [Scene(stack, shop, databases) for shop in shops]
        await asyncio.gather(*(scene.in_sync() for scene in (*slow, quick)))
        waiting = await asyncio.gather(*(make_slow(scene) for scene in slow))
        async with asyncio.timeout(_WITHIN_SECONDS):
            await quick.all_confirmed(await quick.plant(3))
            await quick.in_sync()
        for scene in slow:
            assert (await scene.polling())["waits_for"] is None, "slow is not away"
            await scene.mend()
        await asyncio.gather(*(scene.all_confirmed(numbers) for scene, numbers in zip(slow, waiting, strict=True)))
        await asyncio.gather(*(scene.in_sync() for scene in slow))
