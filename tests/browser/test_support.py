"""Support of the operator: a look at an organisation, and client secrets; in both languages, wide and on a phone."""

import base64
import time
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.async_api import Browser

from deploy.local.sandbox_apps import AMAZON, registrations
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.operating import operate
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD, Shop, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
SECRETS = "/support/secrets"
REASON = "Ticket 4711: no orders since Monday"


async def set_up_factor(person: Person) -> list[str]:
    """By the app's first code; the recovery codes."""
    key = await person.page.locator("#key").inner_text()
    app = TOTP(base64.b32decode(key), 6, SHA1(), 30)  # noqa: S303 - what apps do
    await person.fill("main form", code=app.generate(int(time.time())).decode())
    await person.press("main form button")
    return [await each.inner_text() for each in await person.page.locator("#codes code").all()]


async def sign_in_again(person: Person, email: str, code: str) -> None:
    await person.press('form[action="/signout"] button')
    await person.visit(f"/signin?next={SECRETS}")
    await person.fill('form[action="/signin"]', email=email, password=PASSWORD)
    await person.press('form[action="/signin"] button')
    await person.fill('main form[action="/signin/code"]', code=code)
    await person.press('main form[action="/signin/code"] button')


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_support_looks_and_keeps_another_secret(chromium: Browser, stack: Stack, window: Window) -> None:
    """In a session with a second factor; with a right of their own, and a code each time, for the secrets."""
    email = f"support-{uuid4().hex[:12]}@shop.example"
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, window) as person:
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        codes = await set_up_factor(person)
        await operate(stack, "support", "grant", email)
        await sign_in_again(person, email, codes.pop())
        assert person.page.url == f"{stack.origin}{SECRETS}"
        assert not await person.sees(f'form[action^="{SECRETS}"]')
        async with open_shop(stack) as shop:
            await look(person, shop)
            async with person_at(chromium, stack.origin, window) as owner:
                await read_why(owner, shop)
        await operate(stack, "support", "grant", "--secrets", email)
        await keep_secret(person, stack, sandbox, codes)


async def look(person: Person, shop: Shop) -> None:
    """Nobody is found by a part of an address; found by all of it, an organisation is seen once the reason is said."""
    await person.visit("/support")
    await person.press('main a[href="/support/reasons"]')
    await person.press('main .crumbs a[href="/support"]')
    form = 'main form[action="/support"]'
    for asked in (shop.email.partition("@")[0], shop.email):
        await person.fill(form, asked=asked)
        await person.press(f"{form} button")
    await person.press("main tbody th a")
    reason = 'main form[action$="/reason"]'
    for written, status in (("4711" + " " * 20, 422), (REASON, 200)):
        await person.fill(reason, reason=written)
        await person.press(f"{reason} button", status=status)
    assert await person.sees(f'main .notice:has-text("{REASON}")')
    assert await person.sees("main tbody td .badge.good")
    await person.visit("/support/reasons")
    assert await person.page.locator("main tbody .badge.good").count() == 1


async def read_why(owner: Person, shop: Shop) -> None:
    """The organisation's own audit log says it. Seen red with an entry that made its table 235 pixels too wide."""
    await journey.sign_in(owner, shop.email)
    await owner.visit("/settings/audit")
    assert await owner.page.locator(f'main tbody td:has-text("{REASON}")').count() == 1


async def keep_secret(person: Person, stack: Stack, sandbox: Sandbox, codes: list[str]) -> None:
    """One that the marketplace does not know is refused; once it does, it is kept."""
    secret = f"secret-{uuid4().hex}"
    await person.visit(SECRETS)
    ours = registrations(Secrets(stack.folder.secrets).far_client_secrets(), stack.origin)[AMAZON]
    form = f'main form[action="{SECRETS}/keep"]:has([value="{ours["client_id"]}"])'
    await person.fill(form, client_secret=secret, code=codes.pop())
    await person.press(f"{form} button", status=409)
    assert await person.sees(f'{form} [name="client_secret"][aria-invalid]')
    await sandbox.register(ours | {"client_secrets": [*ours["client_secrets"], secret]})
    await person.fill(form, client_secret=secret, ends="2099-01-01", code=codes.pop())
    await person.press(f"{form} button")
    assert await person.sees("main .notice.good")
