"""Octopia in the sandbox inside the test's own process, with a clock the test holds, a client and a seller."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.contract.sandbox.fitting import Fitting
from tests.sandbox.app import create_app
from tests.sandbox.clock import VirtualClock
from tests.sandbox.world import Options
from tests.sandbox_client import Sandbox

CLIENT_ID = "passerelle-aggregator"
SECRET = "first-secret"
SELLER = "98979"
START = 1_790_000_000.0
API = "/octopia/api/seller/v2"
TOKEN_URL = "/octopia/auth/realms/maas/protocol/openid-connect/token"


@dataclass
class OctopiaFar:
    """
    `now` is the sandbox's wall clock, in seconds; `control` its control API, `http` a client for everything else.

    `transport` is for clients of ours. At the end, every answer fitted its description.
    """

    options: Options = field(default_factory=Options)
    now: float = START
    token: str = ""
    seller_id: str = SELLER

    def __post_init__(self) -> None:
        self.app = create_app(self.options, VirtualClock(lambda: self.now))
        self.transport = Fitting(self.app)
        self.control = Sandbox("http://127.0.0.1:9900", transport=httpx.ASGITransport(self.app))
        self.http = httpx.AsyncClient(base_url="http://127.0.0.1:9900", transport=self.transport, trust_env=False)

    async def ready(self, **seller: Any) -> "OctopiaFar":
        """Register the client and the seller, and hold the client's access token."""
        await self.control.octopia_app(CLIENT_ID, [SECRET, "second-secret"])
        await self.control.octopia_seller(self.seller_id, **seller)
        self.token = await self.access_token()
        return self

    async def close(self) -> None:
        await self.control.close()
        await self.http.aclose()
        self.app.state.world.close()
        assert not self.transport.misfits, self.transport.misfits

    async def ask_token(self, **form: str) -> httpx.Response:
        """Ask the token endpoint; our client id and secret unless given ("" leaves a field out)."""
        body = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": SECRET} | form
        return await self.http.post(TOKEN_URL, data={k: v for k, v in body.items() if v})

    async def access_token(self, **form: str) -> str:
        return str((await self.ask_token(**form)).raise_for_status().json()["access_token"])

    def headers(self, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "SellerId": self.seller_id, **more}

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self.http.get(f"{API}{path}", params=params, headers=self.headers())

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.http.post(f"{API}{path}", json=body, headers=self.headers(**headers))

    async def rows(self, **params: str) -> list[dict[str, Any]]:
        """The orders of one page."""
        found: list[dict[str, Any]] = (await self.get("/orders", **params)).raise_for_status().json()["items"]
        return found

    async def ids(self, **params: str) -> list[str]:
        """The ids of one page, in its order; of a hundred rows unless asked otherwise."""
        return [row["orderId"] for row in await self.rows(**{"pageSize": "100"} | params)]

    async def order(self, order_id: str) -> dict[str, Any]:
        """getOrder, which must succeed."""
        found: dict[str, Any] = (await self.get(f"/orders/{order_id}")).raise_for_status().json()
        return found

    async def planted(self, **fields: Any) -> dict[str, Any]:
        """One new order as the control API tells it."""
        [order_id] = await self.control.orders(self.seller_id, **fields)
        return await self.state(order_id)

    async def state(self, order_id: str) -> dict[str, Any]:
        """The truth about an order."""
        found: dict[str, Any] = (await self.control.order_states())[order_id]
        return found

    async def ship(self, order_id: str, *parcels: dict[str, Any]) -> httpx.Response:
        """createShipments of a correct parcel for all lines, or of others."""
        return await self.post(f"/orders/{order_id}/shipments", list(parcels) or [parcel()])

    async def approve(self, order_id: str, answer: str = "Accepted") -> httpx.Response:
        return await self.post(f"/orders/{order_id}/approval-status", {"approval_status": answer})

    async def new_package(self, kind: str = "Update", channel: str = "CDISFR") -> httpx.Response:
        """createOfferPackage."""
        return await self.post("/offer-packages", {"packageType": kind}, SalesChannelId=channel)

    def package_id(self, created: httpx.Response) -> str:
        """The id of a package just made."""
        return created.raise_for_status().headers["Content-Location"].rpartition("/")[2]

    async def fill(self, package_id: str, quantities: dict[str, int]) -> httpx.Response:
        """uploadOfferRequests that say only how many."""
        requests = [{"sellerExternalReference": sku, "quantity": quantity} for sku, quantity in quantities.items()]
        return await self.post(f"/offer-packages/{package_id}/offer-requests", requests)

    async def submit(self, package_id: str, state: str = "Ready") -> httpx.Response:
        """submitOfferPackage."""
        url = f"{API}/offer-packages/{package_id}"
        return await self.http.patch(url, json={"state": state}, headers=self.headers())

    async def pushed(self, quantities: dict[str, int], kind: str = "Update", channel: str = "CDISFR") -> str:
        """The id of a package that was made, filled, submitted, and had the time to be integrated."""
        package_id = self.package_id(await self.new_package(kind, channel))
        await self.fill(package_id, quantities)
        self.now += 2
        assert (await self.submit(package_id)).status_code == 204
        self.now += 4
        return package_id

    async def package(self, package_id: str) -> dict[str, Any]:
        """getOfferPackage, which must succeed."""
        found: dict[str, Any] = (await self.get(f"/offer-packages/{package_id}")).raise_for_status().json()
        return found

    async def results(self, package_id: str) -> list[dict[str, Any]]:
        """getOfferResults, the first page."""
        answer = await self.get(f"/offer-packages/{package_id}/offer-requests-results")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found

    async def follow(self, url: str) -> httpx.Response:
        """A GET at an address a `Link` header gave."""
        return await self.http.get(url, headers=self.headers())

    async def deviations(self) -> list[str]:
        """What a strict far side would have refused so far."""
        return [note["deviation"] for note in (await self.control.calls())["deviations"]]


def parcel(**fields: Any) -> dict[str, Any]:
    """A correct parcel, with fields replaced."""
    url = "https://www.laposte.fr/outils/suivre-vos-envois?code=6A1"
    return {"parcelNumber": "6A12345678901", "carrierName": "Colissimo", "trackingUrl": url} | fields


def errors(answer: httpx.Response, status: int = 400) -> str:
    """All the words of a problem document."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["traceId"]
    return " ".join(
        [body["title"], body.get("detail", ""), *(f"{k}: {' '.join(v)}" for k, v in body.get("errors", {}).items())]
    )
