"""
A seller's way through the product, page by page, as steps.

Fields and buttons are found by their names and addresses, never by words: the same steps hold in every language.
"""

import os
import shutil
import subprocess
import sys

import httpx
import pypdfium2  # type: ignore[import-untyped]

from tests.browser.person import Person
from tests.browser.sellers import ODD, SKUS, Sellers
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD

_CARRIER = {
    "name": "Test Shop",
    "lines": "1 rue du Test",
    "postal_code": "75001",
    "city": "Paris",
    "country": "FR",
    "carrier_name": "Test Express",
    "gs1_prefix": "9521234",
    "extension": "0",
    "serial_first": "1",
    "serial_last": "999999999",
    "tracking_url_template": "https://tracking.example/{tracking_number}",
}
_SAVED = "main .notice.good"
_TICKS = 'main input[name="order_id"]'


async def sign_up(person: Person, email: str) -> None:
    await person.visit("/signup")
    await person.fill("main form", organisation="Test Shop", email=email, password=PASSWORD)
    await person.press("main form button")
    await person.visit("/orders")
    assert await person.sees("main .empty")


async def connect_too_early(person: Person) -> None:
    """Before an address is confirmed the page that refuses it sends the link again."""
    form = 'form[action="/connections"]:has([value="amazon"])'
    await person.visit("/connections")
    await person.page.locator(f'{form} [name="country"]').select_option("FR")
    await person.press(f"{form} button", status=409)
    await person.press('main form[action="/settings/account/confirmation"] button')
    assert await person.sees("main .notice.good")


async def sign_in(person: Person, email: str) -> None:
    await person.visit(f"/signin?language={person.window.language}")
    await person.fill("main form", email=email, password=PASSWORD)
    await person.press("main form button")


async def confirm_address(person: Person, sandbox: Sandbox, email: str) -> None:
    """Every page asks for it, until the link of the mail is opened and its button pressed."""
    await person.visit("/settings/account")
    assert await person.sees('main form[action="/settings/account/confirmation"]')
    while not (mails := await sandbox.mails(email)):
        await person.page.wait_for_timeout(200)
    (link,) = [word for word in mails[0]["text"].split() if "/signup/confirm/" in word]
    await person.visit(link.removeprefix(person.origin))
    await person.press("main form button")
    await person.visit("/settings/account")
    assert not await person.sees('main form[action="/settings/account/confirmation"]')
    await person.press('main a[href="/settings/account/second-factor"]')
    await person.fill('main form[action$="/begin"]', password=PASSWORD)
    await person.press('main form[action$="/begin"] button')
    assert await person.sees("main .qr svg")


async def connect_by_consent(person: Person, seller_id: str) -> None:
    """Our form, the marketplace's consent page, and back."""
    form = 'form[action="/connections"]:has([value="amazon"])'
    await person.visit("/connections")
    await person.fill(form, name="Test Shop")
    await person.page.locator(f'{form} [name="country"]').select_option("FR")
    await person.press(f"{form} button", ours=False)
    await confirm_consent(person, seller_id)


async def confirm_consent(person: Person, seller_id: str) -> None:
    """On the marketplace's page, and back."""
    await person.page.locator('[name="selling_partner_id"]').select_option(seller_id)
    await person.press('button[value="confirm"]')
    assert await person.sees(_SAVED), f"{person.page.url} does not say that the account is connected"


async def come_from_amazon(person: Person, sandbox: str, seller_id: str) -> None:
    """Amazon's page of the seller's apps sends them to us; our page that comes is looked at."""
    await person.page.goto(f"{sandbox}/amazon/central/FR/apps/manage")
    await person.page.locator('[name="selling_partner_id"]').first.select_option(seller_id)
    await person.press("form button")


async def authorise_from_amazon(person: Person) -> None:
    """Our page of the visit, Amazon's confirmation, and back."""
    await person.press('main form[action$="/authorise"] button')
    assert await person.sees(_SAVED), f"{person.page.url} does not say that the account is connected"


async def connect_by_delegation(person: Person, seller_id: str, sandbox: Sandbox) -> None:
    """Our form, the access given in the portal, *Check now*, ready."""
    await person.press('main a[href="/connections/octopia/connect"]')
    await person.fill("main form", name="Test Shop 2", seller_id=seller_id, login="shop@shop.example")
    await person.press("main form button")
    await sandbox.delegate(seller_id)
    await person.press('main form[action$="/check"] button')
    assert await person.sees(_SAVED), f"{person.page.url} does not say that the account is ready"


async def set_carrier(person: Person) -> None:
    await person.visit("/shipments/settings")
    await person.fill('form[action="/shipments/settings/carrier"]', **_CARRIER)
    await person.press('form[action="/shipments/settings/carrier"] button')
    assert await person.sees(_SAVED)


async def import_stock(person: Person) -> None:
    """A table with a bad line changes nothing; mended, its preview is applied."""
    good = "\n".join(["sku;counted;weight_grams", *(f"{sku};500;350" for sku in SKUS)])
    await person.visit("/stock")
    await person.press('main a[href="/stock/import"]')
    await person.fill("main form", lines=f"{good}\n{SKUS[0]};many;350")
    await person.press("main form button")
    assert await person.sees("main .notice.bad")
    assert not await person.sees("main form button"), "a table with a bad line can be applied"
    await person.press('main .crumbs a[href="/stock/import"]')
    await person.fill("main form", lines=good)
    await person.press("main form button")
    await person.press("main form button")
    assert await person.sees(_SAVED)
    await person.visit(f"/stock/sku/{SKUS[0]}")


async def label_one(person: Person) -> str:
    """The first order that can be shipped: its page makes the label, which is printed. Gives the order's address."""
    await person.visit("/orders?decision=ship&stage=reserved")
    await person.wait_for(_TICKS)
    row = f"main tbody tr:has({_TICKS.removeprefix('main ')})"
    await person.press(f'{row} th a[href^="/orders/"]')
    order = person.page.url
    await person.wait_for('form[action^="/shipments/"][action$="/label"]')
    await person.press('form[action^="/shipments/"][action$="/label"] button')
    await person.wait_for('main td a[href^="/shipments/"]')
    await person.press('main td a[href^="/shipments/"]')
    await person.wait_for('main a[href$="/label.pdf"]')
    assert pages_of(await person.download('main a[href$="/label.pdf"]')) == 1
    return order


async def label_fifty(person: Person) -> None:
    """Ticked in the list, made as a batch whose page counts by itself, printed as one document."""
    await person.visit("/orders?decision=ship&stage=reserved")
    await person.wait_for(_TICKS, count=50)
    if person.window.scripts:
        for box in await person.page.locator(_TICKS).all():
            await box.check()
    else:
        await person.press('main .actions a[href*="tick=all"]')
    assert await person.page.locator(f"{_TICKS}:checked").count() == 50
    await person.press('form[action="/shipments/batches"] .actions button')
    await person.page.wait_for_selector('main a[href$="/labels.pdf"]', timeout=60_000)
    progress = person.page.locator("progress")
    assert (await progress.get_attribute("value"), await progress.get_attribute("max")) == ("50", "50")
    assert pages_of(await person.download('main a[href$="/labels.pdf"]')) == 50
    await person.visit(person.page.url)
    await person.visit("/shipments/batches")
    await person.visit("/shipments")


async def see_confirmed(person: Person, order: str) -> None:
    """The order's page says that its tracking number was read back."""
    await person.visit(order)
    await person.wait_for("main .head .badge.good")


async def map_a_listing(person: Person) -> None:
    """What has no SKU's name is not mapped; a person does it."""
    await person.visit("/stock/listings")
    await person.wait_for("main tbody tr", count=len(SKUS))
    await person.visit("/stock/listings?tab=marketplace_fulfilled")
    await person.visit("/stock/listings?tab=unmapped")
    await person.press(f'main tbody tr:has-text("{ODD}") td a.button')
    await person.fill('form.card:has([name="buffer"])', sku=SKUS[0], buffer="2")
    await person.press('form.card:has([name="buffer"]) button')
    assert await person.sees(_SAVED)


async def pause_and_resume(person: Person) -> None:
    """A connection rests: its page and the page of orders say so, and one button lets it go on."""
    await person.visit("/connections")
    await person.press("main tbody th a")
    connection = person.page.url
    await person.press('main form[action$="/pause"] button')
    assert await person.sees('main form[action$="/resume"]')
    await person.visit("/orders")
    await person.wait_for('main a[href="/connections"]')
    await person.visit("/connections")
    await person.visit(connection)
    await person.press('main form[action$="/resume"] button')
    assert await person.sees('main form[action$="/pause"]')


async def keep_a_calendar(person: Person) -> None:
    """An address made on its page is read without signing in; removed, it is nobody's."""
    await person.visit("/settings")
    await person.press('main a[href="/settings/calendar"]')
    await person.press('main form[action="/settings/calendar"] button')
    address = await person.page.locator("#calendar-address").inner_text()
    async with httpx.AsyncClient() as program:
        read = await program.get(address)
        assert (read.status_code, "BEGIN:VEVENT" in read.text) == (200, True)
        await person.press('main form[action="/settings/calendar/remove"] button')
        assert (await program.get(address)).status_code == 404


async def use_the_api(person: Person) -> None:
    """A client made on its page, with the password, runs both examples as they stand; revoked, it gets no token."""
    await person.visit("/settings")
    await person.press('main a[href="/settings/api-clients"]')
    await person.fill("main form", name="Test ERP")
    for scope in ("orders.orders:read", "inventory.stock:write"):
        await person.page.locator(f'main input[value="{scope}"]').check()
    await person.fill("main form", password="wrong")
    await person.press("main form button", status=422)
    await person.fill("main form", password=PASSWORD)
    await person.press("main form button")
    client = {
        "CLIENT_ID": await person.page.locator("#client-id").inner_text(),
        "CLIENT_SECRET": await person.page.locator("#client-secret").inner_text(),
    }
    await person.press('main a[href="/settings/api"]')
    assert shutil.which("curl"), "the example of the page needs curl"
    by_curl = run(["bash", "-euc", await person.page.locator("#curl").inner_text()], client)
    assert '"marketplace_order_id"' in by_curl.stdout, by_curl
    by_python = run([sys.executable, "-c", await person.page.locator("#python").inner_text()], client)
    assert len(by_python.stdout.splitlines()) > 50, by_python
    await person.visit("/stock/sku/SKU-1")
    await person.visit("/settings/api-clients")
    await person.press('main tbody a[href$="/revoke"]')
    await person.press("main form button")
    assert run([sys.executable, "-c", _TOKEN.format(origin=person.origin)], client, right=False).stdout == "401\n"


_TOKEN = """
import httpx, os
client = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
print(httpx.post("{origin}/oauth/token", auth=client, data={{"grant_type": "client_credentials"}}).status_code)
"""


async def accept_an_order(person: Person, sellers: Sellers, sandbox: Sandbox) -> None:
    """The order that waits for an answer gets one, and the marketplace hears of it."""
    await person.visit("/orders/settings")
    await person.visit("/orders?status=waiting_acceptance")
    await person.wait_for("main tbody tr")
    await person.press('main tbody a[href^="/orders/"]')
    order = person.page.url
    await person.press('main a[href$="answer=refuse"]')
    await person.visit(order)
    await person.press('main a[href$="answer=accept"]')
    await person.press('main form[action$="/acceptance"] button')
    while (await sandbox.order_states(sellers.octopia))[sellers.waiting]["status"] == "WaitingAcceptance":
        await person.page.wait_for_timeout(200)


async def sign_out(person: Person) -> None:
    await person.press('form[action="/signout"] button')
    await person.visit("/orders")
    assert "/signin" in person.page.url


def run(command: list[str], client: dict[str, str], *, right: bool = True) -> "subprocess.CompletedProcess[str]":
    """An example as a program of the seller's runs it."""
    done = subprocess.run(
        command, env=dict(os.environ) | client, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0 or not right, done
    return done


def pages_of(document: tuple[str, bytes]) -> int:
    """How many pages a PDF has."""
    kind, content = document
    assert kind == "application/pdf"
    return len(pypdfium2.PdfDocument(content))
