"""Two sellers go through the whole product, from sign-up to a confirmed parcel."""

import asyncio
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Window, person_at
from tests.browser.sellers import AMAZON_ORDERS, OCTOPIA_ORDERS, plant_sellers
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

DESKTOP = Window("en", 1280, 900)
PHONE = Window("fr", 390, 844, scripts=False)


async def test_sellers_get_from_sign_up_to_a_confirmed_parcel(chromium: Browser, stack: Stack) -> None:
    """Two at the same time, at either width, in either language, with JavaScript and without."""
    async with asyncio.TaskGroup() as sellers:
        for window in (DESKTOP, PHONE):
            sellers.create_task(_whole_way(chromium, stack, window))


async def _whole_way(chromium: Browser, stack: Stack, window: Window) -> None:
    """Both connects, stock, labels, listings, API, pause, calendar, acceptance: each page is sound and works."""
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, window) as person:
        sellers = await plant_sellers(sandbox, amazon_orders=AMAZON_ORDERS, octopia_orders=OCTOPIA_ORDERS)
        email = f"owner-{uuid4().hex[:12]}@shop.example"
        await journey.sign_up(person, email)
        await journey.connect_too_early(person)
        await journey.confirm_address(person, sandbox, email)
        await journey.connect_by_consent(person, sellers.amazon)
        await journey.connect_by_delegation(person, sellers.octopia, sandbox)
        await journey.set_carrier(person)
        await journey.import_stock(person)
        order = await journey.label_one(person)
        await journey.label_fifty(person)
        await journey.map_a_listing(person)
        await journey.use_the_api(person)
        await journey.pause_and_resume(person)
        await journey.keep_a_calendar(person)
        await journey.accept_an_order(person, sellers, sandbox)
        await journey.see_confirmed(person, order)
        await journey.sign_out(person)
