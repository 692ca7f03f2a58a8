"""Octopia: parcels taken, and parcels refused."""

from typing import Any

import pytest

from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar, errors, parcel

TWO_LINES = [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]


async def refusal(far: OctopiaFar, order_id: str, *parcels: dict[str, Any]) -> str:
    """The words of a 400, with the order left as it was."""
    before = await far.state(order_id)
    words = errors(await far.ship(order_id, *parcels))
    assert await far.state(order_id) == before
    return words


async def elsewhere(far: OctopiaFar) -> str:
    """An order of two lines on a channel that takes several parcels."""
    await far.control.octopia_seller(SELLER, channels=["ONBUGB"])
    return str((await far.planted(lines=TWO_LINES))["order_id"])


async def test_a_parcel_for_the_whole_order(octopia: OctopiaFar) -> None:
    """An empty 201; then the parcel is on every line, the order is shipped, and its update is newer."""
    order_id = (await octopia.planted(lines=TWO_LINES))["order_id"]
    before = await octopia.order(order_id)
    answer = await octopia.ship(order_id)
    assert (answer.status_code, answer.content) == (201, b"")
    octopia.now += 3
    after = await octopia.order(order_id)
    assert after["status"] == "Shipped"
    assert [line["parcels"] for line in after["lines"]] == [[parcel()]] * 2
    assert after["updatedAt"] > before["updatedAt"]
    state = await octopia.state(order_id)
    assert state["confirmations"] == 1
    assert state["packages"] == [
        {
            "reference": None,
            "carrier": "Colissimo",
            "tracking_number": "6A12345678901",
            "tracking_url": parcel()["trackingUrl"],
            "lines": [{"order_item_id": "L1", "quantity": 1}, {"order_item_id": "L2", "quantity": 2}],
        }
    ]


async def test_lines_and_address_are_optional(octopia: OctopiaFar) -> None:
    """All lines may be named, or none; a parcel needs no tracking address."""
    first, second = await octopia.control.orders(SELLER, 2, lines=TWO_LINES)
    assert (await octopia.ship(first, parcel(orderLineIds=["L1", "L2"]))).status_code == 201
    assert (await octopia.ship(second, {"parcelNumber": "X1", "carrierName": "autre"})).status_code == 201
    assert (await octopia.state(second))["packages"][0]["tracking_url"] is None


@pytest.mark.parametrize(
    "status", ["Processing", "WaitingAcceptance", "Accepted", "Shipped", "Cancelled", "Refused", "CancelRequest"]
)
async def test_only_orders_in_preparation_are_shipped(octopia: OctopiaFar, status: str) -> None:
    """The words by which a client knows that the state is wrong."""
    order_id = (await octopia.planted(status=status))["order_id"]
    assert "Cannot switch to shipped status" in await refusal(octopia, order_id)


async def test_a_shipped_order_is_not_edited(octopia: OctopiaFar) -> None:
    """Neither with the same parcel nor with another: a repeat after an unknown outcome is refused too."""
    order_id = (await octopia.planted())["order_id"]
    await octopia.ship(order_id)
    for again in (parcel(), parcel(parcelNumber="OTHER")):
        assert "Cannot switch to shipped status" in await refusal(octopia, order_id, again)


async def test_cdiscount_takes_one_parcel_for_the_complete_order(octopia: OctopiaFar) -> None:
    """Fewer lines, or two parcels, are refused."""
    order_id = (await octopia.planted(lines=TWO_LINES))["order_id"]
    assert "complete order" in await refusal(octopia, order_id, parcel(orderLineIds=["L1"]))
    halves = (parcel(orderLineIds=["L1"]), parcel(parcelNumber="OTHER", orderLineIds=["L2"]))
    assert "complete order" in await refusal(octopia, order_id, *halves)


async def test_other_channels_take_parcels_of_lines(octopia: OctopiaFar) -> None:
    """One after the other, or together; the order is shipped with its last line."""
    order_id = await elsewhere(octopia)
    assert (await octopia.ship(order_id, parcel(orderLineIds=["L1"]))).status_code == 201
    assert (await octopia.state(order_id))["status"] == "InPreparation"
    assert "Cannot switch" in await refusal(octopia, order_id, parcel(orderLineIds=["L1"]))
    assert (await octopia.ship(order_id, parcel(parcelNumber="OTHER", orderLineIds=["L2"]))).status_code == 201
    assert (await octopia.state(order_id))["status"] == "Shipped"
    another = (await octopia.planted(lines=TWO_LINES))["order_id"]
    halves = (parcel(orderLineIds=["L1"]), parcel(parcelNumber="OTHER", orderLineIds=["L2"]))
    assert (await octopia.ship(another, *halves)).status_code == 201
    assert len((await octopia.state(another))["packages"]) == 2


async def test_a_line_is_never_split(octopia: OctopiaFar) -> None:
    """Parcels name lines without quantities: a line in two parcels is refused, and nothing is recorded."""
    order_id = await elsewhere(octopia)
    twice = (parcel(orderLineIds=["L2"]), parcel(parcelNumber="OTHER", orderLineIds=["L2"]))
    assert "Cannot switch" in await refusal(octopia, order_id, *twice)


async def test_only_the_sellers_lines_are_shipped(octopia: OctopiaFar) -> None:
    """In a mixed order a parcel without lines covers the seller's; the warehouse's may not be named."""
    order_id = (await octopia.planted(lines=TWO_LINES, supply_mode=["Seller", "Fulfillment"]))["order_id"]
    assert "supply mode" in await refusal(octopia, order_id, parcel(orderLineIds=["L1", "L2"]))
    assert (await octopia.ship(order_id)).status_code == 201
    assert [line["shipped"] for line in (await octopia.state(order_id))["lines"]] == [1, 0]
    warehouse = (await octopia.planted(supply_mode="Fulfillment"))["order_id"]
    assert "Cannot switch" in await refusal(octopia, warehouse)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parcelNumber", None),
        ("parcelNumber", ""),
        ("parcelNumber", 6123),
        ("parcelNumber", "6A 123"),
        ("parcelNumber", "6A,123"),
        ("parcelNumber", "6A&123"),
        ("parcelNumber", "6A*123"),
        ("parcelNumber", "6A$123"),
        ("parcelNumber", "X" * 51),
        ("carrierName", None),
        ("carrierName", " "),
        ("trackingUrl", "www.laposte.fr/6A1"),
        ("trackingUrl", "ftp://laposte.fr/6A1"),
        ("trackingUrl", "https://laposte.fr/" + "x" * 240),
        ("orderLineIds", []),
        ("orderLineIds", "L1"),
        ("orderLineIds", ["L9"]),
    ],
)
async def test_a_field_that_breaks_a_rule_is_named(octopia: OctopiaFar, name: str, value: object) -> None:
    """In `errors` of the problem document."""
    order_id = (await octopia.planted())["order_id"]
    assert name in await refusal(octopia, order_id, parcel(**{name: value}))


async def test_the_body_is_an_array(octopia: OctopiaFar) -> None:
    """A single parcel, an empty array, a list of something else: 400; a form: 415."""
    order_id = (await octopia.planted())["order_id"]
    for body in (parcel(), [], ["6A1"]):
        assert errors(await octopia.post(f"/orders/{order_id}/shipments", body))
    path = f"/octopia/api/seller/v2/orders/{order_id}/shipments"
    assert errors(await octopia.http.post(path, data={"a": "b"}, headers=octopia.headers()), 415)


async def test_an_unknown_carrier_is_taken_and_noted(octopia: OctopiaFar) -> None:
    """The name is free text: what is no label of the carriers' list is a deviation, as an unknown field is."""
    order_id = (await octopia.planted())["order_id"]
    answer = await octopia.ship(order_id, parcel(carrierName="colissimo", carrierCode="pcc"))
    assert answer.status_code == 201
    assert (await octopia.state(order_id))["packages"][0]["carrier"] == "colissimo"
    assert await octopia.deviations() == [
        "unknown field carrierCode",
        "carrierName 'colissimo' is no label of GET /carriers",
    ]


async def test_the_rules_at_their_edges(octopia: OctopiaFar) -> None:
    """Fifty characters, 255 characters, plain http."""
    order_id = (await octopia.planted())["order_id"]
    url = "http://laposte.fr/"
    answer = await octopia.ship(order_id, parcel(parcelNumber="X" * 50, trackingUrl=url + "x" * (255 - len(url))))
    assert answer.status_code == 201
