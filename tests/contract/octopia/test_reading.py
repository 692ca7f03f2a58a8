"""Reading orders from the sandbox, whose lists move while they are read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.errors import ConsentLost, Refused, Throttled, TokenRejected, Unavailable, Unreadable
from shared.kernel.money import Money
from shared.marketplaces.models import OrderStatus, ShippedBy
from tests.contract.octopia.shop import CDISCOUNT, OctopiaShop
from tests.contract.sandbox.far_octopia import SELLER

LIST = "octopia.listOrders"


async def test_an_order_is_read_as_it_is(shop: OctopiaShop) -> None:
    """Lines, money, deadline and address of an order that is ready to be shipped."""
    buyer = {"first_name": "Anne", "last_name": "Exemple", "city": "Lyon"}
    one = await shop.planted(lines=[{"sku": "SKU-001", "quantity": 2}], price="12.50", buyer=buyer)
    assert (one.status, one.shipped_by, one.channel_id) == (OrderStatus.OPEN, ShippedBy.SELLER, CDISCOUNT)
    assert [(line.sku, line.ordered, line.unit_price) for line in one.lines] == [("SKU-001", 2, Money(1250, "EUR"))]
    assert one.ship_by is not None
    assert one.personal.recipient is not None
    assert (one.personal.recipient.name, one.personal.recipient.city) == ("Anne Exemple", "Lyon")
    assert (await shop.listed())[one.id] == one


async def test_before_preparation_there_is_no_address(shop: OctopiaShop) -> None:
    """Its absence is no error, and it comes with the release."""
    one = await shop.planted(status="WaitingAcceptance")
    assert (one.status, one.personal.recipient) == (OrderStatus.WAITING_ACCEPTANCE, None)
    await shop.far.control.patch_order(one.id, release=True)
    shop.far.now += 5
    released = await shop.order(one.id)
    assert released.status is OrderStatus.OPEN
    assert released.personal.recipient is not None


async def test_a_mixed_order_is_told_per_line(shop: OctopiaShop) -> None:
    """Whose line it is, and where it goes."""
    lines = [{"sku": "SKU-001", "quantity": 1}, {"sku": "SKU-002", "quantity": 1}]
    mixed = await shop.planted(lines=lines, supply_mode=["Fulfillment", "Seller"])
    assert [line.shipped_by for line in mixed.lines] == [ShippedBy.MARKETPLACE, ShippedBy.SELLER]
    assert mixed.shipped_by is ShippedBy.SELLER
    apart = await shop.planted(lines=lines, destinations=2)
    assert [line.destination for line in apart.lines] == [0, 1]
    assert len(apart.personal.others) == 1


async def test_a_long_list_is_read_whole(shop: OctopiaShop) -> None:
    """Over several pages, though orders change and come in between them."""
    planted = await shop.far.control.orders(SELLER, 260)
    shop.far.now += 5
    query = whole = shop.query()
    found: set[str] = set()
    for changed in planted[::40]:
        page = await shop.page(query)
        found |= {order.id for order in page.orders}
        if page.next_token is None:
            break
        query = replace(whole, page_token=page.next_token)
        await shop.far.control.patch_order(changed, release=True)
        await shop.far.control.orders(SELLER, 3, age_seconds=0)
        shop.far.now += 3
    assert page.next_token is None
    moved = {one.id for one in (await shop.listed(shop.query(updated_after=whole.updated_before))).values()}
    assert set(planted) <= found | moved


async def test_a_sweep_finds_what_is_open(shop: OctopiaShop) -> None:
    """Of all channels and statuses asked for, and nothing that has left."""
    rakuten = await shop.planted(channel="RAKUFR")
    waiting = await shop.planted(status="WaitingAcceptance")
    shipped = await shop.planted(status="Shipped")
    shop.far.now += 5
    both = shop.sweep(channel_ids=(CDISCOUNT, "RAKUFR"))
    assert set(await shop.listed(both)) == {rakuten.id, waiting.id}
    assert set(await shop.listed(shop.sweep())) == {waiting.id}
    assert shipped.id in await shop.listed()


async def test_a_row_that_comes_late_is_there_the_next_time(shop: OctopiaShop) -> None:
    """Within the overlap of two windows."""
    planted = await shop.far.control.orders(SELLER, 3)
    shop.far.now += 5
    await shop.far.control.fault(LIST, "late_order", 1)
    await shop.far.control.fault("octopia.countOrders", "late_order", 1)
    first = await shop.listed()
    shop.far.now += 600
    assert len(first) < 3
    assert set(await shop.listed()) == set(planted)


async def test_one_bad_record_spoils_nothing(shop: OctopiaShop) -> None:
    """It is set aside with its id; the others are read."""
    planted = await shop.far.control.orders(SELLER, 3)
    shop.far.now += 5
    await shop.far.control.fault(LIST, "malformed_record", 1)
    page = await shop.page(shop.query())
    assert len(page.orders) == 2
    [bad] = page.unreadable
    assert {bad.id} | {order.id for order in page.orders} == set(planted)


@pytest.mark.parametrize(
    ("operation", "kind", "error"),
    [
        (LIST, "server_error", Unavailable),
        (LIST, "html_502", Unavailable),
        (LIST, "throttle", Throttled),
        (LIST, "token_rejected", TokenRejected),
        (LIST, "revoked_grant", ConsentLost),
        (LIST, "timeout", Unavailable),
        ("octopia.countOrders", "html_502", Unavailable),
        ("octopia.countOrders", "malformed_record", Unreadable),
    ],
)
async def test_what_a_page_can_meet(shop: OctopiaShop, operation: str, kind: str, error: type[Exception]) -> None:
    """Each has its error, and afterwards the same window is served."""
    planted = await shop.far.control.orders(SELLER, 2)
    shop.far.now += 5
    query = shop.query()
    await shop.far.control.fault(operation, kind, 1)
    shop.timeout_seconds = 0.2 if kind == "timeout" else 20.0
    with pytest.raises(error):
        await shop.page(query)
    shop.timeout_seconds = 20.0
    shop.far.now += 60
    assert set(await shop.listed(query)) == set(planted)


async def test_our_pace_is_never_refused(shop: OctopiaShop) -> None:
    """The burst we allow ourselves is served, and then we hold back by ourselves."""
    for _ in range(20):
        await shop.page(shop.query())
    with pytest.raises(Throttled) as caught:
        await shop.page(shop.query())
    assert caught.value.code == "budget_empty"


async def test_an_order_of_somebody_else(shop: OctopiaShop) -> None:
    """Is none: 404, not a lost consent."""
    await shop.far.control.octopia_seller("555")
    [theirs] = await shop.far.control.orders("555", 1)
    with pytest.raises(Refused) as caught:
        await shop.order(theirs)
    assert caught.value.code == "order_unknown"


async def test_changes_are_found_by_their_time(shop: OctopiaShop) -> None:
    """An old order that changes comes into the window, one that does not stays out."""
    old, older = await shop.far.control.orders(SELLER, 2, age_seconds=3 * 86_400)
    shop.far.now += 5
    assert await shop.listed() == {}
    await shop.far.control.patch_order(old, cancel=True)
    shop.far.now += 5
    found = await shop.listed()
    assert older not in found
    assert found[old].status is OrderStatus.CANCELLED
    assert [line.cancelled for line in found[old].lines] == [line.ordered for line in found[old].lines]
    assert found[old].updated_at > shop.clock.now() - timedelta(hours=1)
