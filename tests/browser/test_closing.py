"""A member leaves, and the only owner closes the organisation: in both languages and two widths."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.browser.test_members import invited
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD, new_seller

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
CLOSE, LEAVE = "/settings/organisation/close", "/settings/account/leave"


async def signed_out(person: Person) -> None:
    await person.visit("/connections")
    assert "/signin" in person.page.url


async def test_one_leaves_and_the_last_one_closes(chromium: Browser, stack: Stack) -> None:
    """The last owner is led from leaving to closing; what is typed wrong is named; afterwards both are strangers."""
    emails = [f"{name}-{uuid4().hex[:12]}@shop.example" for name in ("owner", "guest")]
    async with (
        Sandbox(stack.sandbox) as sandbox,
        person_at(chromium, stack.origin, PHONE) as owner,
        person_at(chromium, stack.origin, WIDE) as guest,
    ):
        await journey.sign_up(owner, emails[0])
        await journey.confirm_address(owner, sandbox, emails[0])
        await journey.connect_by_consent(owner, await new_seller(sandbox, "amazon", "eu"))
        await owner.visit("/settings/members")
        await owner.fill('main form[action$="/invitations"]', email=emails[1])
        await owner.press('main form[action$="/invitations"] button')
        await invited(guest, sandbox, emails[1])
        await guest.visit(CLOSE, status=403)
        await guest.visit("/settings/account")
        await guest.press(f'main a[href="{LEAVE}"]')
        await guest.fill("main form", password=PASSWORD)
        await guest.press("main form .danger")
        await signed_out(guest)
        await owner.visit(LEAVE)
        await owner.press(f'main a[href="{CLOSE}"]')
        name = (await owner.page.locator("main h1").inner_text()).removeprefix("Fermer ").rstrip("?\u00a0\u202f ")
        await owner.fill("main form", organisation="Another", password=PASSWORD)
        await owner.press("main form .danger", status=422)
        assert await owner.sees("#organisation-error")
        await owner.fill("main form", organisation=name, password=PASSWORD)
        await owner.press("main form .danger")
        await signed_out(owner)
