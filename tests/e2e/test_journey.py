"""One order's journey, from consent to a tracking number read back, and what a seller sees of it."""

import asyncio

import pytest

from deploy.local.stack import Stack
from tests.shop import CARRIER, Json, Shop, demand, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def order_of(shop: Shop, number: str) -> str:
    """Our id of a marketplace order, once it is imported."""
    async with asyncio.timeout(90):
        while number not in (orders := await shop.orders()):
            await asyncio.sleep(0.2)
    return str(orders[number]["id"])


async def held(shop: Shop, number: str) -> Json:
    """The shipment of a marketplace order, once it says what it waits for."""
    order_id = await order_of(shop, number)
    async with asyncio.timeout(90):
        while not (found := [s for s in await shop.shipments() if s["order_id"] == order_id and s["reason"]]):
            await asyncio.sleep(0.2)
    return found[0]


async def test_orders_travel_from_consent_to_confirmation(stack: Stack) -> None:
    """Five orders: imported, reserved, labelled, written back once, read back; stock falls by what was sold."""
    levels = {f"SKU-{number:03d}": 50 for number in range(1, 11)}
    async with open_shop(stack, levels=levels) as shop:
        numbers = await shop.plant(5, skus=list(levels))
        far = await shop.confirmed(numbers)
        for number in numbers:
            assert far[number]["status"] == "SHIPPED"
            assert far[number]["confirmations"] == 1
            (package,) = far[number]["packages"]
            assert package["carrier"] == CARRIER["carrier_name"]
            assert package["tracking_number"].startswith("0" + CARRIER["gs1_prefix"])
        wanted = demand({number: far[number] for number in numbers})
        async with asyncio.timeout(60):
            while {s["sku"]: s["on_hand"] for s in await shop.everything("/api/inventory/v1/skus")} != {
                sku: units - wanted[sku] for sku, units in levels.items()
            }:
                await asyncio.sleep(0.2)


async def test_a_missing_weight_says_where_to_mend_it_and_the_label_resumes(stack: Stack) -> None:
    """No weight: no number is drawn, the shipment says why; with the weight it goes on by itself."""
    async with open_shop(stack, levels={"SKU-KNOWN": 5}) as shop:
        (number,) = await shop.plant(1, lines=[{"sku": "SKU-LIGHT", "quantity": 1}])
        waiting = await held(shop, number)
        assert "weight" in waiting["reason"]
        assert waiting["tracking_number"] is None
        await shop.count_levels({"SKU-LIGHT": 5})
        await shop.confirmed([number])


async def test_a_listing_tells_the_weight_that_a_label_waits_for(stack: Stack) -> None:
    """Chosen for the account, its listings are read at once, and the parcel goes on by itself with that weight."""
    async with open_shop(stack, levels={"SKU-KNOWN": 5}) as shop:
        weight = {"unit": "kilograms", "value": 0.4251}
        await shop.sandbox.listings(shop.seller_id, ["SKU-LISTED"], package_weight=weight)
        (number,) = await shop.plant(1, lines=[{"sku": "SKU-LISTED", "quantity": 1}])
        assert "weight" in (await held(shop, number))["reason"]
        async with asyncio.timeout(60):
            while not (sources := await shop.everything("/api/inventory/v1/weights")):
                await asyncio.sleep(0.2)
        (source,) = sources
        assert (source["offered"], source["taken"]) == (True, False)
        await shop.send("PUT", f"/api/inventory/v1/weights/{source['connection_id']}", {"taken": True})
        far = await shop.confirmed([number])
        assert far[number]["confirmations"] == 1
        sku = await shop.get("/api/inventory/v1/skus/SKU-LISTED")
        assert (sku["weight_grams"], sku["weight_origin"]) == (426, "listing")


async def test_an_order_cancelled_by_its_buyer_is_not_labelled(stack: Stack) -> None:
    """A buyer's wish to cancel holds automatic labels until a person decides."""
    async with open_shop(stack, levels={"SKU-001": 5}) as shop:
        (asked, other) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}], buyer_cancel=True) + (
            await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}], seed=2)
        )
        await shop.confirmed([other])
        order_id = await order_of(shop, asked)
        shipments = [s for s in await shop.shipments() if s["order_id"] == order_id]
        assert [s["tracking_number"] for s in shipments] in ([], [None])
        assert (await shop.sandbox.order_states(shop.seller_id))[asked]["packages"] == []


async def test_short_orders_are_served_when_stock_comes(stack: Stack) -> None:
    """Nothing on the shelf: the order waits, short; a count serves it in the same breath and it is shipped."""
    async with open_shop(stack, levels={"SKU-001": 0}) as shop:
        (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 2}])
        await order_of(shop, number)
        async with asyncio.timeout(90):
            while [s["short"] for s in await shop.everything("/api/inventory/v1/skus")] != [2]:
                await asyncio.sleep(0.2)
        await shop.count_levels({"SKU-001": 3})
        await shop.confirmed([number])


async def test_pages_tell_what_happened(stack: Stack) -> None:
    """The order's page shows its timeline, its parcel number and its state, in both languages."""
    async with open_shop(stack, levels={"SKU-001": 5}) as shop:
        (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}])
        far = await shop.confirmed([number])
        order_id = await order_of(shop, number)
        tracking_number = far[number]["packages"][0]["tracking_number"]
        async with asyncio.timeout(60):
            while tracking_number not in (page := await shop.browser.open(f"/orders/{order_id}")).text:
                await asyncio.sleep(0.2)
        assert number in page.text
        for path in ("/connections", "/orders", f"/orders/{order_id}", "/stock", "/shipments"):
            for language in ("en", "fr"):
                shown = await shop.browser.open(f"{path}?language={language}")
                assert shown.status == 200, path
                assert f'lang="{language}"' in shown.text, path
