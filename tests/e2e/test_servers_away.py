"""PostgreSQL and Kafka go away and come back under traffic: what a seller sees meanwhile, and that all catches up."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.e2e.once import nothing_happened_twice
from tests.e2e.scene import SKU, Scene, until
from tests.outages import PAGES_AND_LISTS, all_answer, says_come_again
from tests.shop import Shop, open_shop, stack_for_tests

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_STOCK = 1000
# Servers of its own, wherever the other tests have theirs.
_OWN_SERVERS = {"DATABASE_SERVER_URL": "", "KAFKA_BOOTSTRAP_SERVERS": ""}


@asynccontextmanager
async def traffic(scene: Scene) -> AsyncIterator[list[str]]:
    """An order every second, from before to after; their numbers."""
    numbers: list[str] = []
    over = asyncio.Event()

    async def plant() -> None:
        while not over.is_set():
            numbers.extend(await scene.plant())
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1)

    planting = asyncio.create_task(plant())
    try:
        yield numbers
    finally:
        over.set()
        await planting


async def restart(stack: Stack, server: str, start: Callable[[], Awaitable[None]]) -> None:
    """In an orderly way, with a moment in which it is away."""
    await stack.supervisor.stop([server])
    await asyncio.sleep(1)
    await start()


async def kill(stack: Stack, server: str) -> None:
    """SIGKILL; the supervisor starts it again."""
    pid = stack.supervisor.pid(server)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def test_servers_come_and_go_under_traffic(tmp_path: Path) -> None:
    """Both, stopped in order and killed: pages say when to come again, and every order is told once."""
    async with (
        stack_for_tests(tmp_path, _OWN_SERVERS) as stack,
        open_databases(stack) as databases,
        open_shop(stack, levels={SKU: _STOCK}) as shop,
    ):
        scene = Scene(stack, shop, databases)
        async with traffic(scene) as numbers:
            await without_postgres(stack, shop)
            await restart(stack, "kafka", stack.start_kafka)
            assert await all_answer(shop), "pages need no Kafka"
            await scene.all_confirmed(list(numbers))
            await kill(stack, "postgres")
            await kill(stack, "kafka")
            await until(partial(back, stack, "postgres", "kafka"), "the supervisor has started both again")
        await stack.ready()
        await nothing_happened_twice(scene, numbers, stock=_STOCK)


async def without_postgres(stack: Stack, shop: Shop) -> None:
    """Stopped in order, away for a while, and back."""
    await stack.supervisor.stop(["postgres"])
    for path in PAGES_AND_LISTS:
        await until(partial(says_come_again, shop, path), f"{path} says 503, when to come again, and why")
    assert not await watched_is_ready(stack, "orders", "api")
    await stack.start_postgres()
    await stack.ready()
    await until(partial(all_answer, shop), "all pages and lists answer again")


async def watched_is_ready(stack: Stack, service: str, process: str) -> bool:
    """What the process says to whoever sends it requests."""
    async with httpx.AsyncClient(trust_env=False) as client:
        port = stack.layout.watch[service, process]
        return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200


async def back(stack: Stack, *servers: str) -> bool:
    return all(stack.supervisor.pid(server) for server in servers)
