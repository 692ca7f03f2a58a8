"""Telling the sandbox about parcels, and answering orders: every outcome has its error, nothing happens twice."""

import pytest

from shared.kernel.errors import AlreadyDone, ConsentLost, OutcomeUnknown, Refused, Throttled
from shared.kernel.ports import TooLate
from shared.marketplaces.models import MarketplaceOrder, OrderStatus
from shared.marketplaces.ports import AcceptancePort
from tests.contract.octopia.shop import OctopiaShop

SHIP = "octopia.createShipments"
TWO_LINES = [{"sku": "SKU-001", "quantity": 1}, {"sku": "SKU-002", "quantity": 2}]


async def confirmations(shop: OctopiaShop, order: MarketplaceOrder) -> int:
    return int((await shop.far.state(order.id))["confirmations"])


def acceptance(shop: OctopiaShop) -> AcceptancePort:
    assert shop.octopia.acceptance is not None
    return shop.octopia.acceptance


async def answer(shop: OctopiaShop, order: MarketplaceOrder, *, accepts: bool) -> None:
    await acceptance(shop).answer(shop.account, order.id, shop.intent(accepts), shop.token, shop.budgets)


async def test_a_parcel_is_told_and_read_back(shop: OctopiaShop) -> None:
    """One parcel over all lines of a Cdiscount order, under the list's name for carriers it does not know."""
    order = await shop.planted(lines=TWO_LINES)
    await shop.tell(order.id, shop.freeze(order))
    shop.far.now += 60
    assert await shop.numbers(order.id) == ["340123450000000017"]
    shipped = await shop.order(order.id)
    assert shipped.status is OrderStatus.SHIPPED
    assert [line.fulfilled for line in shipped.lines] == [1, 2]
    [package] = (await shop.far.state(order.id))["packages"]
    assert (package["carrier"], package["tracking_url"]) == ("autre", "https://passerelle.example/t/340123450000000017")
    assert await confirmations(shop, order) == 1


async def test_parcels_elsewhere_name_their_lines(shop: OctopiaShop) -> None:
    """On a partner's channel an order may leave line by line."""
    order = await shop.planted(lines=TWO_LINES, channel="RAKUFR")
    for line, number in zip(order.lines, ("N1", "N2"), strict=True):
        await shop.tell(order.id, shop.freeze(order, lines=((line.id, line.ordered),), tracking_number=number))
        shop.far.now += 60
    assert sorted(number or "" for number in await shop.numbers(order.id)) == ["N1", "N2"]
    assert (await shop.order(order.id)).status is OrderStatus.SHIPPED


async def test_the_carriers_label_is_octopias(shop: OctopiaShop) -> None:
    """A name in another case is corrected; the list is asked for once."""
    for carrier in ("COLISSIMO", "gls"):
        order = await shop.planted()
        await shop.tell(order.id, shop.freeze(order, carrier=carrier))
    carriers = {state["packages"][0]["carrier"] for state in (await shop.far.control.order_states()).values()}
    assert carriers == {"Colissimo", "GLS"}
    assert (await shop.far.control.calls("octopia.listCarriers"))["count"] == 1


@pytest.mark.parametrize("kind", ["timeout", "timeout_after_effect", "server_error", "html_502"])
async def test_an_unknown_outcome_is_answered_by_reading(shop: OctopiaShop, kind: str) -> None:
    """What is there after the lag tells whether to send again; it is there once in the end."""
    order = await shop.planted()
    body = shop.freeze(order)
    await shop.far.control.fault(SHIP, kind, 1)
    shop.timeout_seconds = 0.2 if kind.startswith("timeout") else 20.0
    with pytest.raises(OutcomeUnknown):
        await shop.tell(order.id, body)
    shop.timeout_seconds = 20.0
    shop.far.now += shop.octopia.tracking.capabilities.read_lag_seconds
    if not await shop.numbers(order.id):
        await shop.tell(order.id, body)
        shop.far.now += 60
    assert await shop.numbers(order.id) == ["340123450000000017"]
    assert await confirmations(shop, order) == 1


async def test_the_same_parcel_told_again_is_already_done(shop: OctopiaShop) -> None:
    """So that it is read back whose number is there: ours, or that of somebody who was faster."""
    order = await shop.planted()
    await shop.far.control.patch_order(order.id, ship={"carrier": "UPS", "tracking_number": "THEIRS"})
    shop.far.now += 60
    with pytest.raises(AlreadyDone):
        await shop.tell(order.id, shop.freeze(order))
    assert await shop.numbers(order.id) == ["THEIRS"]


@pytest.mark.parametrize(
    ("planted", "sentence"),
    [
        ({"status": "Cancelled"}, "cancelled"),
        ({"status": "WaitingAcceptance"}, "waits to be accepted"),
        ({"supply_mode": "Fulfillment"}, "look at it there"),
    ],
)
async def test_a_person_sees_why_it_cannot_be_shipped(
    shop: OctopiaShop, planted: dict[str, str], sentence: str
) -> None:
    """An order in another state is refused with our sentence; nothing is recorded."""
    order = await shop.planted(**planted)
    with pytest.raises(Refused, match=sentence) as caught:
        await shop.tell(order.id, shop.freeze(order))
    assert caught.value.code == "cannot_switch"
    assert await confirmations(shop, order) == 0


async def test_a_parcel_that_was_said_to_be_taken_and_was_not(shop: OctopiaShop) -> None:
    """A 201 is no confirmation: reading back shows nothing, and the same may be sent again."""
    order = await shop.planted()
    await shop.far.control.fault(SHIP, "dropped_204", 1)
    await shop.tell(order.id, shop.freeze(order))
    shop.far.now += 60
    assert await shop.numbers(order.id) == []
    await shop.tell(order.id, shop.freeze(order))
    assert await confirmations(shop, order) == 1


async def test_too_late_sends_nothing(shop: OctopiaShop) -> None:
    """The fence is looked at last."""
    order = await shop.planted()
    with pytest.raises(TooLate):
        await shop.tell(order.id, shop.freeze(order), seconds=-1.0)
    assert await confirmations(shop, order) == 0


@pytest.mark.parametrize(("kind", "error"), [("throttle", Throttled), ("revoked_grant", ConsentLost)])
async def test_a_refused_call_has_no_effect(shop: OctopiaShop, kind: str, error: type[Exception]) -> None:
    """Too fast, or no longer let in."""
    order = await shop.planted()
    await shop.far.control.fault(SHIP, kind, 1)
    with pytest.raises(error):
        await shop.tell(order.id, shop.freeze(order))
    assert await confirmations(shop, order) == 0


async def test_a_waiting_order_is_accepted(shop: OctopiaShop) -> None:
    """It comes to be ready by itself; accepted once more, it no longer waits."""
    order = await shop.planted(status="WaitingAcceptance")
    await answer(shop, order, accepts=True)
    shop.far.now += 1
    with pytest.raises(AlreadyDone):
        await answer(shop, order, accepts=True)
    shop.far.now += 60
    assert (await shop.order(order.id)).status is OrderStatus.OPEN


async def test_a_waiting_order_is_refused(shop: OctopiaShop) -> None:
    """It counts as cancelled, in Octopia's word."""
    order = await shop.planted(status="WaitingAcceptance")
    await answer(shop, order, accepts=False)
    shop.far.now += 60
    refused = await shop.order(order.id)
    assert (refused.status, refused.status_text) == (OrderStatus.CANCELLED, "Refused")


async def test_an_answer_without_an_answer_may_be_given_again(shop: OctopiaShop) -> None:
    """It sets a state: the second says that the order no longer waits."""
    order = await shop.planted(status="WaitingAcceptance")
    await shop.far.control.fault("octopia.approveOrder", "timeout_after_effect", 1)
    shop.timeout_seconds = 0.2
    with pytest.raises(OutcomeUnknown):
        await answer(shop, order, accepts=True)
    shop.timeout_seconds = 20.0
    with pytest.raises(AlreadyDone):
        await answer(shop, order, accepts=True)
