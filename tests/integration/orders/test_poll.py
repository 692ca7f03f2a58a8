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
from shared.kernel.errors import ConsentLost, RoleMissing, Throttled, TokenRejected, Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken, LeaseLost
from shared.marketplaces.models import OrderPage, OrdersQuery
from shared.marketplaces.ports import DataRefused, FarAccount, PageTokenRefused
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
    async with asyncio.timeout(60):
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


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Throttled("slow down", retry_after_seconds=30), "throttled"),
        (Throttled("ours", code="budget_empty", retry_after_seconds=30), "budget_empty"),
        (Unavailable("502"), "unavailable"),
        (Unavailable("502", code="server_error"), "unavailable"),
        (RoleMissing("no role"), "role_missing"),
        (ConsentLost("revoked"), "consent_lost"),
    ],
)
async def test_what_the_far_side_refuses_is_shown_and_work_resumes(
    orders: OrdersService, error: Exception, code: str
) -> None:
    """The code is kept for the page with the time it began, the window stays, and the next success clears it."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [error, error]
    for _ in range(2):
        with pytest.raises(type(error)):
            await orders.poll()
        orders.clock.move(seconds=10)
    row = await orders.one("poll")
    assert (row.waits_code, row.waits_since) == (code, NOW)
    assert orders.tokens.lost == ([1, 1] if code == "consent_lost" else [])
    await orders.poll()
    assert (await orders.one("poll")).waits_code is None
    assert len(await orders.rows("marketplace_order")) == 1


async def test_auth_that_does_not_answer_is_shown_too(orders: OrdersService) -> None:
    """No token, no page: the reason is kept like the far side's."""
    await orders.connect()
    orders.tokens.error = Unavailable("auth answered 503", code="far_side_unavailable")
    with pytest.raises(Unavailable):
        await orders.poll()
    assert (await orders.one("poll")).waits_code == "unavailable"


async def test_a_rejected_token_is_renewed_once(orders: OrdersService) -> None:
    """The token, not the consent: asked for again, and the page is read in the same turn."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [TokenRejected("expired")]
    await orders.poll()
    assert len(await orders.rows("marketplace_order")) == 1
    assert orders.tokens.lost == []


async def test_a_throttled_connection_rests_and_keeps_its_budget(orders: OrdersService) -> None:
    """The loop pauses it for as long as told; what is left in the bucket is saved with the lease."""
    await orders.connect()
    orders.far_side.errors = [Throttled("slow down", retry_after_seconds=60)]
    stop = asyncio.Event()
    loop = ClaimLoop(orders.claims(), "poll", partial(poll, polling=orders.polling()), idle_seconds=0.05, concurrency=1)
    running = asyncio.create_task(loop.run(stop))
    async with asyncio.timeout(30):
        while not [row for row in await orders.rows("lease") if row.not_before]:
            await asyncio.sleep(0.02)
    stop.set()
    await running
    lease = await orders.one("lease")
    assert lease.budgets["amazon.searchOrders"]["tokens"] == 19
    assert len(orders.far_side.queries) == 1


async def test_a_refused_set_of_data_is_left_out(orders: OrdersService) -> None:
    """Rule 16: the same window with less, the cursor untouched; the list page says so."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [DataRefused("403")]
    await orders.poll(2)
    assert [query.data for query in orders.far_side.queries] == [("ALL", "RECIPIENT"), ("ALL",)]
    progress = await orders.progress()
    assert (progress.data_set, progress.lean) == (1, True)
    assert len(await orders.rows("marketplace_order")) == 1


async def test_a_role_that_was_missing_for_everything_is_not_about_the_data(orders: OrdersService) -> None:
    """Refused with the smallest set too; once the role is there, the next window asks for everything at once."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [DataRefused("403"), RoleMissing("403")]
    await orders.poll()
    with pytest.raises(RoleMissing):
        await orders.poll()
    await orders.poll(2)
    assert [query.data for query in orders.far_side.queries][1:] == [("ALL",), ("ALL",), ("ALL", "RECIPIENT")]
    assert (await orders.progress()).data_set == 0


async def test_a_refused_page_token_starts_the_window_again(orders: OrdersService) -> None:
    """What was read stays; the same span is read anew after a rest, and the page says why."""
    orders.far_side.page_size = 2
    orders.far_side.tell(*(order(number) for number in range(3)))
    await orders.connect()
    await orders.poll()
    orders.far_side.errors = [PageTokenRefused("expired")]
    await orders.poll()
    assert (await orders.one("poll")).waits_code == "page_token_refused"
    assert (await orders.progress()).open is None
    orders.clock.move(seconds=5)
    await orders.poll(2)
    assert len(await orders.rows("marketplace_order")) == 3
    assert (await orders.progress()).swept_at is not None
    assert (await orders.one("poll")).waits_code is None


async def test_a_far_side_that_goes_in_circles_is_not_followed(orders: OrdersService) -> None:
    """A token that comes again ends the round: a rest, and it is shown."""
    orders.far_side.repeat_token = True
    await orders.connect()
    await orders.poll(10)
    assert len(orders.far_side.queries) == 2
    assert (await orders.one("poll")).waits_code == "page_token_refused"


async def test_orders_the_marketplace_ships_can_be_left_out(orders: OrdersService) -> None:
    """A setting: then only the seller's own are asked for."""
    await orders.connect()
    await orders.poll(import_marketplace_fulfilled=False)
    assert orders.far_side.queries[0].fulfilled_by == ("seller",)


@pytest.mark.parametrize(
    ("changes", "code"), [({"channels": ()}, "no_channels"), ({"marketplace": "elsewhere"}, "marketplace_unknown")]
)
async def test_a_connection_that_cannot_be_read_says_why(
    orders: OrdersService, changes: dict[str, object], code: str
) -> None:
    """Nothing is asked; it looks again after an interval."""
    await orders.connect(connection(**changes))
    await orders.poll()
    row = await orders.one("poll")
    assert (row.waits_code, row.due_at) == (code, NOW + timedelta(minutes=5))
    assert orders.far_side.queries == []


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
