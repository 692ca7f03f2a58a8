"""Support keeps another client secret of an application: refused, then kept; in both languages, wide and on a phone."""

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
from services.auth.__main__ import _parser
from services.auth.entrypoints import operator
from services.auth.settings import MigrationSettings
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
SECRETS = "/support/secrets"


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
async def test_support_keeps_another_secret(chromium: Browser, stack: Stack, window: Window) -> None:
    """With a right of their own and a code each time; who is staff without it sees the calendar alone."""
    email, secret = f"support-{uuid4().hex[:12]}@shop.example", f"secret-{uuid4().hex}"
    settings = MigrationSettings.model_validate({"database_url": stack.environments.database_urls["auth"]})
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, window) as person:
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        codes = await set_up_factor(person)
        assert await operator.run(_parser().parse_args(["support", "grant", email]), settings) == 0
        await sign_in_again(person, email, codes.pop())
        assert person.page.url == f"{stack.origin}{SECRETS}"
        assert not await person.sees(f'form[action^="{SECRETS}"]')
        assert await operator.run(_parser().parse_args(["support", "grant", "--secrets", email]), settings) == 0
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
