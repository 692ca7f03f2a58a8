"""Octopia: reading orders from a list that moves, and answering the ones that wait."""

from typing import Any

import pytest

from tests.contract.sandbox.far_octopia import SELLER, OctopiaFar, errors
from tests.sandbox.clock import iso


async def test_pages_have_numbers_and_the_last_one_is_short(octopia: OctopiaFar) -> None:
    """From 1; no total, no link; past the end is empty."""
    planted = await octopia.control.orders(SELLER, 25)
    pages = [await octopia.ids(pageIndex=str(n), pageSize="10") for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert sorted(order_id for page in pages for order_id in page) == sorted(planted)
    answer = await octopia.get("/orders", pageSize="10")
    assert answer.json().keys() == {"itemsPerPage", "items"}
    assert answer.json()["itemsPerPage"] == 10


async def test_a_count_is_a_bare_number(octopia: OctopiaFar) -> None:
    """With the filters of the list."""
    await octopia.control.orders(SELLER, 3)
    await octopia.control.orders(SELLER, 2, status="Shipped")
    assert (await octopia.get("/orders/count")).json() == 5
    assert (await octopia.get("/orders/count", status="Shipped")).json() == 2


@pytest.mark.parametrize(
    "params",
    [
        {"status": "Unshipped"},
        {"status": "InPreparation,Unshipped"},
        {"supplyMode": "seller"},
        {"businessOrder": "maybe"},
        {"updatedAtMin": "2026-11-20"},
        {"updatedAtMax": "2026-11-20T00:00:00 02:00"},  # what an unescaped + becomes
        {"pageIndex": "0"},
        {"pageSize": "101"},
        {"pageSize": "0"},
        {"pageSize": "ten"},
        {"sort": "colour"},
    ],
)
async def test_a_filter_nobody_knows_is_400(octopia: OctopiaFar, params: dict[str, str]) -> None:
    """The problem document names it."""
    assert next(iter(params)) in errors(await octopia.get("/orders", **params))


async def test_limit_and_offset_are_ignored(octopia: OctopiaFar) -> None:
    """A client that pages with them reads the same ten orders again."""
    await octopia.control.orders(SELLER, 15)
    assert await octopia.rows(limit="100", offset="10") == await octopia.rows()
    assert len(await octopia.rows()) == 10


async def test_the_newest_update_comes_first(octopia: OctopiaFar) -> None:
    """An update moves an order to the front, and what was before it by one place: the list moves under its pages."""
    planted = await octopia.control.orders(SELLER, 6)
    first = await octopia.ids(pageSize="3")
    assert first == planted[:3]
    await octopia.control.patch_order(planted[5], buyer_cancel=True)
    octopia.now += 3
    assert await octopia.ids() == [planted[5], *planted[:5]]
    assert await octopia.ids(pageIndex="2", pageSize="3") == planted[2:5]


async def test_an_order_of_its_own_may_be_asked_for(octopia: OctopiaFar) -> None:
    """Both spellings clients use."""
    planted = await octopia.control.orders(SELLER, 4)
    assert await octopia.ids(sort="asc:updatedAt") == planted[::-1]
    assert await octopia.ids(sort="createdAt") == planted[::-1]
    assert await octopia.ids(sort="createdAt", desc="true") == planted


async def test_filters(octopia: OctopiaFar) -> None:
    """Each lets through what it says."""
    await octopia.control.octopia_seller(SELLER, channels=["CDISFR", "ONBUGB"])
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "other channel": {"channel": "ONBUGB"},
        "business": {"business": True},
        "warehouse": {"supply_mode": "Fulfillment"},
        "named": {"reference": "REF-1"},
    }
    ids = {name: (await octopia.planted(**fields))["order_id"] for name, fields in kinds.items()}
    assert await octopia.ids(salesChannelId="ONBUGB") == [ids["other channel"]]
    assert await octopia.ids(shippingCountry="GB") == [ids["other channel"]]
    assert await octopia.ids(businessOrder="true") == [ids["business"]]
    assert await octopia.ids(supplyMode="Fulfillment") == [ids["warehouse"]]
    assert await octopia.ids(reference="REF-1") == [ids["named"]]
    assert await octopia.ids(status="Accepted,Refused") == []


async def test_windows_are_inclusive_on_both_ends(octopia: OctopiaFar) -> None:
    """By creation, by update, by shipment."""
    order = await octopia.planted(age_seconds=1000)
    order_id, at = order["order_id"], iso(octopia.now - 1000)
    for name in ("createdAt", "updatedAt"):
        assert await octopia.ids(**{f"{name}Min": at, f"{name}Max": at}) == [order_id]
        assert await octopia.ids(**{f"{name}Min": iso(octopia.now - 999)}) == []
        assert await octopia.ids(**{f"{name}Max": iso(octopia.now - 1001)}) == []
    assert await octopia.ids(shippedAtMin=at) == []
    await octopia.ship(order_id)
    octopia.now += 3
    assert await octopia.ids(shippedAtMin=at) == await octopia.ids(updatedAtMin=iso(octopia.now - 3)) == [order_id]


@pytest.mark.parametrize("status", ["Processing", "WaitingAcceptance", "Accepted"])
async def test_the_address_comes_with_in_preparation(octopia: OctopiaFar, status: str) -> None:
    """Before, it is null; the customer has a reference and no name."""
    order_id = (await octopia.planted(status=status, age_seconds=600))["order_id"]
    before = await octopia.order(order_id)
    assert (before["status"], before["lines"][0]["shippingAddress"]) == (status, None)
    assert set(before["billingAddress"].values()) == {None}
    await octopia.control.patch_order(order_id, release=True)
    octopia.now += 3
    after = await octopia.order(order_id)
    assert after["status"] == "InPreparation"
    assert after["lines"][0]["shippingAddress"]["addressLine1"]
    assert after["customer"].keys() == {"reference"}


async def test_status_supply_mode_and_address_belong_to_lines(octopia: OctopiaFar) -> None:
    """A mixed order: two supply modes, two states, two places."""
    order = await octopia.planted(
        supply_mode=["Seller", "Fulfillment"], status=["InPreparation", "Shipped"], destinations=2
    )
    told = await octopia.order(order["order_id"])
    first, second = told["lines"][:2]
    assert [x["offer"]["supplyMode"] for x in (first, second)] == ["Seller", "Fulfillment"]
    assert [x["status"] for x in (first, second)] == ["InPreparation", "Shipped"]
    assert first["shippingAddress"] != second["shippingAddress"]
    assert told["status"] == "InPreparation"


async def test_an_order_that_waits_is_accepted(octopia: OctopiaFar) -> None:
    """Accepted first, and InPreparation after the marketplace's own checks, each a newer update."""
    await octopia.control.octopia_seller(SELLER, auto_accept=False)
    order_id = (await octopia.planted())["order_id"]
    waiting = await octopia.order(order_id)
    assert (await octopia.approve(order_id)).status_code == 201
    assert (await octopia.state(order_id))["status"] == "Accepted"
    assert (await octopia.order(order_id))["status"] == "WaitingAcceptance"
    octopia.now += 3
    ready = await octopia.order(order_id)
    assert [event["status"] for event in ready["statusEvents"]] == ["WaitingAcceptance", "Accepted", "InPreparation"]
    assert ready["status"] == "InPreparation"
    assert ready["updatedAt"] > waiting["updatedAt"]
    assert (await octopia.state(order_id))["confirmations"] == 1


async def test_an_order_that_waits_is_refused(octopia: OctopiaFar) -> None:
    """For good: a second answer is refused in turn."""
    order_id = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    assert (await octopia.approve(order_id, "Refused")).status_code == 201
    octopia.now += 60
    assert (await octopia.order(order_id))["status"] == "Refused"
    assert "Cannot switch to accepted status" in errors(await octopia.approve(order_id))


async def test_only_a_waiting_order_is_answered(octopia: OctopiaFar) -> None:
    """And with one of two words."""
    order_id = (await octopia.planted())["order_id"]
    assert "Cannot switch" in errors(await octopia.approve(order_id))
    waiting = (await octopia.planted(status="WaitingAcceptance"))["order_id"]
    assert "approval_status" in errors(await octopia.approve(waiting, "accepted"))
    assert errors(await octopia.post(f"/orders/{waiting}/approval-status", ["Accepted"]))


async def test_only_cdiscounts_orders_wait(octopia: OctopiaFar) -> None:
    """On the other channels orders arrive to be prepared, whatever the seller set."""
    await octopia.control.octopia_seller(SELLER, channels=["ONBUGB", "CDISFR"], auto_accept=False)
    assert (await octopia.planted())["status"] == "InPreparation"
    assert (await octopia.planted(channel="CDISFR"))["status"] == "WaitingAcceptance"
    answer = await octopia.http.post("/control/orders", json={"seller_id": SELLER, "status": "WaitingAcceptance"})
    assert answer.status_code == 400


async def test_now_and_then_there_is_what_nobody_expects(octopia: OctopiaFar) -> None:
    """Unknown fields, unknown words, dates with seven decimals: in some orders, never in most."""
    await octopia.control.orders(SELLER, 100)
    rows = await octopia.rows(pageSize="100")
    odd = [
        sum("ecoContribution" in row for row in rows),
        sum(row["payment"]["method"] != "Card" for row in rows),
        sum(".0000000+" in row["updatedAt"] for row in rows),
        sum(row["lines"][0]["offer"]["condition"] != "New" for row in rows),
    ]
    assert all(0 < count < 50 for count in odd)


async def test_cancelled_and_delivered_by_hand(octopia: OctopiaFar) -> None:
    """Single lines may be cancelled; the order is what its other lines are."""
    order = await octopia.planted(lines=[{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}])
    await octopia.control.patch_order(order["order_id"], cancel=["L1"])
    await octopia.control.patch_order(order["order_id"], ship={"carrier": "DPD", "tracking_number": "HAND"})
    state = await octopia.control.patch_order(order["order_id"], deliver=True)
    assert [line["status"] for line in state["lines"]] == ["Cancelled", "Delivered"]
    assert (state["status"], state["confirmations"]) == ("Delivered", 0)
    assert state["packages"][0]["lines"] == [{"order_item_id": "L2", "quantity": 2}]
