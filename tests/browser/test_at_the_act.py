"""What the form of each act asks for, in both languages, wide and on a phone: of an app for codes, and API clients."""

import base64
import time
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
ACCOUNT, FACTOR = "/settings/account", "/settings/account/second-factor"
RECOVERY, CLIENTS = "/settings/account/recovery-codes", "/settings/api-clients"
BEGIN, REMOVE = f'main form[action="{FACTOR}/begin"]', f'main form[action="{FACTOR}/remove"]'


async def codes_on(person: Person) -> list[str]:
    return [await each.inner_text() for each in await person.page.locator("#codes code").all()]


async def send(person: Person, form: str, *, status: int = 200, **typed: str) -> None:
    await person.fill(form, **typed)
    await person.press(f"{form} button", status=status)


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_an_app_from_its_making_to_its_end(chromium: Browser, stack: Stack, window: Window) -> None:
    """
    Not without the password, shown once, begun anew; then a password and a code for each act: other recovery codes, a
    changed password; removed with both.
    """
    email = f"act-{uuid4().hex[:12]}@shop.example"
    async with person_at(chromium, stack.origin, window) as person:
        await journey.sign_up(person, email)
        await person.visit(ACCOUNT)
        await person.press(f'main a[href="{FACTOR}"]')
        await send(person, BEGIN, password="wrong", status=422)
        assert await person.sees(f'{BEGIN} [name="password"][aria-invalid]')
        await send(person, BEGIN, password=PASSWORD)
        assert await person.sees("main .qr svg")
        await person.visit(FACTOR)
        assert not await person.sees("main .qr svg")
        await send(person, BEGIN, password=PASSWORD)
        key = await person.page.locator("#key").inner_text()
        finish = f'main form[action="{FACTOR}"]'
        await send(person, finish, code="000000", status=422)
        assert not await person.sees("#key")
        app = TOTP(base64.b32decode(key), 6, SHA1(), 30)  # noqa: S303 - what apps do
        await send(person, finish, code=app.generate(int(time.time())).decode())
        first = await codes_on(person)
        renew = f'main form[action="{RECOVERY}"]'
        await person.visit(ACCOUNT)
        await person.press(f'main a[href="{RECOVERY}"]')
        await send(person, renew, password="wrong", code=first[0], status=422)
        assert await person.sees(f'{renew} [name="password"][aria-invalid]')
        await send(person, renew, password=PASSWORD, code=first[0])
        codes = await codes_on(person)
        assert (len(codes), set(codes) & set(first)) == (10, set())
        await person.visit(ACCOUNT)
        change = f'main form[action="{ACCOUNT}/password"]'
        await send(person, change, password=PASSWORD, code="000000", new_password="Another horse, 1", status=422)
        await person.visit(FACTOR)
        await send(person, REMOVE, password="wrong", code=codes[0], status=422)
        await send(person, REMOVE, password=PASSWORD, code=codes[0])
        assert await person.page.locator(f'main a[href="{FACTOR}"]').count() == 1
        assert person.page.url == f"{stack.origin}{ACCOUNT}"


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_a_client_and_another_secret_of_it(chromium: Browser, stack: Stack, window: Window) -> None:
    """
    Not before an address is confirmed, nor without the password; what was filled in stays, each secret is shown once,
    a reload makes nothing more.
    """
    email, make = f"act-{uuid4().hex[:12]}@shop.example", f'main form[action="{CLIENTS}"]'
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, window) as person:
        await journey.sign_up(person, email)
        await person.visit(CLIENTS)
        await send(person, make, name="Our ERP", password=PASSWORD, status=409)
        await journey.confirm_address(person, sandbox, email)
        await person.visit(CLIENTS)
        scope = person.page.locator(f'{make} [value="orders.orders:read"]')
        await scope.check()
        await send(person, make, name="Our ERP", password="wrong", status=422)
        assert await person.sees(f'{make} [name="password"][aria-invalid]')
        name = person.page.locator(f'{make} [name="name"]')
        assert (await name.input_value(), await scope.is_checked()) == ("Our ERP", True)
        await send(person, make, password=PASSWORD)
        assert await person.sees("#client-secret")
        await reload(person)
        assert await person.page.locator("main tbody tr").count() == 1
        await person.press(f'main tbody th a[href^="{CLIENTS}/"]')
        another = f'main form[action^="{CLIENTS}/"][action$="/secrets"]'
        await send(person, another, password="wrong", status=422)
        assert await person.sees(f'{another} [name="password"][aria-invalid]')
        await send(person, another, password=PASSWORD)
        assert await person.sees("#client-secret")
        await reload(person)
        assert await person.page.locator('main form[action$="/end"]').count() == 2


async def reload(person: Person) -> None:
    """The form of before is sent again: its page says that nothing came of it, and shows no secret."""
    await person.load_again(status=409)
    assert [await person.sees(what) for what in ("main .notice.bad", "#client-secret")] == [True, False]
