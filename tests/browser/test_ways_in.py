"""Multi-Channel Fulfillment by our application and by one's own, on a phone."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator

from deploy.local.sandbox_apps import AMAZON_MCF
from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.person import Person, Window, person_at
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

PHONE = Window("fr", 390, 844)
PRIVATE = f"/connections/{AMAZON_MCF}/private"
ORGANISATION = "/settings/organisation"


async def choose(person: Person, form: str, **values: str) -> None:
    for name, value in values.items():
        await person.page.locator(f'{form} [name="{name}"]').select_option(value)


async def give_sender(person: Person) -> None:
    """What the checklist asks for, on the page it leads to."""
    await person.visit(ORGANISATION)
    form = f'main form[action="{ORGANISATION}/address"]:has([value="sender"])'
    await person.fill(form, name="Ours", street="1 rue du Test", postal_code="75001", city="Paris")
    await choose(person, form, country="FR")
    await person.press(f"{form} button")


async def open_console(person: Person, sandbox: str, application_id: str) -> Locator:
    """The application's section of Amazon's developer console, in a window beside."""
    console = await person.page.context.new_page()
    await console.goto(f"{sandbox}/amazon/central/DE/sellingpartner/developerconsole")
    section = console.locator("section", has_text=application_id)
    await section.locator("summary").click()
    return section


async def bring(person: Person, section: Locator, seller: str) -> None:
    """Copies what the console shows: the credentials, then the refresh token, once."""
    form = f'main form[action="{PRIVATE}/app"]'
    shown = {name: await section.locator(f".{name}").inner_text() for name in ("client", "secret")}
    await person.fill(form, client_id=shown["client"], client_secret=shown["secret"])
    await person.press(f"{form} button")
    await section.locator("select").select_option(seller)
    await section.locator("button").click()
    row = f'main form[action="{PRIVATE}/rows"]'
    await person.fill(row, codes=seller, refresh_token=await section.page.locator("#token").inner_text())
    await choose(person, row, country="DE", endpoint="sandbox")
    await person.press(f"{row} button")
    assert await person.page.locator("main tbody .badge.good").count() == 1


async def consent(person: Person, seller: str) -> None:
    """To our application, in Amazon's sandbox first, then in production."""
    await person.visit("/connections")
    form = f'form[action="/connections"]:has([value="{AMAZON_MCF}"])'
    await choose(person, form, country="DE", endpoint="sandbox")
    await person.press(f"{form} button", ours=False)
    await journey.confirm_consent(person, seller)
    assert await person.page.locator("main tbody td .badge.warn").count() == 1
    await person.press("main tbody th a")
    move = 'main form[action$="/endpoint"]'
    for before, after in (("sandbox", "production"), ("production", "production")):
        assert await person.page.locator(f"{move} select").input_value() == before
        await choose(person, move, endpoint=after)
        await person.press(f"{move} button")


async def test_ones_own_application_is_brought_and_removed_and_ours_authorised(chromium: Browser, stack: Stack) -> None:
    """From the addresses the checklist asks for to the application's end with its connection; then a consent."""
    async with Sandbox(stack.sandbox) as sandbox, person_at(chromium, stack.origin, PHONE) as person:
        own, email = f"amzn1.sp.solution.{uuid4().hex}", f"own-{uuid4().hex[:12]}@shop.example"
        await sandbox.app(own, f"amzn1.application-oa2-client.{uuid4().hex}", ["secret-1"])
        seller = str((await sandbox.seller(channels=[]))["seller_id"])
        await journey.sign_up(person, email)
        await journey.confirm_address(person, sandbox, email)
        await give_sender(person)
        await person.visit(PRIVATE)
        assert await person.page.locator('section[aria-labelledby="needs"] .badge.good').count() == 2
        await bring(person, await open_console(person, stack.sandbox, own), seller)
        await person.press('main a[href$="/remove"]')
        await person.press("main form button.danger")
        assert not await person.sees("main tbody")
        await consent(person, seller)
