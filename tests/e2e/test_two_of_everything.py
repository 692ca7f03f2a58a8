"""Two copies of every process side by side: they share the work, and nothing is stored, published or done twice."""

from functools import partial

import pytest

from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.e2e.once import nothing_happened_twice, packages_were_told_once, published
from tests.e2e.scene import SKU, Scene, until
from tests.e2e.second_copies import EVERY_PROCESS, counted, second_copies
from tests.shop import beside, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

_STOCK = 500
# By process, what counts its share of the work.
_WORK = {
    ("orders", "poller"): ("passerelle_claims_total", {"kind": "poll", "outcome": "done"}),
    ("orders", "worker"): ("passerelle_events_applied_total", {}),
    ("inventory", "worker"): ("passerelle_events_applied_total", {}),
    ("labels", "worker"): ("passerelle_events_applied_total", {}),
}


async def test_two_of_every_process_do_everything_once(stack: Stack) -> None:
    """
    Orders of two marketplaces: each imported, reserved, shipped and told once, each event published once, both copies
    at work; and both marketplaces show in the end what is left.
    """
    async with open_databases(stack) as databases, second_copies(stack) as copies:
        await copies.start(EVERY_PROCESS)
        async with open_shop(stack, levels={SKU: _STOCK}, skus=[SKU]) as shop:
            scene = Scene(stack, shop, databases)
            other = Scene(stack, await beside(shop, skus=[SKU]), databases)
            numbers = [number for _ in range(3) for number in await scene.plant(10)]
            elsewhere = await other.plant(10)
            await nothing_happened_twice(scene, numbers, stock=_STOCK, beside=[(other, elsewhere)])
            for one in (scene, other):
                await one.in_sync()
            await packages_were_told_once(other)
            subjects = {order["id"] for order in (await shop.orders()).values()} | {(await shop.connection())["id"]}
            events = await published(stack, subjects)
            assert len(events) > 5 * len(numbers + elsewhere)
            assert [event for event, times in events.items() if times > 1] == []
            for process, (metric, labels) in _WORK.items():
                for port in (stack.layout.watch[process], copies.layout.watch[process]):
                    await until(partial(counted, port, metric, **labels), f"{process} at {port} does its share")
