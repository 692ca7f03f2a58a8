"""What happens to connections once they are there, in a real browser, in both languages, wide and on a phone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser

from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.stack import Stack
from tests.browser import journey
from tests.browser.operating import operate
from tests.browser.person import Person, Window, person_at
from tests.shop import Shop, open_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600), pytest.mark.long]

WIDE, PHONE = Window("en", 1280, 900), Window("fr", 390, 844)
ROLE = "Direct to Consumer Shipping"
_BANNER = 'aside.banner:has(a[href="/connections"])'


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_a_connection_taken_over_from_another_system(chromium: Browser, stack: Stack, window: Window) -> None:
    """An instant is shown, then kept; the account is connected; how the marketplace keeps its seller is shown."""
    async with (
        open_shop(stack, connected=False, marketplace=OCTOPIA) as shop,
        person_at(chromium, stack.origin, window) as person,
    ):
        await journey.sign_in(person, shop.email)
        await person.visit("/connections")
        await person.press('main a[href="/connections/octopia/connect"]')
        await person.fill("main form", name="Cdiscount", seller_id=shop.seller_id)
        await person.press("main form button")
        await cut_over(person, shop)
        await shop.sandbox.delegate(shop.seller_id)
        await person.press('main form[action$="/check"] button')
        assert await person.sees("main .notice.good")
        await kept_there(person, stack, shop)


async def cut_over(person: Person, shop: Shop) -> None:
    """One that nobody can mean is refused; half an hour ago is shown, and nothing is kept until it is confirmed."""
    await person.press('main a[href$="/cut-over"]')
    ask, confirm = (f'main form[action$="/cut-over"]:has([name="orders_from"][type="{kind}"])' for kind in _FIELDS)
    instant = (datetime.now(UTC) - timedelta(minutes=30)).replace(second=0, microsecond=0)
    there = instant.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M")
    for given, status in (("1999-12-31T10:00", 422), (there, 200)):
        await person.fill(ask, orders_from=given)
        await person.press(f"{ask} button", status=status)
    shown = f'main .notice.warn time[datetime="{instant.isoformat()}"]'
    assert await person.sees(shown)
    assert (await shop.connection())["orders_from"] is None
    await person.press(f"{confirm} button")
    assert await person.sees(f'main dd time[datetime="{instant.isoformat()}"]')
    assert datetime.fromisoformat((await shop.connection())["orders_from"]) == instant


_FIELDS = ("datetime-local", "hidden")


async def kept_there(person: Person, stack: Stack, shop: Shop) -> None:
    """On holiday, then banned: beside the state, which stays, on the connection's page and in the list."""
    connection = person.page.url
    for word, badge in (("Holidays", "warn"), ("BannedSeller", "bad")):
        await shop.sandbox.octopia_seller(shop.seller_id, sub_state=word)
        await operate(stack, "connections", "probe", connection.rpartition("/")[2])
        await person.visit(connection)
        await person.wait_for(f"main dd .badge.{badge}")
        assert await person.sees("main dd .badge.good")
        await person.visit("/connections")
        assert await person.page.locator(f"main tbody td .badge:is(.good, .{badge})").count() == 2


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=str)
async def test_a_role_is_given_later_and_the_end_is_certified(chromium: Browser, stack: Stack, window: Window) -> None:
    """Every page asks for a new consent, until it is given; then the end, with its buyers' data erased."""
    async with (
        open_shop(stack, connected=False) as shop,
        person_at(chromium, stack.origin, window) as person,
    ):
        await journey.sign_in(person, shop.email)
        await journey.connect_by_consent(person, shop.seller_id)
        assert not await person.sees(_BANNER)
        await operate(stack, "roles", "ask", AMAZON, ROLE)
        try:
            await consent_anew(person, shop)
        finally:
            await operate(stack, "roles", "drop", AMAZON, ROLE)
        await erase(person)


async def consent_anew(person: Person, shop: Shop) -> None:
    """From any page (other services hear of it within 30 seconds) by way of the connection's, which names the role."""
    await person.visit("/orders")
    await person.wait_for(_BANNER)
    await person.press(f'{_BANNER} a[href="/connections"]')
    await person.press("main tbody th a")
    assert await person.sees(f'main dd:has-text("{ROLE}") .badge.warn')
    await person.press('main form[action$="/reconnect"] button', ours=False)
    await journey.confirm_consent(person, shop.seller_id)
    assert not await person.sees(_BANNER)
    assert not await person.sees("main tbody .badge.warn")


async def erase(person: Person) -> None:
    """Each service certifies it: on the connection's page, and in the audit log."""
    await person.press('main tbody a[href$="/disconnect"]')
    await person.page.locator('main input[name="data"][value="erase"]').check()
    await person.press("main form button.danger")
    connection = person.page.url
    await person.visit("/settings")
    await person.press('main a[href="/settings/audit"]')
    await person.page.locator('main [name="action"]').select_option("connection.erased")
    await person.press("main form.filters button")
    await person.wait_for("main tbody tr", count=2)
    said = await person.page.locator("main tbody td code:not(a code)").all_inner_texts()
    assert {"orders", "labels"} <= set(said)
    await person.visit(connection)
    assert await person.page.locator('section[aria-labelledby="erased"] dd time').count() == 3
