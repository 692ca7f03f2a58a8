"""Reading orders from the sandbox: windows and pages, the two minutes, and what faults look like to us."""

from datetime import timedelta

import pytest

from shared.kernel.errors import RoleMissing, Throttled, Unavailable, Unreadable
from shared.marketplaces.models import OrderStatus, ShippedBy
from shared.marketplaces.ports import DataRefused, FarAccount, PageTokenRefused
from tests.contract.amazon.shop import SELLER, Shop

SEARCH = "amazon.searchOrders"


async def test_a_window_over_several_pages_has_every_order_once(shop: Shop) -> None:
    """Pages follow by their token with all other parameters unchanged, until the last has none."""
    planted = await shop.far.control.orders(SELLER, 230)
    assert set(await shop.listed()) == set(planted)
    assert (await shop.far.control.calls(SEARCH))["count"] == 3


async def test_an_order_arrives_with_all_it_has(shop: Shop) -> None:
    """Units, prices, address, deadlines and store are what was planted."""
    buyer = {"name": "Ada Martin", "street": "1 rue Haute", "city": "Lyon", "postal_code": "69001"}
    [order_id] = await shop.far.control.orders(SELLER, lines=[{"sku": "SKU-007", "quantity": 3}], buyer=buyer)
    order = (await shop.listed())[order_id]
    assert (order.status, order.shipped_by, order.channel_id) == (OrderStatus.OPEN, ShippedBy.SELLER, "A13V1IB3VIYZZH")
    [line] = order.lines
    assert (line.sku, line.ordered, line.cancelled, line.fulfilled) == ("SKU-007", 3, 0, 0)
    assert order.total is not None
    assert order.ship_by is not None
    recipient = order.personal.recipient
    assert recipient is not None
    assert (recipient.name, recipient.lines[0], recipient.city) == ("Ada Martin", "1 rue Haute", "Lyon")


async def test_cancellations_are_seen(shop: Shop) -> None:
    """A buyer's wish leaves the status; a cancelled order has no units left."""
    asked, cancelled = await shop.far.control.orders(SELLER, 2)
    await shop.far.control.patch_order(asked, buyer_cancel=True)
    await shop.far.control.patch_order(cancelled, cancel=True)
    shop.far.now += 600
    orders = await shop.listed()
    assert orders[asked].cancel_requested
    assert orders[asked].status is OrderStatus.OPEN
    assert orders[cancelled].status is OrderStatus.CANCELLED
    assert all(line.cancelled == line.ordered for line in orders[cancelled].lines)


async def test_who_ships_is_seen(shop: Shop) -> None:
    """Amazon's own orders and programs that own the route are told apart, and FBA is left out when asked."""
    [fba] = await shop.far.control.orders(SELLER, fulfilled_by="AMAZON", status="SHIPPED")
    [plus] = await shop.far.control.orders(SELLER, programs=["FBM_SHIP_PLUS"])
    orders = await shop.listed()
    assert orders[fba].shipped_by is ShippedBy.MARKETPLACE
    assert (orders[plus].shipped_by, orders[plus].program) == (ShippedBy.PROGRAM, "FBM_SHIP_PLUS")
    assert set(await shop.listed(shop.query(fulfilled_by=("seller",)))) == {plus}


async def test_only_open_orders_when_asked(shop: Shop) -> None:
    """The first window asks for open orders by placement, in the marketplace's own words."""
    [pending] = await shop.far.control.orders(SELLER, status="PENDING")
    [shipped] = await shop.far.control.orders(SELLER, status="SHIPPED")
    [unshipped] = await shop.far.control.orders(SELLER)
    window = shop.query(
        updated_after=None,
        updated_before=None,
        placed_after=shop.clock.now() - timedelta(days=30),
        placed_before=shop.amazon.orders.latest_before(shop.clock.now()),
        statuses=shop.amazon.orders.open_statuses,
    )
    assert set(await shop.listed(window)) == {pending, unshipped}
    assert shipped not in await shop.listed(window)


async def test_the_window_ends_where_amazon_says(shop: Shop) -> None:
    """What Amazon echoes is the next cursor, and our newest allowed end is accepted."""
    page = await shop.page()
    assert page.covered_until == shop.amazon.orders.latest_before(shop.clock.now())


@pytest.mark.parametrize("ahead_seconds", [-3600.0, -40.0, 40.0, 3600.0])
async def test_the_two_minutes_are_amazons(shop: Shop, ahead_seconds: float) -> None:
    """
    With our clock off, the first window may be refused as too new; the answer teaches us, and the next is accepted.

    A clock that is behind is accepted at once; orders are found either way.
    """
    planted = await shop.far.control.orders(SELLER, 3)
    shop.clock.ahead_seconds = ahead_seconds
    if ahead_seconds > 0:
        with pytest.raises(Unavailable) as caught:
            await shop.page()
        assert caught.value.code == "window_too_new"
        assert caught.value.retry_after_seconds == pytest.approx(ahead_seconds, abs=5)
    else:
        await shop.page()
    after = shop.clock.now() - timedelta(days=2)
    assert set(await shop.listed(shop.query(updated_after=after))) == set(planted)


async def test_a_page_that_repeats_its_token_is_refused(shop: Shop) -> None:
    """The loop guard: the second page names itself as the next."""
    await shop.far.control.orders(SELLER, 230)
    await shop.far.control.fault(SEARCH, "repeated_page_token", 3)
    with pytest.raises(PageTokenRefused):
        await shop.listed()


async def test_a_refused_page_token_restarts_the_window(shop: Shop) -> None:
    """The token is refused, not the data: the window starts again and is whole."""
    planted = await shop.far.control.orders(SELLER, 130)
    await shop.far.control.fault(SEARCH, "refused_page_token", 1)
    with pytest.raises(PageTokenRefused):
        await shop.listed()
    assert set(await shop.listed()) == set(planted)


async def test_less_data_cures_a_refused_set(shop: Shop) -> None:
    """While personal data is refused, the first set without it is served."""
    await shop.far.control.orders(SELLER, 1)
    await shop.far.control.fault(SEARCH, "included_data_400", datasets=["BUYER", "RECIPIENT"])
    refused = 0
    for data in shop.amazon.orders.data_sets:
        try:
            page = await shop.page(data=data)
        except DataRefused:
            refused += 1
        else:
            break
    assert refused == 2
    assert page.orders[0].personal.recipient is None


async def test_a_missing_role_is_found_by_asking_for_less(shop: Shop) -> None:
    """An empty 403 for every set: the smallest one says that the role is missing, not the consent."""
    await shop.far.control.fault(SEARCH, "role_missing")
    for data in shop.amazon.orders.data_sets[:-1]:
        with pytest.raises(DataRefused):
            await shop.page(data=data)
    with pytest.raises(RoleMissing):
        await shop.page(data=shop.amazon.orders.data_sets[-1])


async def test_an_unreadable_order_leaves_the_others(shop: Shop) -> None:
    """One malformed record is set aside with its reason; the page is read."""
    planted = await shop.far.control.orders(SELLER, 5)
    await shop.far.control.fault(SEARCH, "malformed_record", 1)
    page = await shop.page()
    assert len(page.orders) == 4
    [unreadable] = page.unreadable
    assert unreadable.reason
    assert {order.id for order in page.orders} < set(planted)


@pytest.mark.parametrize("kind", ["server_error", "html_502"])
async def test_a_server_that_is_down_is_asked_again(shop: Shop, kind: str) -> None:
    """A broken page is Unavailable, and afterwards the same window is served."""
    planted = await shop.far.control.orders(SELLER, 3)
    await shop.far.control.fault(SEARCH, kind, 1)
    with pytest.raises(Unavailable):
        await shop.page()
    assert set(await shop.listed()) == set(planted)


async def test_no_answer_to_a_read_is_unavailable(shop: Shop) -> None:
    """A read that got no answer in time may simply be asked again."""
    await shop.far.control.fault(SEARCH, "timeout", 1)
    shop.timeout_seconds = 0.2
    with pytest.raises(Unavailable):
        await shop.page()


async def test_too_fast_says_when_to_come_back(shop: Shop) -> None:
    """A 429 carries no time: the wait is one call's at the operation's rate."""
    await shop.far.control.fault(SEARCH, "throttle", 1)
    with pytest.raises(Throttled) as caught:
        await shop.page()
    assert caught.value.retry_after_seconds == pytest.approx(1 / 0.0056, rel=0.01)


async def test_our_budget_is_amazons(shop: Shop) -> None:
    """The burst we allow ourselves is served without one refusal, and then we hold back by ourselves."""
    for _ in range(20):
        await shop.page()
    with pytest.raises(Throttled) as caught:
        await shop.page()
    assert caught.value.code == "budget_empty"
    assert (await shop.far.control.calls(SEARCH))["count"] == 20


async def test_a_single_order_is_read(shop: Shop) -> None:
    """getOrder gives the same order as the list; an answer that cannot be parsed is unreadable."""
    [order_id] = await shop.far.control.orders(SELLER, 1)
    listed = (await shop.listed())[order_id]
    assert (await shop.order(order_id)).lines == listed.lines
    await shop.far.control.fault("amazon.getOrder", "malformed_record", 1)
    with pytest.raises(Unreadable):
        await shop.order(order_id)


async def test_the_wrong_region_looks_like_a_missing_role(shop: Shop) -> None:
    """Amazon answers 403 with empty details: nothing is said against the consent."""
    smallest = shop.query(data=shop.amazon.orders.data_sets[-1])
    with pytest.raises(RoleMissing):
        await shop.amazon.orders.read_page(FarAccount("na", SELLER), smallest, shop.token, shop.budgets)
