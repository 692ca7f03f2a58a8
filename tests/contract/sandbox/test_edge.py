"""What every operation shares: refusals, headers, quotas, and the mistakes Amazon lets through."""

import json

import httpx
import pytest

from tests.contract.sandbox.far import SELLER, Far


def details(answer: httpx.Response) -> str:
    """The details of a 403, whose other words are always the same."""
    assert answer.status_code == 403
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    [error] = answer.json()["errors"]
    assert (error["code"], error["message"]) == ("Unauthorized", "Access to requested resource is denied.")
    return str(error["details"])


async def test_no_token(far: Far) -> None:
    """The details say that the header is missing."""
    far.token = ""
    assert details(await far.search()) == "Access token is missing in the request header."


async def test_an_unknown_token(far: Far) -> None:
    """The details cannot tell a revoked token from an invented one."""
    far.token = "Atza|invented"
    assert details(await far.search()) == "The access token you provided is revoked, malformed or invalid."


async def test_an_unknown_path_is_403(far: Far) -> None:
    """Not 404, and with empty details; a trailing slash is another path."""
    assert details(await far.get("/orders/2026-01-01/nothing")) == ""
    assert details(await far.get("/orders/2026-01-01/orders/")) == ""


async def test_a_token_is_good_in_its_region_only(far: Far) -> None:
    """The same seller's token is refused elsewhere with empty details."""
    await far.control.seller(SELLER, region="na")
    path = "/sellers/v1/marketplaceParticipations"
    assert details(await far.get(path, region="na")) == ""
    assert (await far.get(path)).status_code == 200


async def test_a_missing_role_is_403_with_empty_details(far: Far) -> None:
    """An application without the orders role may still ask for participations."""
    made = await far.control.seller("A2", roles=["selling-partner-insights"])
    far.token = await far.access_token(made["refresh_token"])
    assert details(await far.search()) == ""
    assert (await far.get("/sellers/v1/marketplaceParticipations")).status_code == 200


async def test_headers(far: Far) -> None:
    """A request id and our own Date always; the rate, not the burst, on 200, 400 and 404 only; no Retry-After."""
    await far.control.advance(600)
    good = await far.search()
    bad = await far.get("/orders/2026-01-01/orders")
    none = await far.get("/orders/2026-01-01/orders/902-0000000-0000000")
    far.token = ""
    denied = await far.search()
    assert [a.status_code for a in (good, bad, none, denied)] == [200, 400, 404, 403]
    assert [a.headers.get("x-amzn-RateLimit-Limit") for a in (good, bad, none, denied)] == [
        "0.0056",
        "0.0056",
        "0.5",
        None,
    ]
    assert len({a.headers["x-amzn-RequestId"] for a in (good, bad, none, denied)}) == 4
    assert good.headers["Date"] == "Mon, 21 Sep 2026 14:23:20 GMT"
    assert all("retry-after" not in a.headers for a in (good, bad, none, denied))


async def test_a_spent_quota_is_429_until_the_bucket_fills(far: Far) -> None:
    """The burst of 20, then one call each 179 seconds; the body is exact and the rate header absent."""
    for _ in range(20):
        assert (await far.search()).status_code == 200
    answer = await far.search()
    assert answer.status_code == 429
    assert answer.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    message = "You exceeded your quota for the requested resource."
    assert answer.json() == {"errors": [{"code": "QuotaExceeded", "message": message, "details": ""}]}
    assert "x-amzn-RateLimit-Limit" not in answer.headers
    far.now += 179
    assert [(await far.search()).status_code for _ in range(2)] == [200, 429]


async def test_buckets_are_apart(far: Far) -> None:
    """One seller's spent bucket stops neither another seller nor another operation."""
    order = await far.planted()
    for _ in range(21):
        await far.search()
    assert (await far.get(f"/orders/2026-01-01/orders/{order['order_id']}")).status_code == 200
    far.token = await far.access_token((await far.control.seller("A2"))["refresh_token"])
    assert (await far.search()).status_code == 200


async def test_strangers_are_let_through_but_noted(far: Far) -> None:
    """An unknown parameter, no x-amz-date, an odd Host: answered, and listed as deviations."""
    answer = await far.http.get(
        "/amazon/eu/orders/2026-01-01/orders?lastUpdatedAfter=2026-01-01T00:00:00Z&MarketplaceIds=A13V1IB3VIYZZH",
        headers={"x-amz-access-token": far.token, "host": "27.0.0.1:9900/amazon"},
    )
    assert answer.status_code == 200
    notes = [note["deviation"] for note in (await far.control.calls("amazon.searchOrders"))["deviations"]]
    assert notes == ["odd Host header", "x-amz-date missing", "unknown parameter MarketplaceIds"]


async def test_a_correct_client_has_no_deviations(far: Far) -> None:
    """What the contract tests send is what a strict far side would take."""
    order = await far.planted()
    await far.search(includedData="FULFILLMENT")
    await far.confirm(order)
    calls = await far.control.calls(seller_id=SELLER)
    assert [call["status"] for call in calls["calls"]] == [200, 200, 204]
    assert calls["deviations"] == []


async def test_routing_is_on_the_raw_path(far: Far) -> None:
    """`%2F` stays inside its segment: it makes a malformed order id, not a longer path."""
    answer = await far.http.get("/amazon/eu/orders/2026-01-01/orders/902%2F1", headers=far.headers())
    assert answer.status_code == 400


async def test_no_secret_is_in_the_log_of_calls(far: Far) -> None:
    """The log can be printed: it holds neither tokens nor secrets."""
    await far.search()
    text = json.dumps(await far.control.calls())
    assert "Atz" not in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/control/faults", {"operation": "amazon.getOrder", "kind": "dropped_204"}),
        ("POST", "/control/faults", {"operation": "amazon.nothing", "kind": "slow"}),
        ("POST", "/control/orders", {"seller_id": "NOBODY", "count": 1}),
        ("POST", "/control/orders", {"seller_id": SELLER, "colour": "red"}),
        ("POST", "/control/sellers", {"marketplace": "amazon", "region": "mars"}),
        ("POST", "/control/clock", {"advance_seconds": -1}),
        ("PATCH", "/control/orders/902-1-1", {"cancel": True}),
    ],
)
async def test_a_senseless_control_request_is_refused(
    far: Far, method: str, path: str, body: dict[str, object]
) -> None:
    """A test that asks for the impossible hears so at once."""
    answer = await far.http.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
