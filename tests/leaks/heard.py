"""What the browsers of all planted shops asked for and got: addresses, refusals, records set aside, labels."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from deploy.local.browser import Browser
from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.stack import Stack
from tests.e2e.searched import BUYERS
from tests.shop import Shop, open_shop

# Octopia knows no gift messages.
EACH_ORDER: dict[str, dict[str, Any]] = {
    AMAZON: {"buyer": BUYERS[AMAZON], "duties": ["gift"]},
    OCTOPIA: {"buyer": BUYERS[OCTOPIA]},
}
_ERROR = 400
# Of each shop.
_LABELS = 2


@dataclass
class Heard:
    """`labels` by marketplace; `came_through`: what was read of planted buyers where a seller may read it."""

    urls: list[bytes] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)
    unreadable: list[bytes] = field(default_factory=list)
    labels: dict[str, list[bytes]] = field(default_factory=dict)
    came_through: str = ""
    sessions: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def open_shop(self, stack: Stack, *, marketplace: str = AMAZON, **fields: Any) -> AsyncIterator[Shop]:
        """As `tests.shop.open_shop`: all its orders are of the planted buyer, all its browser's traffic is heard."""
        new_browser = partial(self._new_browser, marketplace)
        async with open_shop(stack, marketplace=marketplace, new_browser=new_browser, **fields) as shop:
            shop.each_order = EACH_ORDER[marketplace]
            yield shop
            await self.look(shop)

    def _new_browser(self, marketplace: str, origin: str) -> Browser:
        browser = Browser(origin)
        browser._client.event_hooks = {"response": [partial(self._hear, marketplace)]}
        return browser

    async def look(self, shop: Shop) -> None:
        """Reads labels and recipients of parcels that were told, as a seller does."""
        told = [one for one in await shop.shipments() if one["write_back"] == "confirmed"][:_LABELS]
        for shipment in told:
            await shop.browser.open(f"/shipments/{shipment['id']}/label.pdf")
            self.came_through += str(await shop.get(f"/api/orders/v1/orders/{shipment['order_id']}/recipient"))

    async def _hear(self, marketplace: str, answer: httpx.Response) -> None:
        request, location = answer.request, answer.headers.get("location", "")
        self.urls.append(f"{request.method} {request.url} {answer.status_code} {location}".encode())
        self.sessions |= {value for name, value in answer.cookies.items() if "session" in name and value}
        body = await answer.aread()
        if answer.status_code >= _ERROR:
            self.refusals.append(repr(answer.headers.raw).encode() + body)
        elif request.url.path.endswith("/unreadable"):
            self.unreadable.append(body)
        elif answer.headers.get("content-type", "").startswith("application/pdf"):
            self.labels.setdefault(marketplace, []).append(body)
