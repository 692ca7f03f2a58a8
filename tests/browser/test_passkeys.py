"""Passkeys in a real browser: Chromium's virtual authenticator stands for a phone that knows its person's finger."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, CDPSession

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.shop import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PHONE = Window("fr", 390, 844)
ACCOUNT, PASSKEYS = "/settings/account", "/settings/account/passkeys"
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def device_of(person: Person) -> tuple[CDPSession, str]:
    """The window's own authenticator, and how it is called."""
    control = await person.page.context.new_cdp_session(person.page)
    await control.send("WebAuthn.enable")
    made = await control.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})
    return control, made["authenticatorId"]


async def leave(person: Person) -> None:
    await person.press('form[action="/signout"] button')
    await person.visit(f"/signin?next={ACCOUNT}")


async def show_password(person: Person, email: str) -> None:
    await person.fill('form[action="/signin"]', email=email, password=PASSWORD)
    await person.press('form[action="/signin"] button')


async def test_a_passkey_from_its_making_to_its_end(chromium: Browser, stack: Stack) -> None:
    """Added with the password, then alone, then after the password, without it a recovery code, and removed."""
    origin, email = stack.origin.replace("127.0.0.1", "localhost"), f"passkey-{uuid4().hex[:12]}@shop.example"
    async with person_at(chromium, origin, PHONE) as person:
        control, device = await device_of(person)
        await journey.sign_up(person, email)
        await person.visit(ACCOUNT)
        await person.press(f'main a[href="{PASSKEYS}"]')
        form = f'main form[action="{PASSKEYS}"]'
        await person.fill(form, name="Phone", password="wrong")
        await person.page.locator(f"{form} button").click()
        await person.page.locator(f"{form} .error").wait_for()
        person.console.clear()  # the refusal, as Chromium notes it
        await person.fill(form, name="Phone", password=PASSWORD)
        await person.press(f"{form} button")
        code = await person.page.locator("#codes code").first.inner_text()
        await person.press(f'main a[href="{PASSKEYS}"]')
        assert await person.page.locator("main tbody tr").count() == 1
        await leave(person)
        await person.press('main form[action="/signin/passkey"] button')
        assert person.page.url == f"{origin}{ACCOUNT}"
        await leave(person)
        await show_password(person, email)
        await person.press('main form[action="/signin/code/passkey"] button')
        assert person.page.url == f"{origin}{ACCOUNT}"
        await leave(person)
        await show_password(person, email)
        await control.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
        await person.fill('main form[action="/signin/code"]', code=code)
        await person.press('main form[action="/signin/code"] button')
        await person.visit(PASSKEYS)
        await person.press('main tbody a[href$="/remove"]')
        await person.fill('main form[action$="/remove"]', password=PASSWORD)
        await person.press('main form[action$="/remove"] button.danger')
        assert not await person.sees("main tbody tr")
