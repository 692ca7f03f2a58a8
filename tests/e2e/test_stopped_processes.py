"""
A process that stands still (SIGSTOP) in the middle of its work, beyond its lease or lock, and wakes up after a second
copy has taken over: what it found out is discarded, and no effect is doubled.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from deploy.local.sandbox_apps import OCTOPIA
from deploy.local.stack import Stack
from shared.access.access_tokens import RemoteAccessTokens
from shared.db.errors import Conflict, translated
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.errors import FarSideError, Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken
from tests.e2e.databases import Databases, open_databases
from tests.e2e.faults_of_answers import accepted_by_hand, answered_once
from tests.e2e.once import nothing_happened_twice
from tests.e2e.scene import SKU, Scene, until
from tests.e2e.second_copies import Copies, second_copies
from tests.e2e.stopping import Stopped, Stops, stopping
from tests.e2e.tokens import tokens_at
from tests.shop import open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

_STOCK = 100
_SLOW_SECONDS = 8.0
_TAKING_OVER = [("orders", "poller"), ("orders", "worker"), ("labels", "worker")]
_WORKERS = [("orders", "worker"), ("inventory", "worker")]
# What auth leases a renewal for.
_RENEWAL_LEASE_SECONDS = 15.0


async def open_scenes(stack: Stack, databases: Databases, opened: AsyncExitStack, count: int) -> list[Scene]:
    """Shops that are connected and read to the end."""

    async def scene() -> Scene:
        made = Scene(stack, await opened.enter_async_context(open_shop(stack, levels={SKU: _STOCK})), databases)
        await made.read_to_the_end()
        return made

    return list(await asyncio.gather(*(scene() for _ in range(count))))


async def stop_while_telling(scene: Scene, stops: Stops) -> tuple[Stopped, list[str]]:
    """labels' worker, its confirmShipment on the way."""
    await scene.fault("confirmShipment", "slow", times=1, seconds=_SLOW_SECONDS)
    numbers = await scene.plant()
    await scene.struck("confirmShipment", "slow")
    return stops.stop("labels-worker"), numbers


async def stop_while_publishing(scene: Scene, stops: Stops) -> tuple[Stopped, list[str]]:
    """orders' relay, in the middle of noting what it has sent."""
    async with slow_notes(scene.databases):
        numbers = await scene.plant(10)
        waiting = "select id from outbox where published_at is null limit 1"
        async with asyncio.timeout(90):
            while not await scene.databases.rows("orders", waiting):
                await asyncio.sleep(0.02)
        return stops.stop("orders-worker"), numbers


@asynccontextmanager
async def slow_notes(databases: Databases) -> AsyncIterator[None]:
    """Whoever notes that events of orders are published takes a second: long enough to be caught at it."""
    slowly = "returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$"
    await databases.change("orders", f"create function note_slowly() {slowly}")
    trigger = "before update on outbox for each statement execute function note_slowly()"
    await databases.change("orders", f"create trigger note_slowly {trigger}")
    try:
        yield
    finally:
        await databases.change("orders", "drop function note_slowly cascade")


async def stop_while_reading(scene: Scene, stops: Stops) -> tuple[Stopped, list[str]]:
    """The poller, its searchOrders on the way."""
    numbers = await scene.plant(3)
    await scene.fault("searchOrders", "slow", times=1, seconds=_SLOW_SECONDS)
    await scene.struck("searchOrders", "slow")
    return stops.stop("orders-poller"), numbers


async def leases_end(databases: Databases) -> None:
    """
    By the database's clock, the only one that counts: what the stopped ones held has ended.

    A row that one of them had locked as it was stopped is free once the server has ended its transaction (15 s).
    """
    held = {"orders": ["poll", "acceptance"], "inventory": ["push"], "labels": ["label", "write_back"]}
    for service, kinds in held.items():
        statement = (
            "update lease set leased_until = now() where token is not null and kind = any(cast(:kinds as text[]))"
        )
        changed = partial(_changed, databases, service, statement, kinds)
        await until(changed, f"the leases of {service} can be ended", seconds=30)


async def _changed(databases: Databases, service: str, statement: str, kinds: list[str]) -> bool:
    """False: another holds one of the rows."""
    try:
        await databases.change(service, statement, kinds=kinds)
    except DBAPIError as error:
        if isinstance(translated(error), Conflict):
            return False
        raise
    return True


async def test_stopped_workers_are_replaced_and_discarded(stack: Stack) -> None:
    """The poller, a relay and labels' worker: their copies do the work once, and what they bring back is refused."""
    async with AsyncExitStack() as opened:
        databases = await opened.enter_async_context(open_databases(stack))
        copies: Copies = await opened.enter_async_context(second_copies(stack))
        telling, publishing, reading = await open_scenes(stack, databases, opened, 3)
        with stopping(stack) as stops:
            teller, told = await stop_while_telling(telling, stops)
            relay, published = await stop_while_publishing(publishing, stops)
            poller, read = await stop_while_reading(reading, stops)
            await leases_end(databases)
            await copies.start(_TAKING_OVER)
            work = [(telling, told), (publishing, published), (reading, read)]
            await asyncio.gather(*(scene.all_confirmed(numbers) for scene, numbers in work))
            for stopped in stops.stopped:
                stopped.wake()
            await poller.says("claim.not_done", "poll", "LeaseLost")
            await teller.says("write_back.late_outcome")
            await relay.says("relay.interrupted")
        for scene, numbers in work:
            await nothing_happened_twice(scene, numbers, stock=_STOCK)
        await copies.stop()  # those that stood still work on alone
        more = await reading.plant(2)
        await nothing_happened_twice(reading, read + more, stock=_STOCK)


async def stop_while_answering(scene: Scene, stops: Stops) -> tuple[Stopped, str]:
    """orders' worker, its yes to an order that waits on the way."""
    await scene.fault("approveOrder", "slow", times=1, seconds=_SLOW_SECONDS)
    number = await accepted_by_hand(scene)
    await scene.struck("approveOrder", "slow")
    return stops.stop("orders-worker"), number


async def stop_while_pushing(scene: Scene, stops: Stops) -> Stopped:
    """inventory's worker, the quantities of a package on the way."""
    await scene.fault("uploadOfferRequests", "slow", times=1, seconds=_SLOW_SECONDS)
    await scene.count_another()
    await scene.struck("uploadOfferRequests", "slow")
    return stops.stop("inventory-worker")


async def test_a_stopped_answer_and_a_stopped_push_are_replaced_and_discarded(stack: Stack) -> None:
    """
    Their copies answer and push; what comes to the marketplace late, and what the stopped ones then learn, does no
    harm: one answer had an effect, and the newest quantity is shown.
    """
    async with AsyncExitStack() as opened:
        databases = await opened.enter_async_context(open_databases(stack))
        copies: Copies = await opened.enter_async_context(second_copies(stack))
        shop = await opened.enter_async_context(open_shop(stack, levels={SKU: _STOCK}, marketplace=OCTOPIA, skus=[SKU]))
        scene = Scene(stack, shop, databases)
        await scene.in_sync()
        with stopping(stack) as stops:
            answering, number = await stop_while_answering(scene, stops)
            pushing = await stop_while_pushing(scene, stops)
            await leases_end(databases)
            await copies.start(_WORKERS)
            await answered_once(scene, number)
            await scene.in_sync()
            for stopped in stops.stopped:
                stopped.wake()
            await answering.says("acceptance.late_outcome")
            await pushing.says("push.late_outcome")
        await copies.stop()  # those that stood still work on alone
        await scene.all_confirmed(await scene.plant(2))
        await scene.in_sync()
        await answered_once(scene, number)


async def taken_over(tokens: RemoteAccessTokens, connection: ConnectionId, rejected: int) -> AccessToken:
    """A newer token, as soon as the lease of who stands still is over."""
    began = asyncio.get_running_loop().time()

    async def newer() -> AccessToken | None:
        try:
            return await tokens.get(connection, rejected=rejected)
        except Unavailable:
            return None

    found = await until(newer, "somebody else renews the token")
    assert found is not None
    assert asyncio.get_running_loop().time() - began > _RENEWAL_LEASE_SECONDS - 5
    return found


async def test_a_stopped_renewal_is_replaced_and_discarded(stack: Stack) -> None:
    """A process of auth stands still while it renews a token: another renews it, the first keeps nothing of its own."""
    outward = Outward(SystemClock())
    async with AsyncExitStack() as opened:
        databases = await opened.enter_async_context(open_databases(stack))
        copies: Copies = await opened.enter_async_context(second_copies(stack))
        await copies.start([("auth", "api")])
        (scene,) = await open_scenes(stack, databases, opened, 1)
        connection = ConnectionId(UUID((await scene.shop.connection())["id"]))
        ours = tokens_at(stack, stack.layout.api_url("auth"), outward)
        theirs = tokens_at(stack, copies.layout.api_url("auth"), outward)
        first = await ours.get(connection)
        await scene.fault("token", "slow", times=1, seconds=4)
        with stopping(stack) as stops:
            asked = asyncio.create_task(theirs.get(connection, rejected=first.token_version))
            await scene.struck("token", "slow")
            renewer = stops.stop("auth-api-2")
            second = await taken_over(ours, connection, first.token_version)
            assert second.token_version == first.token_version + 1
            renewer.wake()
            await renewer.says("token.renewal_discarded")
        with suppress(FarSideError):
            assert await asked == second
        assert await ours.get(connection) == second
        assert [call["query"]["grant_type"] for call in await scene.calls("token")][1:] == ["refresh_token"] * 2
        await nothing_happened_twice(scene, await scene.plant(2), stock=_STOCK)
    await outward.close()
