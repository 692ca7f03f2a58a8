"""What an order contains: the data sets asked for, personal data only where Amazon gives it, and the unexpected."""

from typing import Any

import pytest

from tests.contract.sandbox.far import SELLER, Far

CANARY = {"name": "Canary Name", "street": "1 Canary Street", "email": "canary@example.com", "phone": "+33 600000000"}


async def test_without_included_data_there_is_only_the_skeleton(far: Far) -> None:
    """No status, no buyer, no address; the items are always there."""
    order = await far.planted()
    bare = await far.order(order["order_id"], included="")
    assert {"fulfillment", "buyer", "recipient", "proceeds", "packages"}.isdisjoint(bare)
    assert "fulfillment" not in bare["orderItems"][0]
    assert bare["orderItems"][0]["product"]["sellerSku"] == order["lines"][0]["sku"]


async def test_each_data_set_brings_its_part(far: Far) -> None:
    """includedData is honoured one by one."""
    order = await far.planted(status="SHIPPED", buyer_cancel=True)
    parts = {"BUYER": "buyer", "RECIPIENT": "recipient", "PROCEEDS": "proceeds", "PACKAGES": "packages"}
    for name, part in parts.items():
        found = await far.order(order["order_id"], included=name)
        assert set(parts.values()) & found.keys() == {part}
    assert (await far.order(order["order_id"], included="FULFILLMENT"))["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    item = (await far.order(order["order_id"], included="CANCELLATION"))["orderItems"][0]
    assert item["cancellation"]["cancellationRequest"]["requester"] == "BUYER"


async def test_personal_data_of_an_open_order(far: Far) -> None:
    """A merchant-fulfilled, unshipped order shows who and where."""
    order = await far.order((await far.planted(buyer=CANARY))["order_id"])
    address = order["recipient"]["deliveryAddress"]
    assert (address["name"], address["addressLine1"]) == (CANARY["name"], CANARY["street"])
    assert order["buyer"] == {"buyerName": CANARY["name"], "buyerEmail": CANARY["email"]}


@pytest.mark.parametrize(
    "fields", [{"fulfilled_by": "AMAZON"}, {"status": "PENDING"}, {"status": "PENDING_AVAILABILITY"}]
)
async def test_no_personal_data_of_what_is_not_ours_to_ship(far: Far, fields: dict[str, Any]) -> None:
    """FBA and pending orders give no name, street, e-mail or telephone."""
    order = await far.planted(buyer=CANARY, **fields)
    shown = str(await far.order(order["order_id"]))
    assert not any(value in shown for value in CANARY.values())


async def test_no_personal_data_without_the_roles(far: Far) -> None:
    """Without the shipping and tax roles the order comes, the person does not; city and country stay."""
    made = await far.control.seller("A2", roles=["inventory-and-order-tracking"])
    far.token = await far.access_token(made["refresh_token"])
    [order_id] = await far.control.orders("A2", buyer=CANARY)
    order = await far.order(order_id)
    assert not any(value in str(order) for value in CANARY.values())
    assert order["recipient"]["deliveryAddress"]["countryCode"] == "FR"
    assert "buyer" not in order


async def test_now_and_then_something_unknown(far: Far) -> None:
    """Among many orders some have a field the model lacks, an unknown service level, a fraction of a second."""
    await far.control.orders(SELLER, 200)
    orders = list((await far.listed()).values())
    assert 5 < sum("carbonFootprint" in order for order in orders) < 100
    assert {o["fulfillment"]["fulfillmentServiceLevel"] for o in orders} == {"STANDARD", "ECONOMY_PLUS"}
    assert any(order["lastUpdatedTime"].endswith(".000Z") for order in orders)


async def test_duties_are_on_the_items(far: Far) -> None:
    """A signature, a serial number, a gift, an earliest label time: each where the model has it."""
    duties = ["signature", "serial_number", "gift", "transparency", "customized", "ioss", "label_window"]
    order = await far.order((await far.planted(duties=duties, pickup_point=True))["order_id"])
    item = order["orderItems"][0]
    assert item["programs"] == ["TRANSPARENCY"]
    assert item["fulfillment"]["packing"]["serialNumberRequirement"] == {"requirementType": "REQUIRED"}
    assert item["fulfillment"]["packing"]["giftOption"]["giftMessage"]
    assert item["fulfillment"]["shipping"]["shippingConstraints"] == {"signatureConfirmation": "MANDATORY"}
    assert item["product"]["customization"]["customizedUrl"]
    assert order["fulfillment"]["labelPrintingWindow"]["earliestDateTime"]
    assert order["recipient"]["deliveryAddress"]["addressType"] == "PICKUP_POINT"


async def test_exact_orders_can_be_planted(far: Far) -> None:
    """Lines, price and store are as the test wants them; yen have no decimals."""
    await far.control.seller("A3", region="fe")
    [order_id] = await far.control.orders(
        "A3", lines=[{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}], price=1500
    )
    state = (await far.control.order_states("A3"))[order_id]
    assert [(line["sku"], line["quantity"]) for line in state["lines"]] == [("A", 2), ("B", 1)]
    [german] = await far.control.orders(SELLER, marketplace_id="DE", price="12.5")
    money = (await far.order(german))["orderItems"][0]["product"]["price"]["unitPrice"]
    assert money == {"amount": "12.50", "currencyCode": "EUR"}


async def test_extra_fields_are_merged_as_they_are(far: Far) -> None:
    """`extra` is for tests that need a field the generator does not know."""
    extra = {"associatedOrders": [{"orderId": "902-1-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}]}
    order = await far.order((await far.planted(extra=extra, price=0))["order_id"])
    assert order["associatedOrders"] == extra["associatedOrders"]
    assert order["proceeds"]["grandTotal"]["amount"] == "0.00"


async def test_what_the_seller_and_the_buyer_do_shows(far: Far) -> None:
    """Cancelled, asked to cancel, fewer units, shipped by hand, delivered: each raises lastUpdatedTime and is seen."""
    order = await far.planted(lines=[{"sku": "A", "quantity": 3}])
    item = order["lines"][0]["order_item_id"]

    async def seen(**change: Any) -> dict[str, Any]:
        old = (await far.order(order["order_id"]))["lastUpdatedTime"]
        await far.control.patch_order(order["order_id"], **change)
        far.now += 10
        found = await far.order(order["order_id"])
        assert found["lastUpdatedTime"] > old
        return found

    assert (await seen(buyer_cancel=True))["orderItems"][0]["cancellation"]["cancellationRequest"]
    assert (await seen(quantity={item: 2}))["orderItems"][0]["quantityOrdered"] == 2
    half = {"carrier": "DHL", "tracking_number": "D1", "lines": [{"order_item_id": item, "quantity": 1}]}
    assert (await seen(ship=half))["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert (await seen(ship={"carrier": "DHL", "tracking_number": "D2"}))["fulfillment"][
        "fulfillmentStatus"
    ] == "SHIPPED"
    assert [p["packageStatus"]["status"] for p in (await seen(deliver=True))["packages"]] == ["DELIVERED"] * 2
    assert (await seen(cancel=True))["orderItems"][0]["fulfillment"]["quantityUnfulfilled"] == 0
    assert (await far.control.order_states())[order["order_id"]]["confirmations"] == 0
