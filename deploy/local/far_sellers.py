"""The far sides of the demo: our applications, a seller at each and their orders, told to the sandbox's control API."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.sandbox_apps import AMAZON, OCTOPIA, registrations
from deploy.local.secrets import Secrets

TITLES = {AMAZON: "Amazon", OCTOPIA: "Cdiscount"}
REGION = "eu"
# Of each seller; the last one is sold while we watch, so that stock is seen to fall on both.
ORDERS_EACH = 10
SKUS = tuple(f"SKU-{number:03}" for number in range(1, 9))
SOLD_LIVE = SKUS[0]
_LISTED_UNITS = 50
# Fixed, so that a second clone shows the same orders.
_SEED = 1
# Older than what lists keep back (the sandbox: two minutes, some rows six), younger than what readings overlap.
_LIVE_AGE_SECONDS = 400


@dataclass(frozen=True)
class Sellers:
    """Ids by marketplace. `channels`: where each sells first."""

    ids: dict[str, str]
    channels: dict[str, str]


class FarSellers:
    """Speaks to `/control` of the sandbox at `url`."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url, self._client = url, client

    async def ready(self) -> None:
        """Returns when the sandbox answers; waits for ever."""
        while True:
            try:
                if (await self._client.get(f"{self._url}/control/health")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)

    async def register(self, secrets: Secrets, public_url: str) -> None:
        """Our applications, as we would register them. Again at each start: the address may have changed."""
        for application in registrations(secrets.far_client_secrets(), public_url).values():
            await self._post("apps", application)

    async def add_sellers(self) -> Sellers:
        """One at each marketplace, with listings of the same SKUs and all but one of their orders, of an hour ago."""
        amazon = await self._post("sellers", {"marketplace": AMAZON, "region": REGION})
        octopia = await self._post("sellers", {"marketplace": OCTOPIA, "delegated": False})
        made = {AMAZON: amazon, OCTOPIA: octopia}
        ids = {name: str(seller["seller_id"]) for name, seller in made.items()}
        await self._post("listings", {"seller_id": ids[AMAZON], "skus": list(SKUS), "quantity": _LISTED_UNITS})
        offers = [{"sku": sku, "quantity": _LISTED_UNITS} for sku in SKUS]
        await self._post("offers", {"seller_id": ids[OCTOPIA], "offers": offers})
        for name, seller_id in ids.items():
            wish = {"seller_id": seller_id, "count": ORDERS_EACH - 1, "seed": _SEED, "skus": list(SKUS)}
            await self._post("orders", wish | ({"status": "InPreparation"} if name == OCTOPIA else {}))
        return Sellers(ids, {name: str(seller["channels"][0]) for name, seller in made.items()})

    async def delegate(self, seller_id: str) -> None:
        """What the seller does in the marketplace's portal."""
        await self._post(f"sellers/{seller_id}/delegate", {"delegated": True})

    async def sell(self, marketplace: str, seller_id: str) -> None:
        """Somebody buys one unit now."""
        wish: dict[str, Any] = {"seller_id": seller_id, "count": 1, "age_seconds": _LIVE_AGE_SECONDS}
        wish["lines"] = [{"sku": SOLD_LIVE, "quantity": 1}]
        await self._post("orders", wish | ({"status": "InPreparation"} if marketplace == OCTOPIA else {}))

    async def demand(self, sellers: Sellers) -> Counter[str]:
        """How many units of each SKU the sellers' orders want, the ones sold live included."""
        wanted: Counter[str] = Counter({SOLD_LIVE: len(sellers.ids)})
        for seller_id in sellers.ids.values():
            answer = await self._client.get(f"{self._url}/control/orders", params={"seller_id": seller_id})
            for order in answer.raise_for_status().json()["orders"]:
                for line in order["lines"]:
                    wanted[line["sku"]] += line["quantity"]
        return wanted

    async def stock(self, sellers: Sellers, sku: str) -> dict[str, int]:
        """What buyers see of a SKU, by marketplace."""
        seen = {}
        for name, seller_id in sellers.ids.items():
            query = {"seller_id": seller_id, "sku": sku}
            answer = await self._client.get(f"{self._url}/control/stock", params=query)
            seen[name] = int(answer.raise_for_status().json()["stock"][sku][sellers.channels[name]])
        return seen

    async def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(f"{self._url}/control/{what}", json=body)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made
