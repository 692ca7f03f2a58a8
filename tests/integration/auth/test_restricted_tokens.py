"""Restricted data tokens: for exactly the calls that are named, by a scope of their own, gone with the consent."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.auth.usecases.give_restricted_token import give_restricted_token
from services.auth.vault.restricted import RestrictedTokens
from shared.kernel.ids import ConnectionId
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.restricted import RestrictedResource
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.test_vendors import connect, vendor

ORDERS = "/vendor/directFulfillment/orders/2021-12-28/purchaseOrders"
LABELS = "/vendor/directFulfillment/shipping/2021-12-28/shippingLabels/{purchaseOrderNumber}"
SCOPE = "auth.restricted_tokens:use"
READ = ("GET", ORDERS)


class Vendor:
    """A connected vendor, and a service that asks for such tokens of it."""

    def __init__(
        self, auth: Running, visitor: Visitor, connection_id: ConnectionId, service: httpx.AsyncClient
    ) -> None:
        self.auth = auth
        self.visitor = visitor
        self.id = connection_id
        self.service = service

    async def ask(self, *calls: tuple[str, str], rejected: int | None = None) -> httpx.Response:
        resources = [{"method": method, "path": path} for method, path in calls or (READ,)]
        path = f"/internal/v1/connections/{self.id}/restricted-token"
        return await self.service.post(path, json={"resources": resources, "rejected": rejected})

    async def made(self) -> int:
        return int((await self.auth.sandbox.calls("amazon.createRestrictedDataToken"))["count"])

    async def orders(self, token: str, path: str = ORDERS) -> int:
        """The status that the far side answers the call with."""
        query = {"createdAfter": "2026-11-01T00:00:00Z", "createdBefore": "2026-11-02T00:00:00Z"}
        headers = {
            "x-amz-access-token": token,
            "x-amz-date": "20261129T000000Z",
            "user-agent": "tests/1 (Language=Python)",
        }
        async with httpx.AsyncClient(trust_env=False, headers=headers) as far:
            return (await far.get(f"{self.auth.settings.api_urls['amazon']['eu']}{path}", params=query)).status_code


@pytest.fixture
async def direct(auth: Running) -> Vendor:
    visitor = await auth.visitor().sign_up()
    await connect(visitor, await vendor(auth))
    (connection,) = await visitor.connections()
    return Vendor(auth, visitor, connection["id"], await auth.service("labels", SCOPE))


async def test_a_token_is_for_exactly_its_calls_and_made_once(direct: Vendor) -> None:
    """
    Twenty callers, one token: in whatever order the calls are named. It opens its call, where an access token does not.
    Other calls, another token; near its end another one. Seen red with nothing kept.
    """
    answers = await asyncio.gather(*(direct.ask(READ, ("POST", LABELS)) for _ in range(10)))
    answers += await asyncio.gather(*(direct.ask(("POST", LABELS), READ) for _ in range(10)))
    given = {answer.json()["access_token"] for answer in answers}
    assert (len(given), await direct.made()) == (1, 1)
    (token,) = given
    path = f"/internal/v1/connections/{direct.id}/access-token"
    plain = (await (await direct.auth.service()).post(path, json={})).json()["access_token"]
    assert [await direct.orders(each) for each in (token, plain)] == [200, 403]
    labels = (await direct.ask(("POST", LABELS))).json()["access_token"]
    assert (await direct.orders(labels), await direct.made()) == (403, 2)
    direct.auth.clock.ahead = timedelta(minutes=59, seconds=30)
    calls = [RestrictedResource(*READ), RestrictedResource("POST", LABELS)]
    held = direct.auth.held
    newer = await give_restricted_token(direct.id, calls, rejected=None, reads=held.reads, vault=held.restricted)
    assert newer.value != token


class Recording:
    """A far side that takes every call, and whom it was asked about."""

    most = 50

    def __init__(self) -> None:
        self.asked: list[FarAccount] = []

    def is_restricted(self, _resource: RestrictedResource) -> bool:
        return True

    async def restricted_token(self, account: FarAccount, *_: Any) -> OAuthAnswer:
        self.asked.append(account)
        return OAuthAnswer(f"token-{len(self.asked)}", 3600)


async def test_it_is_made_where_the_connection_is_worked(direct: Vendor) -> None:
    """At its endpoint; one of the other endpoint is not given out. Seen red with production alone, and unkeyed."""
    held, far, given = direct.auth.held, Recording(), []
    vault = RestrictedTokens(held.claims, held.tokens, {"amazon_vendor": far}, held.clock)
    for endpoint in (Endpoint.PRODUCTION, Endpoint.SANDBOX):
        await direct.auth.rows("update connection set endpoint = :its", its=endpoint.value)
        calls = [RestrictedResource(*READ)]
        token = await give_restricted_token(direct.id, calls, rejected=None, reads=held.reads, vault=vault)
        given.append(token.value)
    assert ([one.endpoint for one in far.asked], given) == (["production", "sandbox"], ["token-1", "token-2"])


async def test_a_refused_one_is_replaced_and_none_outlives_its_consent(direct: Vendor) -> None:
    """By a newer version, once for all; a new consent has another; ended or revoked: consent-lost. Seen red unkeyed."""
    first: dict[str, Any] = (await direct.ask()).json()
    again = await asyncio.gather(*(direct.ask(rejected=first["token_version"]) for _ in range(5)))
    versions = {answer.json()["token_version"] for answer in again}
    assert (len(versions), await direct.made()) == (1, 2)
    group = (await direct.visitor.connections())[0]["seller_id"]
    await connect(direct.visitor, group)
    renewed = (await direct.ask()).json()
    assert (renewed["consent_version"], await direct.made()) == (first["consent_version"] + 1, 3)
    await direct.visitor.submit(f"/connections/{direct.id}/disconnect")
    assert (await direct.ask()).json()["type"] == "urn:passerelle:problem:consent-lost"


@pytest.mark.parametrize(
    "calls",
    [
        [("GET", "/orders/2026-01-01/orders")],
        [("GET", ORDERS + "/")],
        [("POST", ORDERS)],
        [READ, ("GET", "/vendor/orders/v1/purchaseOrders")],
        [READ] * 51,
    ],
)
async def test_what_wants_none_gets_none(direct: Vendor, calls: list[tuple[str, str]]) -> None:
    """The far side is not asked."""
    assert ((await direct.ask(*calls)).status_code, await direct.made()) == (422, 0)


async def test_who_may_not_gets_none(direct: Vendor) -> None:
    """Without the scope; of a seller, whose calls want none; without the role at the far side, while the rest works."""
    stranger = await direct.auth.service("orders")
    path = f"/internal/v1/connections/{direct.id}/restricted-token"
    body = {"resources": [{"method": "GET", "path": ORDERS}]}
    assert (await stranger.post(path, json=body)).status_code == 403
    await direct.auth.sandbox.fault("amazon.createRestrictedDataToken", "role_missing", times=1)
    refused = await direct.ask()
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:passerelle:problem:role-missing")
    assert (await direct.visitor.connections())[0]["state"] == "authorised"
    assert (await direct.ask()).status_code == 200
