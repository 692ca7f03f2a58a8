"""Vendors, and whoever brings an application of their own, connect in a real browser, in both languages."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.sandbox_apps import AMAZON_VENDOR
from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

PHONE, WIDE = Window("en", 390, 844), Window("fr", 1280, 900)
PRIVATE = f"/connections/{AMAZON_VENDOR}/private"
CLIENT_ID, SECRETS = "amzn1.application-oa2-client.browser", ("secret-1", "secret-2")


async def choose(person: Person, form: str, country: str) -> None:
    await person.page.locator(f'{form} [name="country"]').select_option(country)


async def test_a_vendor_connects_at_vendor_central(chromium: Browser, stack: Stack) -> None:
    """Our form, Vendor Central's consent page, and back; the connection's page says what it does today."""
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, PHONE) as person:
        group = str((await sandbox.seller(vendor_codes=["ABC1E"]))["seller_id"])
        email = f"vendor-{uuid4().hex[:12]}@shop.example"
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        await person.visit("/connections")
        form = f'form[action="/connections"]:has([value="{AMAZON_VENDOR}"])'
        await person.fill(form, name="Vendor")
        await choose(person, form, "DE")
        await person.press(f"{form} button", ours=False)
        assert "/amazon/vendorcentral/DE/" in person.page.url
        await journey.confirm_consent(person, group)
        await person.press("main tbody th a")
        assert await person.sees(f"main dd code:text('{group}')")
        assert not await person.sees('main form[action$="/channels"]')


async def test_an_application_of_ones_own_is_brought(chromium: Browser, stack: Stack) -> None:
    """A wrong secret, the right one; a wrong token, the right one for two codes; then another secret."""
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, WIDE) as person:
        own = f"amzn1.sp.solution.{uuid4().hex}"
        await sandbox.app(own, CLIENT_ID + own[-6:], list(SECRETS), vendors=True)
        token = (await sandbox.seller(vendor_codes=["ABC1E", "ABC2E"], application_id=own))["refresh_token"]
        email = f"private-{uuid4().hex[:12]}@shop.example"
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        await person.visit("/connections")
        await person.press(f'main a[href="{PRIVATE}"]')
        new = f'main form[action="{PRIVATE}/app"]:has(input[name="client_id"][type="text"])'
        for secret, status in (("wrong", 422), (SECRETS[0], 200)):
            await person.fill(new, client_id=CLIENT_ID + own[-6:], client_secret=secret)
            await person.press(f"{new} button", status=status)
        row = f'main form[action="{PRIVATE}/rows"]'
        for text, status in (("Atzr|nobodys", 422), (token, 200)):
            await person.fill(row, codes="ABC1E ABC2E", refresh_token=text)
            await choose(person, row, "DE")
            await person.press(f"{row} button", status=status)
        assert await person.page.locator("main tbody .badge.good").count() == 2
        swap = f'main form[action="{PRIVATE}/app"]:has(input[name="client_id"][type="hidden"])'
        await person.fill(swap, client_secret=SECRETS[1])
        await person.press(f"{swap} button")
        await person.press("main tbody th a")
        assert await person.sees(f'main dd a[href="{PRIVATE}"]')
