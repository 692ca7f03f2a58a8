"""
What every marketplace keeps, whoever it is: services rely on these laws and know nothing else of one.

A new marketplace is one more `Place` (docs/adding_a_marketplace.md).
"""

import json
from dataclasses import replace

import pytest

from shared.kernel.budgets import Budgets
from shared.kernel.errors import AlreadyDone, Refused, Throttled
from shared.kernel.ports import TooLate
from shared.marketplaces.listings import Listing, StockLine
from shared.marketplaces.models import OrderStatus
from tests.contract.ports.place import Place


async def test_a_window_holds_every_order_and_ends(place: Place) -> None:
    """Whatever its paging: all that was planted, nothing else, over pages; one may come twice, none is missed."""
    planted = await place.plant(130)
    place.later(600)
    pages = await place.pages(place.window())
    assert {order.id for page in pages for order in page.orders} == set(planted)
    assert [page.unreadable for page in pages if page.unreadable] == []
    assert len(pages) > 1


async def test_a_window_moves_the_cursor_no_further_than_it_asked(place: Place) -> None:
    """The last page's `covered_until` is the next cursor: within what was asked for, or not told."""
    await place.plant(1)
    place.later(600)
    query = place.window()
    covered = (await place.pages(query))[-1].covered_until
    assert query.updated_before is not None
    assert covered is None or covered <= query.updated_before


async def test_open_orders_can_be_asked_for(place: Place) -> None:
    """By placement and in the marketplace's own words for what is still to be shipped."""
    planted = await place.plant(3)
    place.later(600)
    window = place.window(
        updated_after=None,
        updated_before=None,
        placed_after=place.window().updated_after,
        placed_before=place.marketplace.orders.latest_before(place.now()),
        statuses=place.marketplace.orders.open_statuses,
    )
    found = {order.id: order for page in await place.pages(window) for order in page.orders}
    assert set(found) == set(planted)
    assert {order.status for order in found.values()} == {OrderStatus.OPEN}


async def test_an_order_read_alone_is_the_one_listed(place: Place) -> None:
    """The same lines, units, SKUs and address."""
    [order_id] = await place.plant(1)
    place.later(600)
    [listed] = [order for page in await place.pages(place.window()) for order in page.orders]
    alone = await place.order(order_id)
    assert (alone.id, alone.lines, alone.personal.recipient) == (order_id, listed.lines, listed.personal.recipient)
    assert all(line.sku and line.ordered > 0 for line in alone.lines)
    assert alone.personal.recipient is not None
    assert alone.channel_id == place.channel_id


async def test_a_parcel_told_is_read_back_and_told_twice_is_there_once(place: Place) -> None:
    """The frozen words survive as JSON; the very same again changes nothing, or says that it was done before."""
    [order_id] = await place.plant(1)
    place.later(600)
    parcel = place.parcel(await place.order(order_id))
    body = json.loads(json.dumps(place.marketplace.tracking.freeze(parcel)))
    await place.tell(order_id, body)
    assert await place.numbers(order_id) == [parcel.tracking_number]
    try:
        await place.tell(order_id, body)
    except AlreadyDone:
        assert place.capabilities.write != "keyed"
    assert await place.numbers(order_id) == [parcel.tracking_number]


async def test_nothing_is_told_after_its_time(place: Place) -> None:
    """`send_before` is looked at last: another holder may have the lease by now."""
    [order_id] = await place.plant(1)
    place.later(600)
    body = place.marketplace.tracking.freeze(place.parcel(await place.order(order_id)))
    with pytest.raises(TooLate):
        await place.tell(order_id, body, seconds=-1.0)
    assert await place.numbers(order_id) == []


async def test_a_spent_budget_asks_nobody(place: Place) -> None:
    """Throttled says how long, before the far side has to."""
    place.budgets = Budgets({name: replace(rate, burst=1) for name, rate in place.budgets.rates.items()})
    for name in place.budgets.rates:
        place.budgets.spend(name, place.now())
    with pytest.raises(Throttled) as caught:
        await place.marketplace.orders.read_page(place.account, place.window(), place.token, place.budgets)
    assert (caught.value.retry_after_seconds or 0) > 0


async def test_a_grant_gives_tokens_that_reach_the_channels(place: Place) -> None:
    """Renewed and probed: every channel has an id and a name, and the account's own is among them."""
    grants = place.marketplace.grants
    assert grants is not None
    channels = (await grants.probe(place.account, place.token, place.budgets)).channels
    assert place.channel_id in {channel.id for channel in channels}
    assert all(channel.id and channel.name for channel in channels)


async def test_listings_are_found_and_their_stock_is_told(place: Place) -> None:
    """Every listing once; a quantity told is shown, told again it is still that, and zero is a quantity."""
    listings = place.marketplace.listings
    assert listings is not None
    found: dict[str, Listing] = {}
    token: str | None = None
    while True:
        page = await listings.read_page(place.account, place.channel_id, token, place.token, place.budgets)
        found |= {listing.sku: listing for listing in page.listings}
        token = page.next_token
        if token is None:
            break
        place.later(1.0)
    assert set(place.listed_skus) <= set(found)
    first, second = place.listed_skus[:2]
    for quantity in (7, 7, 0):
        lines = (StockLine(first, quantity, found[first].facts), StockLine(second, 3, found[second].facts))
        assert place.marketplace.stock is not None
        told = lines[: place.marketplace.stock.limits.lines]
        outcomes = await place.push(told)
        assert {one.sku: (one.shown, one.reason) for one in outcomes} == {one.sku: (one.quantity, None) for one in told}
        assert await place.stock(first) == quantity


async def test_an_order_that_waits_is_answered_once(place: Place) -> None:
    """Accepted, it is seen to wait no more; answered again, it says so."""
    acceptance = place.marketplace.acceptance
    assert (acceptance is not None) == place.capabilities.answers_orders
    if acceptance is None:
        return
    [order_id] = await place.plant(1, status="WaitingAcceptance")
    place.later(600)
    assert (await place.order(order_id)).status is OrderStatus.WAITING_ACCEPTANCE
    await acceptance.answer(place.account, order_id, place.intent(True), place.token, place.budgets)
    place.later(600)
    assert (await place.order(order_id)).status is not OrderStatus.WAITING_ACCEPTANCE
    with pytest.raises(Refused):
        await acceptance.answer(place.account, order_id, place.intent(True), place.token, place.budgets)
