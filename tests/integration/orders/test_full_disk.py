"""Orders over a database that takes no more writes: what sellers see, and that nothing is lost, read or done twice."""

import asyncio
from functools import partial

import httpx
from structlog.testing import capture_logs

from services.orders.usecases.poll import poll
from shared.db.claim_loop import ClaimLoop
from tests.full_disk import asks_to_come_again, full_disk
from tests.integration.orders.browsers import BASE, HTML, received
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import order

GENUINE = {"csrf_token": "genuine"}
TOKEN = {"x-csrf-token": "genuine"}


async def test_an_answer_that_cannot_be_kept_is_not_taken(orders: OrdersService, ours: httpx.AsyncClient) -> None:
    """
    Page and API say when to come again, what can be read is shown; then the same answer is taken.

    Seen red with SQLSTATE class 53 left untranslated: 500.
    """
    event = await received(orders)
    page, api = f"/orders/{event.order_id}/acceptance", f"{BASE}/orders/{event.order_id}/acceptance"
    async with full_disk(orders.engine):
        assert asks_to_come_again(await ours.post(page, data=GENUINE | {"answer": "accept"}, headers=HTML))
        assert asks_to_come_again(await ours.post(api, json={"accept": True}, headers=TOKEN))
        assert (await ours.get("/orders", headers=HTML)).status_code == 200
        assert (await ours.get(f"{BASE}/orders")).status_code == 200
        assert await orders.rows("acceptance") == []
    assert (await ours.post(api, json={"accept": True}, headers=TOKEN)).status_code == 202


async def test_a_page_that_cannot_be_stored_is_read_again_in_a_while(orders: OrdersService) -> None:
    """
    Its cursor has not moved, nobody asks for it again and again, and the order is stored and told once.

    Seen red with a claim loop that leaves such a connection due at once: each of its tasks asks for the page.
    """
    orders.far_side.tell(order(1))
    await orders.connect()
    stop = asyncio.Event()
    loop = ClaimLoop(orders.claims(), "poll", partial(poll, polling=orders.polling()), idle_seconds=0.05)
    with capture_logs() as logs:
        async with full_disk(orders.engine, only=["marketplace_order"]):
            began = asyncio.get_running_loop().time()
            running = asyncio.create_task(loop.run(stop))
            async with asyncio.timeout(60):
                while sum(line["event"] == "claim.database_away" for line in logs) < 2:
                    await asyncio.sleep(0.05)
            first, *later = orders.far_side.queries
            assert later == [first]
            assert asyncio.get_running_loop().time() - began > 1.5
            assert await orders.events() == []
        async with asyncio.timeout(60):
            while not await orders.events():
                await asyncio.sleep(0.05)
        stop.set()
        await running
    assert len(await orders.rows("marketplace_order")) == 1
    assert len(await orders.events()) == 1


async def test_nothing_is_asked_of_a_marketplace_that_could_not_be_kept(orders: OrdersService) -> None:
    """
    No lease, no call: the poller lives, says so, waits, and goes on.

    Seen red with a claim loop that lets the database's refusal through.
    """
    orders.far_side.tell(order(1))
    await orders.connect()
    stop = asyncio.Event()
    loop = ClaimLoop(orders.claims(), "poll", partial(poll, polling=orders.polling()), idle_seconds=0.05, concurrency=1)
    with capture_logs() as logs:
        async with full_disk(orders.engine):
            running = asyncio.create_task(loop.run(stop))
            async with asyncio.timeout(60):
                while not logs:
                    await asyncio.sleep(0.05)
            assert [(line["event"], line["reason"]) for line in logs] == [("claim.database_away", "53100")]
            assert orders.far_side.queries == []
        async with asyncio.timeout(60):
            while not await orders.events():
                await asyncio.sleep(0.05)
        stop.set()
        await running
    assert len(await orders.events()) == 1
