"""A seller disconnects an account and wants its buyers' data gone: from every service, within seconds here."""

import asyncio
from uuid import UUID

import pytest

from deploy.local.browser import Unexpected
from deploy.local.stack import Stack
from tests.e2e.databases import open_databases
from tests.shop import PASSWORD, Shop, open_shop

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
        async with asyncio.timeout(90):
            while page.text.count("erased, confirmed") < 2:
                await asyncio.sleep(0.5)
                page = await shop.browser.open(f"{path}?language=en")
        labels = [f"/api/labels/v1/shipments/{one['id']}/label.pdf" for one in shipments]
        assert [await refused(shop, address) for address in addresses + labels] == [410, 410, 409, 409]
        assert [one["tracking_number"] for one in await shop.shipments()] == [
            one["tracking_number"] for one in shipments
        ]


async def test_a_closed_organisation_is_gone_everywhere(stack: Stack) -> None:
    """
    Its owner reads nothing any more, each service confirms to have erased the buyers and knows that the rest is to go,
    and the address signs up anew.
    """
    levels = {"SKU-001": 50}
    async with open_databases(stack) as databases, open_shop(stack, levels=levels) as shop:
        await shop.confirmed(await shop.plant(1, skus=list(levels)))
        its = {"id": UUID((await shop.connection())["id"])}
        page = await shop.browser.open("/settings/organisation/close?language=en")
        name = page.text.split("<h1>Close ")[1].split("?</h1>")[0]
        page = await shop.browser.submit(page, page.form("organisation"), organisation=name, password=PASSWORD)
        assert "The organisation is closed" in page.text
        for path in ("/orders", "/stock", "/shipments", "/connections"):
            async with asyncio.timeout(40):
                while "/signin" not in (await shop.browser.open(path)).url:
                    await asyncio.sleep(1)
        erased = "select reason from audit where connection_id = :id and action = 'connection.erased'"
        told = "select 1 from closed_organisation join connection using (organisation_id) where connection."
        async with asyncio.timeout(90):
            while {row.reason for row in await databases.rows("auth", erased, **its)} != {"orders", "labels"}:
                await asyncio.sleep(0.5)
            for service, key in (("labels", "connection_id"), ("inventory", "id")):
                while not await databases.rows(service, f"{told}{key} = :id", **its):
                    await asyncio.sleep(0.5)
        page = await shop.browser.open("/signup")
        form = page.form("email", "password")
        page = await shop.browser.submit(page, form, email=shop.email, password=PASSWORD, organisation="Anew")
        assert "/signup" not in page.url


async def refused(shop: Shop, path: str) -> int:
    with pytest.raises(Unexpected) as answer:
        await shop.get(path)
    return answer.value.status
