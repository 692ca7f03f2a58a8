"""The sandbox inside the test's own process, with a clock the test holds, an application and a seller."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from tests.contract.sandbox.fitting import Fitting
from tests.sandbox.app import create_app
from tests.sandbox.clock import VirtualClock, iso
from tests.sandbox.world import Options
from tests.sandbox_client import Sandbox

APPLICATION = "amzn1.sellerapps.app.contract"
CLIENT_ID = "amzn1.application-oa2-client.contract"
SECRET = "first-secret"
REDIRECT_URI = "http://127.0.0.1:8080/callback"
SELLER = "A1SELLER"
FRANCE, GERMANY = "A13V1IB3VIYZZH", "A1PA6795UKMFR9"
ALL_SETS = "summaries,attributes,issues,offers,fulfillmentAvailability,relationships,productTypes"
ALL_DATA = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES"
START = 1_790_000_000.0


def told(op: str = "merge", **available: Any) -> dict[str, Any]:
    """A patch of the seller's own quantity, with fields of its one value replaced."""
    value = {"fulfillment_channel_code": "DEFAULT", "quantity": 5} | available
    return {"op": op, "path": "/attributes/fulfillment_availability", "value": [value]}


@dataclass
class Far:
    """
    `now` is the sandbox's wall clock, in seconds; `control` its control API, `http` a client for everything else.

    `transport` is for clients of ours. At the end, every answer fitted its model.
    """

    options: Options = field(default_factory=Options)
    now: float = START
    token: str = ""

    def __post_init__(self) -> None:
        self.app = create_app(self.options, VirtualClock(lambda: self.now))
        self.transport = Fitting(self.app)
        self.control = Sandbox("http://127.0.0.1:9900", transport=httpx.ASGITransport(self.app))
        self.http = httpx.AsyncClient(base_url="http://127.0.0.1:9900", transport=self.transport, trust_env=False)

    async def ready(self) -> "Far":
        """Register the application and the seller, and hold the seller's access token."""
        await self.control.app(APPLICATION, CLIENT_ID, [SECRET, "second-secret"], redirect_uris=[REDIRECT_URI])
        self.token = await self.access_token((await self.control.seller(SELLER))["refresh_token"])
        return self

    async def close(self) -> None:
        await self.control.close()
        await self.http.aclose()
        self.app.state.world.close()
        assert not self.transport.misfits, self.transport.misfits

    async def lwa(self, **form: str) -> httpx.Response:
        """Ask the token endpoint; our client id and secret unless given."""
        body = {"client_id": CLIENT_ID, "client_secret": SECRET} | form
        return await self.http.post("/amazon/lwa/auth/o2/token", data={k: v for k, v in body.items() if v})

    async def access_token(self, refresh_token: str) -> str:
        answer = await self.lwa(grant_type="refresh_token", refresh_token=refresh_token)
        return str(answer.json()["access_token"])

    def headers(self) -> dict[str, str]:
        return {"x-amz-access-token": self.token, "x-amz-date": "20261122T000000Z", "user-agent": "contract/1.0"}

    async def get(self, path: str, region: str = "eu", **params: str) -> httpx.Response:
        """A GET at the API of a region."""
        return await self.http.get(f"/amazon/{region}{path}", params=params, headers=self.headers())

    async def search(self, **params: str) -> httpx.Response:
        """searchOrders, from long ago unless a date is given."""
        dates = {"createdAfter", "lastUpdatedAfter"} & params.keys()
        return await self.get(
            "/orders/2026-01-01/orders", **({} if dates else {"lastUpdatedAfter": "2020-01-01T00:00:00Z"}), **params
        )

    async def listed(self, **params: str) -> dict[str, Any]:
        """All orders searchOrders lists over all pages, by id, with all data."""
        found: dict[str, Any] = {}
        page: dict[str, str] = {}
        while True:
            answer = (await self.search(includedData=ALL_DATA, **params, **page)).raise_for_status().json()
            found |= {order["orderId"]: order for order in answer["orders"]}
            if "pagination" not in answer:
                return found
            page = {"paginationToken": answer["pagination"]["nextToken"]}

    async def order(self, order_id: str, included: str = ALL_DATA) -> dict[str, Any]:
        """getOrder, which must succeed."""
        answer = await self.get(f"/orders/2026-01-01/orders/{order_id}", includedData=included)
        found: dict[str, Any] = answer.raise_for_status().json()["order"]
        return found

    async def planted(self, **fields: Any) -> dict[str, Any]:
        """One new order as the control API tells it."""
        [order_id] = await self.control.orders(SELLER, **fields)
        return (await self.control.order_states())[order_id]

    async def item(self, sku: str, store: str = FRANCE, included: str = ALL_SETS) -> httpx.Response:
        """getListingsItem."""
        path = f"/listings/2021-08-01/items/{SELLER}/{quote(sku, safe='')}"
        return await self.get(path, marketplaceIds=store, includedData=included)

    async def items(self, store: str = FRANCE, region: str = "eu", **params: str) -> httpx.Response:
        """searchListingsItems."""
        params = {"marketplaceIds": store, "includedData": ALL_SETS} | params
        return await self.get(f"/listings/2021-08-01/items/{SELLER}", region, **params)

    async def patch(self, sku: str, *patches: dict[str, Any], store: str = FRANCE, **params: str) -> httpx.Response:
        """patchListingsItem."""
        return await self.http.patch(
            f"/amazon/eu/listings/2021-08-01/items/{SELLER}/{quote(sku, safe='')}",
            params={"marketplaceIds": store} | params,
            json={"productType": "PRODUCT", "patches": list(patches)},
            headers=self.headers(),
        )

    async def attribute(self, sku: str, store: str = FRANCE) -> list[Any]:
        """The attribute fulfillment_availability of a listing, as it is patched."""
        item = (await self.item(sku, store)).raise_for_status().json()
        found: list[Any] = item["attributes"]["fulfillment_availability"]
        return found

    async def units(self, sku: str, store: str = FRANCE) -> int:
        """What a store really has of a SKU of the seller's, whatever readers are shown."""
        return (await self.control.stock(SELLER, sku))[sku][store]

    async def confirm(self, order: dict[str, Any], body: dict[str, Any] | None = None) -> httpx.Response:
        """confirmShipment of all lines of an order, or with another body."""
        return await self.http.post(
            f"/amazon/eu/orders/v0/orders/{order['order_id']}/shipmentConfirmation",
            json=body or self.confirmation(order),
            headers=self.headers(),
        )

    def confirmation(self, order: dict[str, Any], **package: Any) -> dict[str, Any]:
        """A correct body for the whole order, with fields of the package replaced."""
        lines = [{"orderItemId": x["order_item_id"], "quantity": x["quantity"]} for x in order["lines"]]
        detail = {
            "packageReferenceId": "123456789",
            "carrierCode": "Other",
            "carrierName": "Passerelle Express",
            "trackingNumber": "TRACK1",
            "shipDate": iso(self.now - 60),
            "orderItems": lines,
        }
        return {"marketplaceId": order["marketplace_id"], "packageDetail": detail | package}
