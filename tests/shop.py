"""
A seller's shop for whole-product tests: an organisation, an account on the far side, connected as a person does it.

`stack_for_tests` runs the product as `make run` does, in a folder of its own, on ports of its own.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from deploy.local.browser import Browser, Page, Unexpected
from deploy.local.folder import RunFolder
from deploy.local.mailbox import confirm_email
from deploy.local.options import read_options
from deploy.local.sandbox_apps import AMAZON, OCTOPIA, registrations
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from tests.ports import free_ports
from tests.sandbox_client import Sandbox

Json = dict[str, Any]

PASSWORD = "A-long-passphrase-2026"
CARRIER: Json = {
    "carrier_name": "Test Express",
    "sender": {"name": "Test Shop", "lines": ["1 rue Test"], "postal_code": "75001", "city": "Paris", "country": "FR"},
    "gs1_prefix": "9521234",
    "extension": 0,
    "serial_first": 1,
    "serial_last": 999_999_999,
    "tracking_url_template": "https://tracking.example/{tracking_number}",
}
# Where a seller of a region consents.
_COUNTRIES = {"eu": "FR", "na": "US", "fe": "JP"}
# Far sides that answer at once are asked often and read back soon.
QUICK = {
    "ORDERS_POLL_INTERVAL_SECONDS": '{"amazon": 3, "octopia": 3}',
    "LABELS_READ_BACK_SECONDS": '{"amazon": 1, "octopia": 1}',
    "LABELS_READ_BACK_LAG_SECONDS": '{"amazon": 4, "octopia": 4}',
    "LABELS_REPEAT_AFTER_SECONDS": '{"amazon": 10, "octopia": 10}',
    "INVENTORY_PUSH_DELAY_SECONDS": "0.5",
    "INVENTORY_SALE_GRACE_SECONDS": "10",
    "AUTH_PASSWORD_HASH_MIB": "19",
    "LOG_LEVEL": "DEBUG",
    "SANDBOX_OPTIONS": "--quota-scale=500 --list-lag-seconds=2 --write-visible-seconds=1 --patch-applied-seconds=2 "
    "--acceptance-seconds=1 --package-seconds=1",
}


@asynccontextmanager
async def stack_for_tests(
    folder: Path, settings: Mapping[str, str], *, before: Callable[[Stack], None] = lambda _: None
) -> AsyncIterator[Stack]:
    """
    The whole product, started and ready; ended with the block. `settings` are environment variables; `before` is called
    before it starts. At the end: no call of ours deviated from what the far sides document. Seen red with our calls
    undated.
    """
    port, sandbox_port = free_ports(2)
    environment = dict(os.environ) | QUICK | {"PORT": str(port), "SANDBOX_PORT": str(sandbox_port)} | dict(settings)
    run_folder = RunFolder(folder)
    supervisor = Supervisor(run_folder.logs, run_folder.pids, lambda _: None)
    stack = Stack(run_folder, read_options(environment), supervisor, lambda _: None)
    try:
        before(stack)
        await stack.start()
        async with Sandbox(stack.sandbox) as sandbox:
            await register_application(stack, sandbox)
        yield stack
        async with Sandbox(stack.sandbox) as sandbox:
            deviations = (await sandbox.calls())["deviations"]
        assert not deviations, deviations[:3]
    finally:
        await stack.stop()


async def register_application(stack: Stack, sandbox: Sandbox) -> None:
    """Our applications on the far sides, with the redirect of this stack."""
    secrets = Secrets(stack.folder.secrets).far_client_secrets()
    for application in registrations(secrets, stack.options.public_url).values():
        await sandbox.register(application)


@dataclass
class Shop:
    """
    One organisation with its signed-in browser, and one of its seller accounts in the sandbox. `beside` gives the same
    organisation with another account. `each_order`: what every planted order has, unless it is told otherwise.
    """

    browser: Browser
    sandbox: Sandbox
    seller_id: str
    csrf_token: str
    region: str = "eu"
    marketplace: str = AMAZON
    email: str = ""
    each_order: Json = field(default_factory=dict)

    async def get(self, path: str) -> Any:
        return await self.browser.call("GET", path)

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        return await self.browser.call(method, path, body, self.csrf_token)

    async def everything(self, path: str) -> list[Json]:
        """All items of a list, page by page."""
        items: list[Json] = []
        cursor: str | None = None
        while True:
            page = await self.get(
                path + ("&" if "?" in path else "?") + "limit=100" + (f"&cursor={cursor}" if cursor else "")
            )
            items += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return items

    async def plant(self, count: int = 1, **fields: Any) -> list[str]:
        """New orders to be shipped, older than what lists keep back, younger than what readings overlap."""
        fitting: Json = {"age_seconds": 180} | ({"status": "InPreparation"} if self.marketplace == OCTOPIA else {})
        return await self.sandbox.orders(self.seller_id, count, **fitting | self.each_order | fields)

    async def list_skus(self, skus: Iterable[str], *, units: int = 50) -> None:
        """Offers these over there, on all channels of the account, showing so many units."""
        if self.marketplace == OCTOPIA:
            await self.sandbox.offers(self.seller_id, *({"sku": sku, "quantity": units} for sku in skus))
        else:
            await self.sandbox.listings(self.seller_id, list(skus), quantity=units, region=self.region)

    async def shown(self, sku: str) -> set[int]:
        """What buyers see of it over there: one number, unless its channels differ."""
        return set((await self.sandbox.stock(self.seller_id, sku))[sku].values())

    async def orders(self) -> dict[str, Json]:
        """Our orders by the marketplace's number."""
        return {order["marketplace_order_id"]: order for order in await self.everything("/api/orders/v1/orders")}

    async def shipments(self) -> list[Json]:
        return await self.everything("/api/labels/v1/shipments")

    async def connection(self) -> Json:
        """That of this seller account."""
        items = (await self.get("/api/auth/v1/connections"))["items"]
        (found,) = [one for one in items if one["seller_id"] == self.seller_id]
        return dict(found)

    async def count_levels(self, levels: Mapping[str, int], *, weight_grams: int = 400) -> None:
        rows = [{"sku": sku, "weight_grams": weight_grams, "counted": units} for sku, units in sorted(levels.items())]
        await self.send("POST", "/api/inventory/v1/skus/bulk", rows)

    async def connect(self) -> None:
        """Connect the account as its marketplace wants it. Raises `Unexpected`."""
        if self.marketplace == OCTOPIA:
            await self.claim()
            await self.delegate()
            return
        back = await self.consent()
        if back.url.endswith("/outcome/uncertain"):  # no answer in time: its page asks to authorise once more
            back = await self.consent()
        if back.status != 200 or "connected=" not in back.url:
            raise Unexpected(f"after the consent came {back.url} ({back.status}): {back.sentence()}")

    async def claim(self) -> Json:
        """Says that the account is ours. Raises `Unexpected`."""
        named = {"marketplace": self.marketplace, "region": self.region, "seller_id": self.seller_id}
        return dict(await self.send("POST", "/api/auth/v1/connections", named | {"name": "Test shop there"}))

    async def delegate(self, *, seconds: float = 30) -> None:
        """Lets us in at the marketplace's portal, then asks here until that is seen."""
        await self.sandbox.delegate(self.seller_id)
        async with asyncio.timeout(seconds):
            while (connection := await self.connection())["state"] != "authorised":
                await self.send("POST", f"/api/auth/v1/connections/{connection['id']}/check")
                await asyncio.sleep(0.2)

    async def consent(self) -> Page:
        """The page the seller sees after having confirmed on the marketplace's."""
        page = await self.browser.open("/connections")
        fields = {"name": "Test shop", "country": _COUNTRIES[self.region]}
        consent = await self.browser.submit(page, page.form("country"), **fields)
        return await self.browser.submit(
            consent, consent.form("selling_partner_id"), decision="confirm", selling_partner_id=self.seller_id
        )

    async def disconnect(self) -> None:
        """Nobody reads this account any more, nor spends time on it; what does not answer is left as it is."""
        with suppress(httpx.HTTPError, Unexpected):
            for connection in (await self.get("/api/auth/v1/connections"))["items"]:
                await self.send("POST", f"/api/auth/v1/connections/{connection['id']}/disconnect")

    async def label_automatically(self, mode: str = "automatic") -> None:
        connection = await self.connection()
        for channel in connection["channels"]:
            path = f"/api/labels/v1/channels/{connection['id']}/{channel['id']}"
            await self.send("PUT", path, {"mode": mode})

    async def confirmed(self, wanted: Iterable[str], *, seconds: float = 90) -> dict[str, Json]:
        """Waits until each of these marketplace orders has a confirmed write-back; the sandbox's truth about them."""
        missing = set(wanted)
        async with asyncio.timeout(seconds):
            while missing:
                by_id = {order["id"]: number for number, order in (await self.orders()).items()}
                for shipment in await self.shipments():
                    if shipment["write_back"] == "confirmed":
                        missing.discard(by_id.get(shipment["order_id"], ""))
                if missing:
                    await asyncio.sleep(0.3)
        return await self.sandbox.order_states(self.seller_id)


@asynccontextmanager
async def open_shop(
    stack: Stack,
    *,
    levels: Mapping[str, int] | None = None,
    region: str = "eu",
    connected: bool = True,
    marketplace: str = AMAZON,
    skus: Iterable[str] = (),
    new_browser: Callable[[str], Browser] = Browser,
) -> AsyncIterator[Shop]:
    """
    A new organisation whose account lists `skus`; with `levels` its stock and carrier are set; `connected`: authorised,
    labels automatic. `new_browser` makes its browser for an origin.
    """
    async with Sandbox(stack.sandbox) as sandbox, new_browser(stack.origin) as browser:
        seller_id = await new_seller(sandbox, marketplace, region)
        page = await browser.open("/signup")
        name = uuid4().hex[:12]
        form = page.form("email", "password")
        email = f"owner-{name}@shop.example"
        await browser.submit(page, form, email=email, password=PASSWORD, organisation=f"Shop {name}")
        await confirm_email(browser, stack.sandbox, email)
        page = await browser.open("/connections")
        csrf_token = page.form("csrf_token").fields["csrf_token"]
        shop = Shop(browser, sandbox, seller_id, csrf_token, region, marketplace, email)
        if levels is not None:
            await shop.send("PUT", "/api/labels/v1/carrier", CARRIER)
            await shop.count_levels(levels)
        if skus:
            await shop.list_skus(skus)
        if connected:
            await shop.connect()
            await label_when_known(shop)
        try:
            yield shop
        finally:
            await shop.disconnect()


async def new_seller(sandbox: Sandbox, marketplace: str, region: str = "eu") -> str:
    """An account that has let nobody in yet; its id."""
    if marketplace == OCTOPIA:
        return str((await sandbox.octopia_seller(delegated=False))["seller_id"])
    return str((await sandbox.seller(region=region))["seller_id"])


async def beside(shop: Shop, marketplace: str = OCTOPIA, *, skus: Iterable[str] = ()) -> Shop:
    """The shop's organisation with a new account at another marketplace: lists SKUs, connected, labels automatic."""
    seller_id = await new_seller(shop.sandbox, marketplace)
    second = replace(shop, seller_id=seller_id, marketplace=marketplace, region="eu")
    if skus:
        await second.list_skus(skus)
    await second.connect()
    await label_when_known(second)
    return second


async def label_when_known(shop: Shop, *, seconds: float = 30) -> None:
    """Labels hear of a new connection by an event: tries until they know its channels."""
    async with asyncio.timeout(seconds):
        while True:
            connection = await shop.connection()
            try:
                if connection["channels"]:
                    await shop.label_automatically()
                    return
            except Unexpected as error:
                if "404" not in str(error):
                    raise
            await asyncio.sleep(0.2)


def demand(orders: Mapping[str, Json]) -> Counter[str]:
    """Units by SKU that the sandbox's orders want."""
    wanted: Counter[str] = Counter()
    for order in orders.values():
        for line in order["lines"]:
            wanted[line["sku"]] += line["quantity"]
    return wanted
