"""An owner invites somebody, gives them another role, reviews who has access, and removes them; in both languages."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
MEMBERS, REVIEW = "/settings/members", "/settings/access-review"


async def invited(person: Person, sandbox: Sandbox, email: str) -> None:
    """Opens the link of the mail, and signs up by it."""
    while not (mails := await sandbox.mails(email)):
        await person.page.wait_for_timeout(200)
    (link,) = [word for word in mails[0]["text"].split() if "/signup/invited/" in word]
    await person.visit(link.removeprefix(person.origin))
    await person.fill("main form", password=PASSWORD)
    await person.press("main form button")


async def test_a_member_comes_and_goes(chromium: Browser, stack: Stack) -> None:
    """Each sees what their role allows, and no more; who is removed is at the sign-in page."""
    async with (
        Sandbox(stack.sandbox) as sandbox,
        person_at(chromium, stack.origin, PHONE) as owner,
        person_at(chromium, stack.origin, WIDE) as guest,
    ):
        emails = [f"{name}-{uuid4().hex[:12]}@shop.example" for name in ("owner", "guest")]
        await journey.sign_up(owner, emails[0])
        await journey.confirm_address(owner, sandbox, emails[0])
        await owner.visit(MEMBERS)
        await owner.fill('main form[action$="/invitations"]', email=emails[1])
        await owner.press('main form[action$="/invitations"] button')
        await invited(guest, sandbox, emails[1])
        await guest.visit("/settings")
        assert not await guest.sees(f'main a[href="{MEMBERS}"]')
        await guest.visit(MEMBERS, status=403)
        await owner.visit(MEMBERS)
        hers = f'main tr:has(th:text("{emails[1]}"))'
        await owner.page.locator(f'{hers} [name="role"]').select_option("owner")
        await owner.press(f"{hers} button", status=422)
        await owner.fill("main form", password="Wrong horse battery 9")
        await owner.press("main form button", status=422)
        assert await owner.sees("#password-error")
        await owner.fill("main form", password=PASSWORD)
        await owner.press("main form button")
        await guest.visit(REVIEW)
        for each in await guest.page.locator('main [value="keep"]').all():
            await each.check()
        await guest.press("main form > button")
        assert await guest.sees("main .notice.good")
        await owner.visit(MEMBERS)
        await owner.press(f'{hers} a[href$="/remove"]')
        await owner.fill("main form", password=PASSWORD)
        await owner.press("main form .danger")
        assert not await owner.sees(hers)
        await guest.visit("/connections")
        assert "/signin" in guest.page.url
