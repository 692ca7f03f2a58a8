"""Every page of a busy shop at the other width of each language, and with the keyboard alone."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from deploy.local.sandbox_apps import AMAZON
from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.browser.scene import busy_shop, end_soon
from tests.browser.walk import walk
from tests.shop import PASSWORD, Shop, new_seller

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PHONE = Window("en", 390, 844)
DESKTOP = Window("fr", 1280, 900)
_STARTS = (
    "/dashboard",
    "/orders",
    "/stock",
    "/stock/listings",
    "/shipments",
    "/shipments/batches",
    "/connections",
    "/settings",
)
# At the least: a walk that goes nowhere proves nothing.
_KINDS = 30
_WARNING = 'aside.notice:has(a[href="/connections"])'


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    async with busy_shop(stack) as busy:
        await end_soon(stack, busy)
        yield busy


async def test_every_page_is_sound(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """
    In its language, within its window, with nothing for axe-core to say, whatever data is on it. Seen red with a list
    of orders that was 184 pixels wider than its place at 1280.
    """
    async with asyncio.TaskGroup() as people:
        for window in (PHONE, DESKTOP):
            people.create_task(_walk_through(chromium, stack, shop, window))


async def _walk_through(chromium: Browser, stack: Stack, shop: Shop, window: Window) -> None:
    async with person_at(chromium, stack.origin, window) as person:
        for address in ("/signup", "/signin/forgotten", "/signin/reset/no-link"):
            await person.visit(address)
        await journey.sign_in(person, shop.email)
        kinds = await walk(person, *_STARTS)
        assert len(kinds) >= _KINDS, kinds
        labelled = next(one["id"] for one in await shop.shipments() if one["write_back"])
        await person.visit(f"/shipments/{labelled}?preview=true")
        for nowhere in (str(uuid4()), "no-id"):
            await person.visit(f"/orders/{nowhere}", status=404)
        await person.visit("/orders?search=NOWHERE")
        await person.visit("/orders/unreadable")
        await person.visit("/stock?search=NOWHERE")
        await person.visit("/shipments?search=NOWHERE")
        await person.visit("/connections/amazon/callback?state=stale")
        await person.visit("/connections/amazon/login")
        for code in ("MD1000", "SPDC8143", "unknown"):
            await person.visit(f"/connections/amazon/codes?code={code}")


async def test_an_authorisation_that_ends_is_renewed(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """Every page warns of it and leads to where it is renewed; the marketplace asks, and the warning is gone."""
    async with person_at(chromium, stack.origin, PHONE) as person:
        await journey.sign_in(person, shop.email)
        for address in ("/orders", "/stock", "/shipments", "/settings"):
            await person.visit(address)
            assert await person.sees(_WARNING), address
        await person.press(f'{_WARNING} a[href="/connections"]')
        its = (await shop.connection())["id"]
        await person.press(f'main form[action="/connections/{its}/reconnect"] button', ours=False)
        await journey.confirm_consent(person, shop.seller_id)
        assert not await person.sees(_WARNING)


async def test_amazon_sends_sellers_who_authorise_us_from_there(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """Re-Authorize renews what is connected, after signing in on the way; a new account is connected."""
    async with person_at(chromium, stack.origin, DESKTOP) as person:
        await person.visit(f"/signin?language={DESKTOP.language}")
        await journey.come_from_amazon(person, stack.sandbox, shop.seller_id)
        await person.fill("main form", email=shop.email, password=PASSWORD)
        await person.press("main form button")
        await journey.authorise_from_amazon(person)
    new = await new_seller(shop.sandbox, AMAZON)
    async with person_at(chromium, stack.origin, PHONE) as person:
        await journey.sign_in(person, shop.email)
        await journey.come_from_amazon(person, stack.sandbox, new)
        await person.fill("main form", name="From the Appstore")
        await journey.authorise_from_amazon(person)
        assert await person.sees("text=From the Appstore")


async def test_accounts_of_an_older_interface_are_brought(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """A table with a bad line is shown again; mended, its account waits for one click, which leads to Amazon."""
    async with person_at(chromium, stack.origin, PHONE) as person:
        await journey.sign_in(person, shop.email)
        await person.visit("/connections/amazon/import")
        form = "main form:has(textarea)"
        for countries, status in (("XX", 422), ("DE", 200)):
            text = f"name,merchant_id,marketplace_ids\nOld shop,{await new_seller(shop.sandbox, AMAZON)},{countries}"
            await person.fill(form, table=text)
            await person.press(f"{form} button", status=status)
        row = "tr:has-text('Old shop')"
        await person.press(f"{row} form button", ours=False)
        assert "/amazon/central/DE/apps/authorize/consent" in person.page.url


async def test_a_form_with_mistakes_says_so_beside_its_fields(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """Refused input comes back as a page that is as sound as the others, in the person's language."""
    async with person_at(chromium, stack.origin, DESKTOP) as person:
        await journey.sign_in(person, shop.email)
        await person.visit("/shipments/settings")
        await person.fill('form[action="/shipments/settings/carrier"]', gs1_prefix="12", country="fr")
        await person.press('form[action="/shipments/settings/carrier"] button', status=422)
        assert await person.sees("main .error")
        await person.visit("/stock")
        await person.fill('form[action="/stock"].card', sku="SKU-001", counted="-1")
        await person.press('form[action="/stock"].card button', status=422)
        assert await person.sees("main .error")


async def test_the_keyboard_is_enough(chromium: Browser, stack: Stack, shop: Shop) -> None:
    """Tab and Enter sign a person in; the first Tab offers to skip to the content, and does."""
    async with person_at(chromium, stack.origin, DESKTOP) as person:
        await person.visit(f"/signin?language={person.window.language}")
        keyboard = person.page.keyboard
        await _tab_to(person, "email")
        await keyboard.type(shop.email)
        await keyboard.press("Tab")
        await keyboard.type(PASSWORD)
        async with person.page.expect_navigation():
            await keyboard.press("Enter")
        await person.visit("/stock")
        await keyboard.press("Tab")
        assert await person.page.evaluate("document.activeElement.className") == "skip"
        await keyboard.press("Enter")
        assert await person.page.evaluate("document.activeElement.id") == "content"
        await keyboard.press("Tab")
        assert await person.page.evaluate("document.activeElement.closest('main') !== null")


async def _tab_to(person: Person, name: str, *, most: int = 15) -> None:
    """Presses Tab until the field has the focus."""
    for _ in range(most):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("document.activeElement.name") == name:
            return
    pytest.fail(f"{most} times Tab do not lead to {name}")
