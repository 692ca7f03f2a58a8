"""
`python-amazon-sp-api`, the client most Python sellers use, unchanged but for hosts, in both its kinds, against a
sandbox process.

It sends a Host that is none where an address is not https, and a store under every name it ever had, as the real Amazon
lets it. Each test was seen red once with the sandbox broken on purpose, in the way its docstring names.
"""

import importlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.sandbox.python_amazon_sp_api import Awaiting, Blocking, Stranger
from tests.contract.sandbox.strangers import (
    DEAD_SCOPE,
    EVERY_DATA_SET,
    EVERY_DUTY,
    EXPIRED,
    FRANCE,
    MISSING,
    NOT_IN_REGION,
    NOTIFICATIONS,
    PARTICIPATIONS_BURST,
    REJECTED,
    SECRET_EXPIRED,
    UNITED_STATES,
    open_account,
)
from tests.sandbox_client import Sandbox, start_sandbox


@pytest.fixture(params=[Blocking(), Awaiting()], ids=["blocking", "awaiting"])
async def stranger(request: pytest.FixtureRequest) -> AsyncIterator[Stranger]:
    made = Stranger(request.param)
    yield made
    await made.close()


@pytest.fixture
def seller_id(request: pytest.FixtureRequest) -> str:
    """One for each test: the library keeps tokens by grant for as long as the process lives."""
    return f"A1{request.node.name.upper()}"


def since_yesterday() -> str:
    return f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


def package(order: Any, reference: str, tracking_number: str, quantity: int) -> dict[str, Any]:
    """So many units of an order's first line are in this package."""
    item = {"orderItemId": order["orderItems"][0]["orderItemId"], "quantity": quantity}
    detail = {
        "packageReferenceId": reference,
        "carrierCode": "DHL",
        "trackingNumber": tracking_number,
        "shipDate": f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
        "orderItems": [item],
    }
    return {"marketplaceId": order["salesChannel"]["marketplaceId"], "packageDetail": detail}


def telling(quantity: int, attribute: str = "fulfillment_availability") -> dict[str, Any]:
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
    patch = {"op": "merge", "path": f"/attributes/{attribute}", "value": value}
    return {"productType": "PRODUCT", "patches": [patch]}


async def test_it_lists_pages_and_reads_one_whole(
    strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str
) -> None:
    """
    Five orders over three pages, one of them with every data set and duty there is. Seen red with a first page
    that was the last, and with RECIPIENT left out.
    """
    orders = stranger.client("OrdersV20260101", await open_account(strangers_sandbox, seller_id))
    planted = await strangers_sandbox.orders(seller_id, 5, duties=EVERY_DUTY)
    pages = await stranger.all_pages(
        orders.search_orders,
        lastUpdatedAfter=since_yesterday(),
        maxResultsPerPage=2,
        fulfillmentStatuses=["UNSHIPPED"],
        includedData=["FULFILLMENT", "RECIPIENT"],
    )
    assert [len(page.payload["orders"]) for page in pages] == [2, 2, 1]
    assert {order["orderId"] for page in pages for order in page.payload["orders"]} == set(planted)
    order = (await stranger.call(orders.get_order, planted[0], includedData=EVERY_DATA_SET)).payload["order"]
    assert order["recipient"]["deliveryAddress"]["name"] == order["buyer"]["buyerName"]
    assert order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert float(order["proceeds"]["grandTotal"]["amount"]) > 0
    assert order["orderItems"][0]["fulfillment"]["packing"]["giftOption"]["giftMessage"]


async def test_it_confirms_two_packages_and_corrects_one(
    strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str
) -> None:
    """
    Partly shipped, shipped, one number corrected: both packages read back, three effects, and a third package is too
    many. Seen red with an edit that made a package more.
    """
    account = await open_account(strangers_sandbox, seller_id)
    orders, shipments = stranger.client("OrdersV20260101", account), stranger.client("OrdersV0", account)
    [order_id] = await strangers_sandbox.orders(seller_id, lines=[{"sku": "A", "quantity": 3}])

    async def read() -> Any:
        included = {"includedData": ["FULFILLMENT", "PACKAGES"]}
        return (await stranger.call(orders.get_order, order_id, **included)).payload["order"]

    order = await read()
    for reference, number, quantity, status in (
        ("1", "FIRST", 1, "PARTIALLY_SHIPPED"),
        ("2", "SECOND", 2, "SHIPPED"),
        ("2", "CORRECTED", 2, "SHIPPED"),
    ):
        await stranger.call(shipments.confirm_shipment, order_id, **package(order, reference, number, quantity))
        assert (await read())["fulfillment"]["fulfillmentStatus"] == status
    assert [(one["packageReferenceId"], one["trackingNumber"]) for one in (await read())["packages"]] == [
        ("1", "FIRST"),
        ("2", "CORRECTED"),
    ]
    assert (await strangers_sandbox.order_states(seller_id))[order_id]["confirmations"] == 3
    too_many = package(order, "3", "THIRD", 1)
    assert await stranger.refusal(shipments.confirm_shipment, order_id, **too_many) == (400, "InvalidInput", "")


async def test_it_tells_a_quantity_and_reads_it(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """
    Of a SKU with a slash: patched, read back alone and among all; a wrong attribute is a 200 that is INVALID. Seen red
    with routing on the decoded path.
    """
    listings = stranger.client("ListingsItemsV20210801", await open_account(strangers_sandbox, seller_id))
    await strangers_sandbox.listings(seller_id, ["SKU/1"])
    one, tell = (seller_id, "SKU/1"), listings.patch_listings_item
    told = await stranger.call(tell, *one, marketplaceIds=[FRANCE], body=telling(4))
    assert told.payload["status"] == "ACCEPTED"
    sets = {"marketplaceIds": [FRANCE], "includedData": ["summaries", "fulfillmentAvailability"]}
    read = await stranger.call(listings.get_listings_item, *one, **sets)
    assert [available["quantity"] for available in read.payload["fulfillmentAvailability"]] == [4]
    found = await stranger.call(listings.search_listings_items, seller_id, **sets)
    assert [item["sku"] for item in found.payload["items"]] == ["SKU/1"]
    wrong = await stranger.call(tell, *one, marketplaceIds=[FRANCE], body=telling(5, "fulfillmentAvailability"))
    assert (wrong.payload["status"], [issue["code"] for issue in wrong.payload["issues"]]) == ("INVALID", ["90000900"])


async def test_it_reads_participations(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """The seller's store, one it never opened, and the Non-Amazon row. Seen red without that row."""
    account = await open_account(strangers_sandbox, seller_id, channels=["FR"])
    read = await stranger.call(stranger.client("Sellers", account).get_marketplace_participation)
    assert [(row["marketplace"]["id"] == FRANCE, row["participation"]["isParticipating"]) for row in read.payload] == [
        (True, True),
        (False, False),
        (False, True),
    ]


async def test_a_grantless_token_is_given(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """
    For a scope; with it a call of an operation that is not played here is 403, as of any unknown path. Seen red with
    the text for a revoked token.
    """
    account = await open_account(strangers_sandbox, seller_id)
    given = await stranger.call(stranger.tokens(account).get_grantless_auth, NOTIFICATIONS)
    assert (given.token_type, given.refresh_token) == ("bearer", None)
    notifications = stranger.client("Notifications", account)
    assert await stranger.refusal(notifications.get_destinations) == (403, "Unauthorized", "")


async def test_no_token(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """A grant that is none, a wrong secret, a dead scope: three answers. Seen red with `invalid_grant` for all."""
    account = await open_account(strangers_sandbox, seller_id)
    nobody = stranger.tokens(replace(account, refresh_token=f"Atzr|{seller_id}"))
    wrong = stranger.tokens(replace(account, secret="wrong"))
    error: Any = importlib.import_module("sp_api.auth.exceptions").AuthorizationError
    said = []
    for ask, arguments in (
        (nobody.get_auth, ()),
        (wrong.get_auth, ()),
        (stranger.tokens(account).get_grantless_auth, (DEAD_SCOPE,)),
    ):
        with pytest.raises(error) as caught:
            await stranger.call(ask, *arguments)
        said.append((caught.value.status_code, caught.value.error_code))
    assert said == [(400, "invalid_grant"), (401, "invalid_client"), (400, "invalid_scope")]


async def test_a_token_that_is_none(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """
    Malformed and missing are different texts; the blocking kind cannot leave its token out. Seen red with the two
    texts exchanged.
    """
    account = await open_account(strangers_sandbox, seller_id)

    async def refused(token: str) -> tuple[int, str, str]:
        sellers = stranger.client("Sellers", account, restricted_data_token=token)
        return await stranger.refusal(sellers.get_marketplace_participation)

    assert await refused("Atza|nobody") == (403, "Unauthorized", REJECTED)
    if isinstance(stranger.kind, Awaiting):
        assert await refused("") == (403, "Unauthorized", MISSING)


async def test_a_token_is_too_old(stranger: Stranger, seller_id: str) -> None:
    """An hour later its text is another. Seen red with tokens of two hours."""
    async with start_sandbox(seed=2) as sandbox:
        sellers = stranger.client("Sellers", await open_account(sandbox, seller_id))
        await stranger.call(sellers.get_marketplace_participation)
        await sandbox.advance(3_601)
        assert await stranger.refusal(sellers.get_marketplace_participation) == (403, "Unauthorized", EXPIRED)


async def test_the_seller_or_the_secret_is_gone(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """A consent withdrawn, a secret run out: two texts. Seen red with revocations that left access tokens alone."""
    search = stranger.client("OrdersV20260101", await open_account(strangers_sandbox, seller_id)).search_orders
    await strangers_sandbox.fault("amazon.searchOrders", "expired_secret", 1, seller_id=seller_id)
    question = {"lastUpdatedAfter": since_yesterday()}
    assert await stranger.refusal(search, **question) == (403, "Unauthorized", SECRET_EXPIRED)
    await strangers_sandbox.revoke(seller_id)
    assert await stranger.refusal(search, **question) == (403, "Unauthorized", REJECTED)


async def test_a_role_or_a_store_is_missing(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """No role has empty details, a store of another region its text. Seen red with roles that nobody looked at."""
    account = await open_account(strangers_sandbox, seller_id, roles=["inventory-and-order-tracking"])
    sellers, orders = stranger.client("Sellers", account), stranger.client("OrdersV20260101", account)
    assert await stranger.refusal(sellers.get_marketplace_participation) == (403, "Unauthorized", "")
    question = {"lastUpdatedAfter": since_yesterday(), "marketplaceIds": [UNITED_STATES]}
    assert await stranger.refusal(orders.search_orders, **question) == (403, "Unauthorized", NOT_IN_REGION)


async def test_asked_too_often(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """One call more than the burst is a 429. Seen red with a burst of 16."""
    sellers = stranger.client("Sellers", await open_account(strangers_sandbox, seller_id))
    for _ in range(PARTICIPATIONS_BURST):
        await stranger.call(sellers.get_marketplace_participation)
    assert await stranger.refusal(sellers.get_marketplace_participation) == (429, "QuotaExceeded", "")


async def test_the_rule_of_two_minutes(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """A window may end three minutes ago, not one: 400 with empty details. Seen red with a bound of no seconds."""
    search = stranger.client("OrdersV20260101", await open_account(strangers_sandbox, seller_id)).search_orders

    def ended(minutes: int) -> dict[str, str]:
        end = datetime.now(UTC) - timedelta(minutes=minutes)
        return {"lastUpdatedAfter": since_yesterday(), "lastUpdatedBefore": f"{end:%Y-%m-%dT%H:%M:%SZ}"}

    assert (await stranger.call(search, **ended(3))).payload["orders"] == []
    assert await stranger.refusal(search, **ended(1)) == (400, "InvalidInput", "")


async def test_what_is_odd_about_it_is_listed(strangers_sandbox: Sandbox, stranger: Stranger, seller_id: str) -> None:
    """Answered, and held against it: what a client of ours must never do. Seen red with a Host nobody looked at."""
    search = stranger.client("OrdersV20260101", await open_account(strangers_sandbox, seller_id)).search_orders
    await stranger.call(search, lastUpdatedAfter=since_yesterday())
    found = (await strangers_sandbox.calls("amazon.searchOrders", seller_id))["deviations"]
    assert [note["deviation"] for note in found] == [
        "odd Host header",
        "unknown parameter MarketplaceId",
        "unknown parameter MarketplaceIds",
        "unknown parameter marketplace_ids",
    ]
