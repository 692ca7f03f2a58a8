"""
A seller's shop for whole-product tests: an organisation, an account on the far side, connected as a person does it.

`stack_for_tests` runs the product as `make run` does, in a folder of its own, on ports of its own.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from deploy.local.browser import Browser, Page, Unexpected
from deploy.local.folder import RunFolder
from deploy.local.options import read_options
from deploy.local.processes import free_ports
from deploy.local.sandbox_apps import registrations
from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from tests.sandbox_client import Sandbox

Json = dict[str, Any]

PASSWORD = "A-long-passphrase-2026"
CARRIER: Json = {
    "carrier_name": "Test Express",
    "sender": {
        "name": "Test Shop",
        "lines": ["1 rue du Test"],
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
# Far sides that answer at once are asked often and read back soon.
QUICK = {
    "ORDERS_POLL_INTERVAL_SECONDS": '{"amazon": 3, "octopia": 3}',
    "LABELS_READ_BACK_SECONDS": '{"amazon": 1, "octopia": 1}',
    "LABELS_READ_BACK_LAG_SECONDS": '{"amazon": 4, "octopia": 4}',
    "LABELS_REPEAT_AFTER_SECONDS": '{"amazon": 10, "octopia": 10}',
    "LOG_LEVEL": "DEBUG",
    "SANDBOX_OPTIONS": "--quota-scale=500 --list-lag-seconds=2 --write-visible-seconds=1",
}


@asynccontextmanager
async def stack_for_tests(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Stack]:
    """The whole product, started and ready; ended with the block. `settings` are environment variables."""
    port, sandbox_port = free_ports(2)
    environment = dict(os.environ) | QUICK | {"PORT": str(port), "SANDBOX_PORT": str(sandbox_port)} | dict(settings)
    run_folder = RunFolder(folder)
    supervisor = Supervisor(run_folder.logs, run_folder.pids, lambda _: None)
    stack = Stack(run_folder, read_options(environment), supervisor, lambda _: None)
    try:
        await stack.start()
        async with Sandbox(stack.sandbox) as sandbox:
            await register_application(stack, sandbox)
        yield stack
    finally:
        await stack.stop()


async def register_application(stack: Stack, sandbox: Sandbox) -> None:
    """Our applications on the far sides, with the redirect of this stack."""
    secrets = Secrets(stack.folder.secrets).far_client_secrets()
    for application in registrations(secrets, stack.options.public_url).values():
        await sandbox.register(application)


@dataclass
class Shop:
    """One organisation with its signed-in browser, and its seller account in the sandbox."""

    browser: Browser
    sandbox: Sandbox
    seller_id: str
    csrf_token: str
    region: str = "eu"
    email: str = ""

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
        """New orders, older than the two minutes Amazon keeps back, younger than the ten that readings overlap."""
        return await self.sandbox.orders(self.seller_id, count, **{"age_seconds": 180} | fields)

    async def orders(self) -> dict[str, Json]:
        """Our orders by the marketplace's number."""
        return {order["marketplace_order_id"]: order for order in await self.everything("/api/orders/v1/orders")}

    async def shipments(self) -> list[Json]:
        return await self.everything("/api/labels/v1/shipments")

    async def connection(self) -> Json:
        (found,) = (await self.get("/api/auth/v1/connections"))["items"]
        return dict(found)

    async def count_levels(self, levels: Mapping[str, int], *, weight_grams: int = 400) -> None:
        rows = [{"sku": sku, "weight_grams": weight_grams, "counted": units} for sku, units in sorted(levels.items())]
        await self.send("POST", "/api/inventory/v1/skus/bulk", rows)

    async def connect(self) -> None:
        """Connect Amazon, as a person clicks it: our form, the consent page, and back. Raises `Unexpected`."""
        back = await self.consent()
        if back.status != 200 or "connected=" not in back.url:
            raise Unexpected(f"after the consent came {back.url} ({back.status}): {back.sentence()}")

    async def consent(self) -> Page:
        """The page the seller sees after having confirmed on the marketplace's."""
        page = await self.browser.open("/connections")
        consent = await self.browser.submit(page, page.form("region"), name="Test shop", region=self.region)
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
    stack: Stack, *, levels: Mapping[str, int] | None = None, region: str = "eu", connected: bool = True
) -> AsyncIterator[Shop]:
    """A new organisation; with `levels` its stock and carrier are set; `connected`: authorised, labels automatic."""
    async with Sandbox(stack.sandbox) as sandbox, Browser(stack.origin) as browser:
        seller = await sandbox.seller(region=region)
        page = await browser.open("/signup")
        name = uuid4().hex[:12]
        form = page.form("email", "password")
        email = f"owner-{name}@shop.example"
        await browser.submit(page, form, email=email, password=PASSWORD, organisation=f"Shop {name}")
        page = await browser.open("/connections")
        csrf_token = page.form("csrf_token").fields["csrf_token"]
        shop = Shop(browser, sandbox, seller["seller_id"], csrf_token, region, email)
        if levels is not None:
            await shop.send("PUT", "/api/labels/v1/carrier", CARRIER)
            await shop.count_levels(levels)
        if connected:
            await shop.connect()
            await label_when_known(shop)
        try:
            yield shop
        finally:
            await shop.disconnect()


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
