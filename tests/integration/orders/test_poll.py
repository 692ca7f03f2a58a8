"""The laws of the poller, on a real PostgreSQL: each page once, nothing under a lost lease, nothing without consent."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from services.orders.usecases.poll import poll
from shared.db.claim_loop import ClaimLoop
from shared.events.auth import ConnectionAuthorisedV1
from shared.kernel.budgets import Budgets
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, LeaseLost
from shared.marketplaces.models import OrderPage, OrdersQuery
from shared.marketplaces.ports import FarAccount
from tests.infrastructure import waiting_for_a_lock
from tests.integration.orders.service import OrdersService, connection_event
from tests.unit.orders.builders import NOW, FakeOrders, connection, order


async def test_a_new_connection_is_read_at_once(orders: OrdersService) -> None:
    """Open orders, then the last days; the progress and what reading waits for are saved with each page."""
    orders.far_side.tell(order(1), order(2, status_text="SHIPPED"))
    await orders.connect()
    await orders.poll(2)
    assert [query.statuses for query in orders.far_side.queries] == [("UNSHIPPED",), ()]
    assert {row.marketplace_order_id for row in await orders.rows("marketplace_order")} == {order(1).id, order(2).id}
    assert (await orders.progress()).cursor_at == NOW - timedelta(minutes=2)
    row = await orders.one("poll")
    assert (row.waits_code, row.read_at, row.due_at) == (None, NOW, NOW + timedelta(minutes=5))


async def test_channels_that_come_while_a_reading_begins_are_read_at_once(orders: OrdersService) -> None:
    """A reading that began with the old connection does not put off what the new one is due for."""
    one = await orders.connect(replace(connection(), channels=()))
    async with orders.parts.uow() as store:
        event = connection_event(one, ConnectionAuthorisedV1, channels=connection().channels)
        await orders.apply_in(store, event)
        reading = asyncio.create_task(orders.poll())
        await waiting_for_a_lock(orders.engine)
    await reading
    assert len(orders.far_side.queries) == 1
    assert (await orders.one("poll")).due_at <= orders.clock.now()


async def test_nothing_is_asked_before_it_is_due(orders: OrdersService) -> None:
    """Between windows the poller leaves the far side alone."""
    await orders.connect()
    await orders.poll(5)
    assert len(orders.far_side.queries) == 2
    orders.clock.move(minutes=5)
    await orders.poll(3)
    assert len(orders.far_side.queries) == 3


async def test_a_window_goes_on_page_by_page(orders: OrdersService) -> None:
    """Each page is stored with the token of the next; another process can take over in the middle."""
    orders.far_side.page_size = 2
    orders.far_side.tell(*(order(number) for number in range(5)))
    await orders.connect()
    await orders.poll()
    assert len(await orders.rows("marketplace_order")) == 2
    window = (await orders.progress()).open
    assert window is not None
    assert window.page_token == "2"
    await orders.poll(2)
    assert len(await orders.rows("marketplace_order")) == 5
    assert (await orders.progress()).open is None


async def test_two_pollers_side_by_side_store_and_publish_everything_once(orders: OrdersService) -> None:
    """Many connections, two processes: one event per order, and no page asked for twice."""
    orders.far_side.page_size = 3
    orders.far_side.tell(*(order(number) for number in range(10)))
    connections = [connection(id=ConnectionId(uuid4())) for _ in range(6)]
    for one in connections:
        await orders.connect(one)
    stop = asyncio.Event()
    loops = [
        ClaimLoop(orders.claims(), "poll", partial(poll, polling=orders.polling()), idle_seconds=0.05) for _ in range(2)
    ]
    running = asyncio.gather(*(loop.run(stop) for loop in loops))
    async with asyncio.timeout(90):
        while any(row.progress["cursor_at"] is None for row in await orders.rows("poll")):
            await asyncio.sleep(0.05)
    stop.set()
    await running
    assert len(await orders.rows("marketplace_order")) == 60
    assert len(await orders.events()) == 60
    assert len(orders.far_side.queries) == 6 * (4 + 4)


async def test_what_was_read_under_a_lost_lease_is_discarded(orders: OrdersService) -> None:
    """A process stopped beyond its lease stores nothing; whoever took over has read the page."""
    orders.far_side.tell(order())
    await orders.connect()
    sleeper = SleepyOrders(orders)
    async with orders.claims(lease_seconds=0.3).lease("poll") as lease:
        assert lease is not None
        with pytest.raises(LeaseLost):
            await poll(lease, polling=orders.polling(marketplaces={"amazon": sleeper}))
    assert sleeper.other_stored == 1
    assert len(await orders.events()) == 1
    assert (await orders.progress()).swept_at == NOW


async def test_a_page_is_discarded_when_the_connection_was_revoked_meanwhile(orders: OrdersService) -> None:
    """A page commits only while our own copy, locked in that transaction, is active."""
    orders.far_side.tell(order())
    one = await orders.connect()

    class Revoking(FakeOrders):
        async def read_page(
            self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
        ) -> OrderPage:
            await orders.revoke(one)
            return orders.far_side.answer(query)

    await orders.poll(marketplaces={"amazon": Revoking(orders.clock)})
    assert await orders.rows("marketplace_order") == []
    await orders.rested()
    await orders.poll()
    assert orders.far_side.queries == [], "a connection that is not active is left alone"
    await orders.connect(replace(one, consent_version=2))
    orders.tokens.consent_version = 2
    await orders.poll()
    assert len(await orders.rows("marketplace_order")) == 1


async def test_no_page_is_read_with_a_token_of_another_consent(orders: OrdersService) -> None:
    """The token came from a consent our copy has not heard of (or no longer has): no call is spent on it until then."""
    orders.far_side.tell(order())
    one = await orders.connect()
    orders.tokens.consent_version = 2
    await orders.poll()
    assert orders.far_side.queries == []
    assert await orders.rows("marketplace_order") == []
    await orders.connect(replace(one, consent_version=2))
    async with orders.claims().lease("poll") as lease:
        assert lease is None, "it rests for a moment"


async def test_a_connection_that_is_not_active_is_never_leased(orders: OrdersService) -> None:
    """Claims skip it; its cursor stays."""
    one = await orders.connect()
    await orders.poll(2)
    await orders.revoke(one)
    orders.clock.move(days=1)
    async with orders.claims().lease("poll") as lease:
        assert lease is None
    assert (await orders.progress()).cursor_at == NOW - timedelta(minutes=2)


async def test_orders_the_marketplace_ships_can_be_left_out(orders: OrdersService) -> None:
    """A setting: then only the seller's own are asked for."""
    await orders.connect()
    await orders.poll(import_marketplace_fulfilled=False)
    assert orders.far_side.queries[0].fulfilled_by == ("seller",)


class SleepyOrders(FakeOrders):
    """Answers after its caller's lease has ended and another poller has read the same page."""

    def __init__(self, orders: OrdersService) -> None:
        super().__init__(orders.clock)
        self._orders = orders
        self.other_stored = 0

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        await asyncio.sleep(0.5)  # the lease is real time: nothing to wait on but its end
        await self._orders.poll()
        self.other_stored = len(await self._orders.rows("marketplace_order"))
        return self._orders.far_side.answer(query)


async def test_a_cut_over_that_is_taken_back_reads_all_open_orders(orders: OrdersService) -> None:
    """Open orders that stayed with another system are imported at once, long after the cursor went past them."""
    orders.far_side.tell(order(1), order(2, placed_at=NOW - timedelta(minutes=30)))
    one = await orders.connect(connection(orders_from=NOW - timedelta(hours=1)))
    await orders.poll(2)
    assert [row.marketplace_order_id for row in await orders.rows("marketplace_order")] == [order(2).id]
    await orders.connect(replace(one, orders_from=None))
    await orders.poll()
    assert len(await orders.rows("marketplace_order")) == 2
