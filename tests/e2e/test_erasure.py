"""A seller disconnects an account and wants its buyers' data gone: from every service, within seconds here."""

import asyncio

import pytest

from deploy.local.browser import Unexpected
from deploy.local.stack import Stack
from tests.shop import Shop, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_who_wants_it_erased_gets_it_certified(stack: Stack) -> None:
    """
    Addresses and labels can be had until then; afterwards nowhere, and the connection's page says who confirmed it.
    Parcels and their numbers stay.
    """
    levels = {"SKU-001": 50}
    async with open_shop(stack, levels=levels) as shop:
        numbers = await shop.plant(2, skus=list(levels))
        await shop.confirmed(numbers)
        orders, shipments = await shop.orders(), await shop.shipments()
        addresses = [f"/api/orders/v1/orders/{orders[number]['id']}/recipient" for number in numbers]
        assert [(await shop.get(address))["state"] for address in addresses] == ["present", "present"]
        path = f"/connections/{(await shop.connection())['id']}"
        page = await shop.browser.open(f"{path}/disconnect")
        page = await shop.browser.submit(page, page.form("data"), data="erase")
        async with asyncio.timeout(60):
            while page.text.count("erased, confirmed") < 2:
                await asyncio.sleep(0.5)
                page = await shop.browser.open(f"{path}?language=en")
        labels = [f"/api/labels/v1/shipments/{one['id']}/label.pdf" for one in shipments]
        assert [await refused(shop, address) for address in addresses + labels] == [410, 410, 409, 409]
        assert [one["tracking_number"] for one in await shop.shipments()] == [
            one["tracking_number"] for one in shipments
        ]


async def refused(shop: Shop, path: str) -> int:
    with pytest.raises(Unexpected) as answer:
        await shop.get(path)
    return answer.value.status
