"""A seller of Cdiscount connects by credentials of their own in a real browser, on a phone and in French."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Window, person_at
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

PHONE = Window("fr", 390, 844)
CONNECT, CREDENTIALS = "/connections/octopia/connect", "/connections/octopia/private"


async def test_own_credentials_are_brought_and_replaced(chromium: Browser, stack: Stack) -> None:
    """From the page that explains the delegation: a wrong secret, the right one, connected; then another secret."""
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, PHONE) as person:
        client_id, secrets = f"own-{uuid4().hex[:12]}", ("secret-1", "secret-2")
        own = {"client_id": client_id, "client_secret": secrets[0]}
        seller_id = str((await sandbox.octopia_seller(delegated=False, own_client=own))["seller_id"])
        email = f"credentials-{uuid4().hex[:12]}@shop.example"
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        await person.visit(CONNECT)
        await person.page.locator("main details summary").first.click()
        await person.press(f'main a[href="{CREDENTIALS}"]')
        form = f'main form[action="{CREDENTIALS}/account"]'
        for secret, status in (("wrong", 422), (secrets[0], 200)):
            await person.fill(form, seller_id=seller_id, name="Boutique", client_id=client_id, client_secret=secret)
            await person.press(f"{form} button", status=status)
        assert await person.sees("main .badge.good")
        await sandbox.octopia_app(client_id, list(secrets), seller_id)
        await person.press(f'main dd a[href="{CREDENTIALS}"]')
        swap = f'main form[action="{CREDENTIALS}/app"]'
        await person.fill(swap, client_secret=secrets[1])
        await person.press(f"{swap} button")
        assert await person.page.locator("main tbody .badge.good").count() == 1
