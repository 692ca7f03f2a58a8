"""Telling the sandbox about parcels and reading them back: every outcome has its error, and nothing happens twice."""

import pytest

from shared.kernel.errors import AlreadyDone, OutcomeUnknown, Refused, RoleMissing, Throttled
from shared.kernel.ports import TooLate
from shared.marketplaces.models import MarketplaceOrder, OrderStatus
from tests.contract.amazon.shop import SELLER, Shop

CONFIRM = "amazon.confirmShipment"


async def planted(shop: Shop, **fields: object) -> MarketplaceOrder:
    [order_id] = await shop.far.control.orders(SELLER, 1, **fields)
    return await shop.order(order_id)


async def confirmations(shop: Shop, order: MarketplaceOrder) -> int:
    return int((await shop.far.control.order_states())[order.id]["confirmations"])


async def test_a_parcel_is_told_and_read_back(shop: Shop) -> None:
    """After the write the order's parcel has our reference and number, and the order counts as shipped."""
    order = await planted(shop)
    reference = shop.amazon.tracking.new_reference(frozenset())
    await shop.tell(order.id, shop.freeze(order, reference=reference))
    shop.far.now += 60
    assert await shop.numbers(order.id) == [(reference, "340123450000000017")]
    assert (await shop.order(order.id)).status is OrderStatus.SHIPPED
    assert await confirmations(shop, order) == 1


async def test_the_same_parcel_told_twice_is_one_parcel(shop: Shop) -> None:
    """The write is keyed: the same body again has no further effect."""
    order = await planted(shop)
    body = shop.freeze(order)
    await shop.tell(order.id, body)
    await shop.tell(order.id, body)
    assert await confirmations(shop, order) == 1


async def test_two_parcels_of_one_order(shop: Shop) -> None:
    """An order may leave in parts, units counted per line."""
    order = await planted(shop, lines=[{"sku": "SKU-001", "quantity": 3}])
    line = order.lines[0].id
    await shop.tell(order.id, shop.freeze(order, reference="100000001", lines=((line, 1),)))
    shop.far.now += 60
    partly = await shop.order(order.id)
    assert (partly.status, partly.lines[0].fulfilled) == (OrderStatus.PARTIALLY_SHIPPED, 1)
    await shop.tell(order.id, shop.freeze(partly, reference="100000002", tracking_number="T2"))
    shop.far.now += 60
    assert [reference for reference, _ in await shop.numbers(order.id)] == ["100000001", "100000002"]


@pytest.mark.parametrize("kind", ["timeout", "timeout_after_effect", "server_error", "html_502"])
async def test_an_unknown_outcome_is_answered_by_the_same_again(shop: Shop, kind: str) -> None:
    """Whether it happened or not, repeating the frozen body leaves one parcel."""
    order = await planted(shop)
    body = shop.freeze(order)
    await shop.far.control.fault(CONFIRM, kind, 1)
    shop.timeout_seconds = 0.2 if kind.startswith("timeout") else 20.0
    with pytest.raises(OutcomeUnknown):
        await shop.tell(order.id, body)
    shop.timeout_seconds = 20.0
    await shop.tell(order.id, body)
    shop.far.now += 60
    assert await shop.numbers(order.id) == [("123456789", "340123450000000017")]
    assert await confirmations(shop, order) == 1


async def test_a_dropped_204_shows_when_reading_back(shop: Shop) -> None:
    """Amazon said yes and did nothing: no parcel is there, and the same body again makes it."""
    order = await planted(shop)
    body = shop.freeze(order)
    await shop.far.control.fault(CONFIRM, "dropped_204", 1)
    await shop.tell(order.id, body)
    shop.far.now += 600
    assert await shop.numbers(order.id) == []
    await shop.tell(order.id, body)
    shop.far.now += 60
    assert len(await shop.numbers(order.id)) == 1


async def test_shipped_by_somebody_else_is_seen_by_reading_back(shop: Shop) -> None:
    """Already fulfilled is not success: the parcel that is there has another number."""
    order = await planted(shop)
    await shop.far.control.patch_order(order.id, ship={"carrier": "UPS", "tracking_number": "1ZELSEWHERE"})
    with pytest.raises(AlreadyDone):
        await shop.tell(order.id, shop.freeze(order))
    shop.far.now += 60
    assert [number for _, number in await shop.numbers(order.id)] == ["1ZELSEWHERE"]
    assert await confirmations(shop, order) == 0


@pytest.mark.parametrize(
    ("fields", "change", "code"),
    [
        ({"programs": ["FBM_SHIP_PLUS"]}, {}, "program_ships"),
        ({"fulfilled_by": "AMAZON"}, {}, "marketplace_ships"),
        ({"status": "PENDING"}, {}, "order_pending"),
        ({}, {"cancel": True}, "order_cancelled"),
    ],
)
async def test_what_may_not_be_told_is_refused_with_a_reason(
    shop: Shop, fields: dict[str, object], change: dict[str, object], code: str
) -> None:
    """Each refusal of Amazon has a stable code of ours."""
    order = await planted(shop, **fields)
    body = shop.freeze(order)
    if change:
        await shop.far.control.patch_order(order.id, **change)
    with pytest.raises(Refused) as caught:
        await shop.tell(order.id, body)
    assert caught.value.code == code


async def test_too_many_units_and_foreign_lines_are_refused(shop: Shop) -> None:
    """Amazon counts units per line and knows its lines."""
    order = await planted(shop, lines=[{"sku": "SKU-001", "quantity": 1}])
    for lines, code in [(((order.lines[0].id, 2),), "quantity_refused"), ((("42", 1),), "line_refused")]:
        with pytest.raises(Refused) as caught:
            await shop.tell(order.id, shop.freeze(order, lines=lines))
        assert caught.value.code == code


async def test_a_write_past_its_moment_never_leaves(shop: Shop) -> None:
    """`send_before` is checked last: nothing reaches Amazon."""
    order = await planted(shop)
    with pytest.raises(TooLate):
        await shop.tell(order.id, shop.freeze(order), send_before_seconds=-1.0)
    assert (await shop.far.control.calls(CONFIRM))["count"] == 0


async def test_other_trouble_of_a_write(shop: Shop) -> None:
    """Too fast and a missing role are told apart from a refusal of the parcel; neither had an effect."""
    order = await planted(shop)
    for kind, error in [("role_missing", RoleMissing), ("throttle", Throttled)]:
        await shop.far.control.fault(CONFIRM, kind, 1)
        with pytest.raises(error):
            await shop.tell(order.id, shop.freeze(order))
    assert await confirmations(shop, order) == 0


async def test_a_parcel_seen_late_is_not_lost(shop: Shop) -> None:
    """Recorded but shown later: reading back finds it once the lag is over."""
    order = await planted(shop)
    await shop.far.control.fault(CONFIRM, "late_visibility", 1, seconds=300)
    await shop.tell(order.id, shop.freeze(order))
    shop.far.now += 120
    assert await shop.numbers(order.id) == []
    shop.far.now += 300
    assert len(await shop.numbers(order.id)) == 1
