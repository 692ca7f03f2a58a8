"""Sign-in at an OpenID provider in a real browser, at both widths, in both languages."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.openid_provider import tell_user
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)


async def sign_in_there(person: Person, name: str, *, status: int = 200) -> None:
    """From our page to the provider's, and back."""
    await person.visit("/signin?next=/connections")
    await person.press('main a[href^="/signin/openid"]', ours=False)
    assert person.page.url.startswith("http://localhost:")
    await person.page.locator('input[name="sub"]').fill(name)
    await person.press('form:has(input[name="sub"]) button', status=status)


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_a_member_comes_in_and_a_stranger_does_not(
    chromium: Browser, stack: Stack, issuer: str, window: Window
) -> None:
    """
    A member sees their connections, as after a password; who is none reads why, with the other ways in below it. Seen
    red with cookies that do not come along from another site's page.
    """
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, window) as person:
        name, email = f"ann-{uuid4().hex[:12]}", f"openid-{uuid4().hex[:12]}@shop.example"
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        await journey.connect_by_consent(person, str((await sandbox.seller())["seller_id"]))
        await journey.sign_out(person)
        await tell_user(issuer, name, email="stranger@shop.example", email_verified=True)
        await sign_in_there(person, name, status=401)
        assert await person.sees("main .notice.bad")
        assert await person.sees('main form[action="/signin"]')
        await person.visit("/connections")
        assert "/signin" in person.page.url
        await tell_user(issuer, name, email=email, email_verified=True)
        await sign_in_there(person, name)
        assert person.page.url == f"{stack.origin}/connections"
        assert await person.sees("main tbody .badge.good")
