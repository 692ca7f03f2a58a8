"""The far side of the demo: our application, a seller and the orders, told to the sandbox's control API."""

import asyncio
from collections import Counter
from typing import Any

import httpx

from deploy.local.settings import APPLICATION_ID, CLIENT_ID

ORDERS = 20
REGION = "eu"
# Fixed, so that a second clone shows the same orders.
_SEED = 1


class FarSeller:
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

    async def register(self, client_secret: str, redirect_uri: str) -> None:
        """Our application, as we would register it with Amazon. Again at each start: the address may have changed."""
        application = {
            "application_id": APPLICATION_ID,
            "client_id": CLIENT_ID,
            "client_secrets": [client_secret],
            "redirect_uris": [redirect_uri],
            "draft": False,
        }
        await self._post("apps", application)

    async def add_seller(self) -> str:
        """A seller with 20 unshipped orders of an hour ago; gives the seller's id."""
        seller = await self._post("sellers", {"marketplace": "amazon", "region": REGION})
        await self._post("orders", {"seller_id": seller["seller_id"], "count": ORDERS, "seed": _SEED})
        return str(seller["seller_id"])

    async def demand(self, seller_id: str) -> Counter[str]:
        """How many units of each SKU the seller's orders want."""
        answer = await self._client.get(f"{self._url}/control/orders", params={"seller_id": seller_id})
        wanted: Counter[str] = Counter()
        for order in answer.raise_for_status().json()["orders"]:
            for line in order["lines"]:
                wanted[line["sku"]] += line["quantity"]
        return wanted

    async def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(f"{self._url}/control/{what}", json=body)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made
