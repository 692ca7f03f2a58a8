"""The laws of reading lists by page number, and of reading all open orders now and then, on a real PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from services.orders.adapters.repositories import due_connections
from services.orders.adapters.store import bind
from services.orders.usecases.poll import poll
from shared.db.claims import Kind, SqlClaims
from shared.kernel.budgets import Rate
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import CONNECTION_ID, NOW, PACE, MovingOrders, order


async def test_a_numbered_list_that_moves_is_stored_whole(orders: OrdersService) -> None:
    """Rule 18: an order that changes while pages are read leaves its window; what moved up in its place is not lost."""
    far_side = MovingOrders(orders.clock, page_size=2)
    far_side.tell(*(order(number, status_text="SHIPPED") for number in range(7)))
    await orders.connect()
    await orders.poll(3, marketplaces={"amazon": far_side})
    changed = order(0, updated_at=NOW + timedelta(minutes=1), status_text="SHIPPED", ship_by=NOW)
    orders.clock.move(minutes=1)
    far_side.tell(changed)
    for _ in range(8):
        await orders.poll(2, marketplaces={"amazon": far_side})
        orders.clock.move(minutes=1)
    assert len(await orders.rows("marketplace_order")) == 7
    assert len(await orders.events()) == 7, "each is published once, whichever pages it was on"
    assert changed.ship_by in {row.ship_by for row in await orders.rows("marketplace_order")}


async def test_a_sweep_is_read_as_soon_as_there_is_room(orders: OrdersService) -> None:
    """An hourly sweep of a marketplace with a small burst: between windows, once half of the bucket is there again."""
    rates = {"amazon.searchOrders": Rate(0.01, 1)}
    pace = replace(PACE, interval=timedelta(minutes=10), sweep=timedelta(hours=1))
    claims = SqlClaims(
        orders.engine, bind, kinds={"poll": Kind(due=due_connections(), rates=rates)}, clock=orders.clock
    )
    await orders.connect()
    for _ in range(150):
        async with claims.lease_of("poll", CONNECTION_ID) as lease:
            assert lease is not None
            await poll(lease, polling=orders.polling(paces={"amazon": pace}))
        row = await orders.one("poll")
        orders.clock.at = max(row.due_at, orders.clock.at + timedelta(seconds=1))
        if orders.clock.at > NOW + timedelta(hours=6):
            break
    swept = [query for query in orders.far_side.queries if query.statuses]
    changes = [query for query in orders.far_side.queries if not query.statuses]
    assert len(swept) in (6, 7), "at first, and every hour since"
    assert len(changes) >= 33, "and no window came late for it"
