"""confirmShipment: what Amazon takes, edits, and refuses."""

from typing import Any

import pytest

from tests.contract.sandbox.far import Far
from tests.sandbox.clock import iso


async def refusal(far: Far, order: dict[str, Any], body: dict[str, Any] | None = None) -> str:
    """The message of a 400, with the order left as it was."""
    before = (await far.control.order_states())[order["order_id"]]
    answer = await far.confirm(order, body)
    assert answer.status_code == 400
    assert (await far.control.order_states())[order["order_id"]] == before
    [error] = answer.json()["errors"]
    assert error["code"] == "InvalidInput"
    return str(error["message"])


async def test_a_confirmation_is_an_empty_204(far: Far) -> None:
    """Afterwards the order is shipped, and its package is in the answers and in the ledger."""
    order = await far.planted()
    answer = await far.confirm(order)
    assert (answer.status_code, answer.content) == (204, b"")
    far.now += 3
    found = await far.order(order["order_id"])
    assert found["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    [package] = found["packages"]
    assert (package["packageReferenceId"], package["carrier"]) == ("123456789", "Passerelle Express")
    assert package["packageStatus"] == {"status": "SHIPPED"}
    state = (await far.control.order_states())[order["order_id"]]
    assert (state["confirmations"], len(state["packages"])) == (1, 1)


@pytest.mark.parametrize(
    "package",
    [
        {"packageReferenceId": 123456789},
        {"packageReferenceId": "P-1"},
        {"packageReferenceId": "0"},
        {"packageReferenceId": "-5"},
        {"carrierName": None},
        {"carrierCode": ""},
        {"carrierCode": "dhl", "carrierName": ""},
        {"trackingNumber": ""},
        {"shipDate": "2026-09-21"},
        {"shipDate": "2030-01-01T00:00:00Z"},
        {"orderItems": []},
        {"orderItems": [{"orderItemId": "00000000000001", "quantity": 1}]},
        {"orderItems": [{"orderItemId": 12, "quantity": 1}]},
    ],
)
async def test_a_wrong_package_is_refused(far: Far, package: dict[str, Any]) -> None:
    """A JSON number or no number as reference, Other without a name, a wrong case, a foreign item, the future."""
    order = await far.planted()
    assert await refusal(far, order, far.confirmation(order, **package))


@pytest.mark.parametrize("quantity", [0, -1, 99, "1", 1.5, True])
async def test_a_wrong_quantity_is_refused(far: Far, quantity: object) -> None:
    """Quantities are whole, positive, and no more than what is left."""
    order = await far.planted()
    items = [{"orderItemId": order["lines"][0]["order_item_id"], "quantity": quantity}]
    assert await refusal(far, order, far.confirmation(order, orderItems=items))


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "PENDING"},
        {"status": "PENDING_AVAILABILITY"},
        {"status": "CANCELLED"},
        {"status": "UNFULFILLABLE"},
        {"fulfilled_by": "AMAZON"},
        {"programs": ["FBM_SHIP_PLUS"]},
    ],
)
async def test_an_order_that_is_not_shipped_this_way_is_refused(far: Far, fields: dict[str, Any]) -> None:
    """Pending, cancelled, FBA and Ship+ orders."""
    assert await refusal(far, await far.planted(**fields))


async def test_the_marketplace_is_the_orders(far: Far) -> None:
    """Another store's id is refused."""
    order = await far.planted()
    assert await refusal(far, order, far.confirmation(order) | {"marketplaceId": "A1PA6795UKMFR9"})


async def test_india_refuses_other(far: Far) -> None:
    """Self-ship in India needs a known carrier."""
    await far.control.seller("A1SELLER", channels=["IN"])
    order = await far.planted()
    assert await refusal(far, order)
    assert (await far.confirm(order, far.confirmation(order, carrierCode="DHL"))).status_code == 204


async def test_a_foreign_order_is_404(far: Far) -> None:
    """Another seller's order is as unknown as none at all."""
    await far.control.seller("A2")
    [order_id] = await far.control.orders("A2")
    order = (await far.control.order_states())[order_id]
    assert (await far.confirm(order)).status_code == 404
    assert (await far.get(f"/orders/2026-01-01/orders/{order_id}")).status_code == 404


async def test_the_same_again_has_no_effect(far: Far) -> None:
    """An identical repeat is a 204 that changes nothing."""
    order = await far.planted()
    body = far.confirmation(order)
    assert [(await far.confirm(order, body)).status_code for _ in range(3)] == [204] * 3
    state = (await far.control.order_states())[order["order_id"]]
    assert (state["confirmations"], len(state["packages"])) == (1, 1)


async def test_the_same_reference_edits(far: Far) -> None:
    """The package keeps its place and takes the new number; it counts as an effect."""
    order = await far.planted()
    await far.confirm(order)
    await far.confirm(order, far.confirmation(order, trackingNumber="TRACK2"))
    state = (await far.control.order_states())[order["order_id"]]
    assert (state["confirmations"], [p["tracking_number"] for p in state["packages"]]) == (2, ["TRACK2"])


async def test_an_edit_reaches_a_package_confirmed_by_hand(far: Far) -> None:
    """A reference the seller used in Seller Central is overwritten: why clients must not reuse numbers."""
    order = await far.planted()
    await far.control.patch_order(order["order_id"], ship={"carrier": "DHL", "tracking_number": "HAND"})
    await far.confirm(order, far.confirmation(order, packageReferenceId="1"))
    state = (await far.control.order_states())[order["order_id"]]
    assert [p["tracking_number"] for p in state["packages"]] == ["TRACK1"]


async def test_a_new_reference_after_all_is_shipped_is_refused(far: Far) -> None:
    """The words by which a client knows that somebody was faster."""
    order = await far.planted()
    await far.confirm(order)
    message = await refusal(far, order, far.confirmation(order, packageReferenceId="2"))
    assert "order already fulfilled" in message


async def test_partial_shipments(far: Far) -> None:
    """Units count up: partly shipped, too many, shipped."""
    order = await far.planted(lines=[{"sku": "A", "quantity": 3}])
    item = order["lines"][0]["order_item_id"]

    def package(reference: str, quantity: int) -> dict[str, Any]:
        items = [{"orderItemId": item, "quantity": quantity}]
        return far.confirmation(order, packageReferenceId=reference, orderItems=items)

    assert (await far.confirm(order, package("1", 1))).status_code == 204
    far.now += 3
    part = (await far.order(order["order_id"]))["orderItems"][0]["fulfillment"]
    assert (part["quantityFulfilled"], part["quantityUnfulfilled"]) == (1, 2)
    assert await refusal(far, (await far.control.order_states())[order["order_id"]], package("2", 3))
    assert (await far.confirm(order, package("2", 2))).status_code == 204
    state = (await far.control.order_states())[order["order_id"]]
    assert (state["status"], state["lines"][0]["shipped"]) == ("SHIPPED", 3)


async def test_wrong_case_counts_as_other(far: Far) -> None:
    """`dhl` with a name is taken as Other and noted; the name is what buyers see."""
    order = await far.planted()
    body = far.confirmation(order, carrierCode="dhl", carrierName="Whoever", shipDate=iso(far.now))
    assert (await far.confirm(order, body)).status_code == 204
    state = (await far.control.order_states())[order["order_id"]]
    assert state["packages"][0]["carrier"] == "Whoever"
    assert len((await far.control.calls("amazon.confirmShipment"))["deviations"]) == 1


async def test_unknown_fields_are_noted(far: Far) -> None:
    """There is no tracking URL in confirmShipment: it is ignored, and a deviation."""
    order = await far.planted()
    assert (await far.confirm(order, far.confirmation(order, trackingUrl="https://example.com"))).status_code == 204
    [note] = (await far.control.calls("amazon.confirmShipment"))["deviations"]
    assert note["deviation"] == "unknown field trackingUrl"
