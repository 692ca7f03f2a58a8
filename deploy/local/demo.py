"""
The demo: a seller at each marketplace with orders in the sandbox, connected as a person does it, watched until all is
confirmed and every sale has lowered the stock on both.

It goes in this order: sellers and orders on the far sides, an organisation by the sign-up form, levels, weights and
the carrier, then consent by redirect and delegation in the portal, then automatic labels; at last a sale at each.
Every step may be repeated: a demo that was killed half-way is completed by the next start, one that is complete is
left alone.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from deploy.local.browser import Browser, Page, Unexpected
from deploy.local.demo_table import CONFIRMED, Board, make_board
from deploy.local.errors import CannotRun
from deploy.local.far_sellers import ORDERS_EACH, SOLD_LIVE, TITLES, FarSellers, Sellers
from deploy.local.mailbox import confirm_email
from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack

EMAIL = "demo@passerelle.example"
ORDERS = 2 * ORDERS_EACH
_WEIGHT_GRAMS = 350
# Enough for the demo's orders and for some that a person adds in the sandbox.
_SPARE_UNITS = 100
# A made-up sender and a GS1 prefix from the range reserved for demonstrations (952).
_CARRIER = {
    "carrier_name": "Demo Express",
    "sender": {
        "name": "Passerelle Demo",
        "lines": ["1 rue de la Passerelle"],
        "postal_code": "75001",
        "city": "Paris",
        "country": "FR",
    },
    "gs1_prefix": "9521234",
    "extension": 0,
    "serial_first": 1,
    "serial_last": 999_999_999,
    "tracking_url_template": "https://tracking.example/{tracking_number}",
}
_LOOK_EVERY_SECONDS = 0.5
_CONFIRMED_WITHIN_SECONDS = 300
_KNOWN_WITHIN_SECONDS = 60


class Demo:
    """`started_at`: when the person gave the command (seconds since 1970): the count begins there."""

    def __init__(self, stack: Stack, started_at: float, say: Callable[[str], None]) -> None:
        self._stack, self._started_at, self._say = stack, started_at, say
        self._secrets = Secrets(stack.folder.secrets)
        self._known: dict[str, Any] = stack.folder.read_demo() or {}

    async def prepare(self) -> None:
        """The far sides' part: possible while our own processes are still starting."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            far = FarSellers(self._stack.sandbox, client)
            await far.ready()
            await far.register(self._secrets, self._stack.options.public_url)
            if "sellers" not in self._known:
                made = await far.add_sellers()
                self._remember(sellers=made.ids, channels=made.channels)
            self._sellers = Sellers(self._known["sellers"], self._known["channels"])
            self._demand = await far.demand(self._sellers)

    async def show(self) -> None:
        """The product's part, then the table until every order is confirmed. Raises `CannotRun` when a step fails."""
        self._say(f"Sign in as {EMAIL} with the password {self._secrets.demo_password()}")
        if self._known.get("complete"):
            return
        self._say("The demo's sandbox allows 20 times the usual quotas, and numbers are read back after 2 seconds.")
        try:
            async with Browser(self._stack.origin) as browser, httpx.AsyncClient(trust_env=False, timeout=10) as client:
                far = FarSellers(self._stack.sandbox, client)
                await self._make(browser, far)
                await self._watch(browser, far)
        except (Unexpected, httpx.HTTPError, TimeoutError) as error:
            raise CannotRun(f"The demo could not be made: {str(error) or type(error).__name__}") from error
        self._remember(complete=True)

    async def _make(self, browser: Browser, far: FarSellers) -> None:
        page = await self._enter(browser)
        csrf_token = page.form("csrf_token").fields["csrf_token"]
        levels = [
            {"sku": sku, "weight_grams": _WEIGHT_GRAMS, "counted": units + _SPARE_UNITS}
            for sku, units in sorted(self._demand.items())
        ]
        await browser.call("POST", "/api/inventory/v1/skus/bulk", levels, csrf_token)
        await browser.call("PUT", "/api/labels/v1/carrier", _CARRIER, csrf_token)
        await self._consent(browser, page)
        await self._delegate(browser, far)
        await self._label_automatically(browser, csrf_token)

    async def _enter(self, browser: Browser) -> Page:
        """The page Connections, signed in: by sign-up the first time, else with the password; the address confirmed."""
        password = self._secrets.demo_password()
        page = await browser.open("/signup")
        form = page.form("email", "password")
        await browser.submit(page, form, email=EMAIL, password=password, organisation="Demo seller")
        page = await browser.open("/connections")
        if not page.url.endswith("/connections"):
            page = await browser.open("/signin")
            form = page.form("email", "password")
            await browser.submit(page, form, email=EMAIL, password=password)
        await confirm_email(browser, self._stack.sandbox, EMAIL)
        return await browser.open("/connections")

    async def _consent(self, browser: Browser, page: Page) -> None:
        """Connect Amazon, as a person clicks it: our form, the consent page of the sandbox, and back."""
        consent = await browser.submit(page, page.form("country"), name="Demo shop", country="FR")
        seller_id = self._sellers.ids[AMAZON]
        back = await browser.submit(
            consent, consent.form("selling_partner_id"), decision="confirm", selling_partner_id=seller_id
        )
        if not back.url.startswith(f"{self._stack.origin}/connections") or back.status != 200:
            raise Unexpected(f"after the consent came {back.url} ({back.status}): {back.sentence()}")

    async def _delegate(self, browser: Browser, far: FarSellers) -> None:
        """Connect Cdiscount: our form, then the access given in the portal, then *Check now*."""
        page = await browser.open(f"/connections/{OCTOPIA}/connect")
        form = page.form("seller_id", action=f"/connections/{OCTOPIA}/connect")
        page = await browser.submit(page, form, name="Demo on Cdiscount", seller_id=self._sellers.ids[OCTOPIA])
        connection = page.url.rsplit("/", 1)[-1].partition("?")[0]
        await far.delegate(self._sellers.ids[OCTOPIA])
        async with asyncio.timeout(_KNOWN_WITHIN_SECONDS):
            while (await browser.call("GET", f"/api/auth/v1/connections/{connection}"))["state"] != "authorised":
                page = await browser.open(f"/connections/{connection}")
                await browser.submit(page, page.form("csrf_token", action="/check"))
                await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _label_automatically(self, browser: Browser, csrf_token: str) -> None:
        """Every channel of both connections prints its labels by itself."""
        async with asyncio.timeout(_KNOWN_WITHIN_SECONDS):
            while not (channels := await _channels(browser)):  # the first probes read them
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
            for path in channels:
                while not await _set_automatic(browser, path, csrf_token):  # labels hears of them by an event
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _watch(self, browser: Browser, far: FarSellers) -> None:
        with make_board(self._started_at, self._say) as board:
            await self._until_confirmed(browser, board, ORDERS - len(self._sellers.ids))
            for marketplace, seller_id in self._sellers.ids.items():
                await self._sale(marketplace, seller_id, far, board)
            await self._until_confirmed(browser, board, ORDERS)
        seconds = time.time() - self._started_at
        self._say(f"confirmed {ORDERS} of {ORDERS} in {seconds:.0f} s")

    async def _until_confirmed(self, browser: Browser, board: Board, wanted: int) -> None:
        give_up_at = time.monotonic() + _CONFIRMED_WITHIN_SECONDS
        reached: Mapping[str, int] = {}
        while sum(stages == CONFIRMED for stages in reached.values()) < wanted:
            if time.monotonic() > give_up_at:
                raise CannotRun(f"Not all orders were confirmed; the pages say why: {self._stack.origin}/orders")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            reached = await how_far(browser)
            board.update(reached)

    async def _sale(self, marketplace: str, seller_id: str, far: FarSellers, board: Board) -> None:
        """Sells a unit on one marketplace, and returns when both show one unit less."""
        async with asyncio.timeout(_CONFIRMED_WITHIN_SECONDS):
            before = await far.stock(self._sellers, SOLD_LIVE)
            while len(set(before.values())) > 1:  # what was counted is still on its way to one of them
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
                before = await far.stock(self._sellers, SOLD_LIVE)
            started, after = time.monotonic(), before
            await far.sell(marketplace, seller_id)
            while any(units >= before[name] for name, units in after.items()):
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
                after = await far.stock(self._sellers, SOLD_LIVE)
        shown = ", ".join(f"{TITLES[name]} {before[name]} → {units}" for name, units in after.items())
        seconds = time.monotonic() - started
        board.tell(f"sold one {SOLD_LIVE} on {TITLES[marketplace]}: {shown} ({seconds:.0f} s later)")

    def _remember(self, **facts: Any) -> None:
        self._known |= facts
        self._stack.folder.write_demo(self._known)


async def _channels(browser: Browser) -> list[str]:
    """The addresses under which labels keeps the mode of each channel."""
    connections = (await browser.call("GET", "/api/auth/v1/connections"))["items"]
    return [
        f"/api/labels/v1/channels/{connection['id']}/{channel['id']}"
        for connection in connections
        for channel in connection["channels"]
    ]


async def _set_automatic(browser: Browser, path: str, csrf_token: str) -> bool:
    try:
        await browser.call("PUT", path, {"mode": "automatic"}, csrf_token)
    except Unexpected as error:
        if error.status != 404:
            raise
        return False
    return True


async def how_far(browser: Browser) -> dict[str, int]:
    """How many stages each order has behind it, by its marketplace number, as the product's own lists tell."""
    orders = (await browser.call("GET", "/api/orders/v1/orders?limit=100"))["items"]
    shipments = (await browser.call("GET", "/api/labels/v1/shipments?limit=100"))["items"]
    by_order = {shipment["order_id"]: shipment for shipment in shipments}
    return {order["marketplace_order_id"]: stages_of(by_order.get(order["id"])) for order in orders}


def stages_of(shipment: Mapping[str, Any] | None) -> int:
    """An order's stages: 1 received; a shipment is planned when the reservation is known, and goes on from there."""
    if shipment is None:
        return 1
    write_back = shipment.get("write_back")
    if write_back == "confirmed":
        return 5
    if write_back == "sent":
        return 4
    return 3 if shipment["state"] == "label_created" else 2
