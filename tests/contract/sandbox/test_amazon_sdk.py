"""
Amazon's own SDK, unchanged but for its endpoints, against a sandbox process.

It sends `+00:00` and no `x-amz-date`, as the real Amazon lets it. Each test was seen red once with the sandbox broken
on purpose, in the way its docstring names.
"""

import asyncio
import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.sandbox.amazon_sdk import Sdk, refusal, sdk_of, token_url
from tests.contract.sandbox.strangers import (
    DEAD_SCOPE,
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


async def test_it_lists_pages_and_reads_one_whole(strangers_sandbox: Sandbox) -> None:
    """
    Five orders over three pages, one of them with every data set and duty there is: the person, what is to be done,
    what it costs. Seen red with a first page that was the last, and with RECIPIENT left out.
    """
    sdk = await sdk_of(strangers_sandbox, "A1SDKLIST")
    planted = await strangers_sandbox.orders("A1SDKLIST", 5, duties=EVERY_DUTY)
    pages = await asyncio.to_thread(sdk.list_orders, max_results_per_page=2, fulfillment_statuses=["UNSHIPPED"])
    assert [len(orders) for orders in pages] == [2, 2, 1]
    assert {order.order_id for orders in pages for order in orders} == set(planted)
    order = await asyncio.to_thread(sdk.order, planted[0])
    assert order.recipient.delivery_address.name == order.buyer.buyer_name
    assert order.recipient.delivery_address.postal_code
    assert order.fulfillment.fulfillment_status == "UNSHIPPED"
    assert order.fulfillment.ship_by_window.latest_date_time > order.created_time
    assert float(order.proceeds.grand_total.amount) > 0
    [item, *_] = order.order_items
    assert item.fulfillment.packing.gift_option.gift_message
    assert item.fulfillment.shipping.shipping_constraints.signature_confirmation == "MANDATORY"


async def test_it_confirms_two_packages_and_corrects_one(strangers_sandbox: Sandbox) -> None:
    """
    Partly shipped, shipped, one number corrected: both packages read back, three effects, and a third package is too
    many. Seen red with an edit that made a package more.
    """
    sdk = await sdk_of(strangers_sandbox, "A1SDKSHIP")
    [order_id] = await strangers_sandbox.orders("A1SDKSHIP", lines=[{"sku": "A", "quantity": 3}])
    order = await asyncio.to_thread(sdk.order, order_id)
    await asyncio.to_thread(sdk.confirm, order, "1", "FIRST", 1)
    assert (await asyncio.to_thread(sdk.order, order_id)).fulfillment.fulfillment_status == "PARTIALLY_SHIPPED"
    await asyncio.to_thread(sdk.confirm, order, "2", "SECOND", 2)
    await asyncio.to_thread(sdk.confirm, order, "2", "CORRECTED", 2)
    read = await asyncio.to_thread(sdk.order, order_id)
    assert read.fulfillment.fulfillment_status == "SHIPPED"
    assert [(one.package_reference_id, one.tracking_number) for one in read.packages] == [
        ("1", "FIRST"),
        ("2", "CORRECTED"),
    ]
    assert (await strangers_sandbox.order_states("A1SDKSHIP"))[order_id]["confirmations"] == 3
    assert await refusal(sdk.confirm, order, "3", "THIRD", 1) == (400, "InvalidInput", "")


async def test_it_tells_a_quantity_and_reads_it(strangers_sandbox: Sandbox) -> None:
    """
    Of a SKU with a slash: patched, read back alone and among all; a wrong attribute is a 200 that is INVALID. Seen red
    with routing on the decoded path.
    """
    sdk = await sdk_of(strangers_sandbox, "A1SDKSTOCK")
    await strangers_sandbox.listings("A1SDKSTOCK", ["SKU/1"])
    assert (await asyncio.to_thread(sdk.tell_quantity, "SKU/1", 4)).status == "ACCEPTED"
    one = await asyncio.to_thread(sdk.listing, "SKU/1")
    assert [available.quantity for available in one.fulfillment_availability] == [4]
    assert [item.sku for item in await asyncio.to_thread(sdk.listings)] == ["SKU/1"]
    wrong = await asyncio.to_thread(sdk.tell_quantity, "SKU/1", 5, "/attributes/fulfillmentAvailability")
    assert (wrong.status, [issue.code for issue in wrong.issues]) == ("INVALID", ["90000900"])


async def test_it_reads_participations(strangers_sandbox: Sandbox) -> None:
    """The seller's store, one it never opened, and the Non-Amazon row. Seen red without that row."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKSTORES", channels=["FR"])
    rows = await asyncio.to_thread(sdk.participations)
    assert [(row.marketplace.id == FRANCE, row.participation.is_participating) for row in rows] == [
        (True, True),
        (False, False),
        (False, True),
    ]


async def test_a_grantless_token_opens_no_order(strangers_sandbox: Sandbox) -> None:
    """
    Given for a scope, and refused with empty details where a seller is needed. Seen red with the text for a revoked
    token.
    """
    account = await open_account(strangers_sandbox, "A1SDKSCOPE")
    sdk = await asyncio.to_thread(Sdk, account, refresh_token=None, scope=NOTIFICATIONS)
    assert await refusal(sdk.search) == (403, "Unauthorized", "")


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({"refresh_token": "Atzr|nobody"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": None, "grant_type": "client_credentials", "scope": DEAD_SCOPE}, 400, "invalid_scope"),
    ],
)
async def test_no_token(strangers_sandbox: Sandbox, asked: dict[str, Any], status: int, error: str) -> None:
    """
    A grant that is none, a wrong secret, a dead scope, each with its status and word. The SDK tells none of them apart
    itself: it calls each `server_error`, repeats it for 14 seconds unless told not to, and keeps the answer as the
    cause only. Seen red with `invalid_grant` for all three.
    """
    lwa, exceptions = (importlib.import_module(f"spapi.auth.{name}") for name in ("lwa_request", "lwa_exception"))
    account = await open_account(strangers_sandbox, "A1SDKTOKEN")
    known = {"client_id": account.client_id, "client_secret": account.secret, "refresh_token": account.refresh_token}
    cache = lwa.AccessTokenCache(**known | asked, oauth_endpoint=token_url(account), max_retries=0)
    with pytest.raises(exceptions.LwaException) as caught:
        await asyncio.to_thread(cache.get_lwa_access_token)
    answer: Any = caught.value.__cause__
    assert (answer.response.status_code, answer.response.json()["error"]) == (status, error)
    assert caught.value.get_error_code() == "server_error"


@pytest.mark.parametrize(("presented", "details"), [("", MISSING), ("Atza|nobody", REJECTED)])
async def test_a_token_that_is_none(strangers_sandbox: Sandbox, presented: str, details: str) -> None:
    """Missing and malformed are different texts. Seen red with the two texts exchanged."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKNONE")
    sdk.present(presented)
    assert await refusal(sdk.participations) == (403, "Unauthorized", details)


async def test_a_token_is_too_old() -> None:
    """An hour later its text is another. Seen red with tokens of two hours."""
    async with start_sandbox() as sandbox:
        sdk = await sdk_of(sandbox, "A1SDKOLD")
        await sandbox.advance(3_601)
        assert await refusal(sdk.participations) == (403, "Unauthorized", EXPIRED)


async def test_the_seller_or_the_secret_is_gone(strangers_sandbox: Sandbox) -> None:
    """A consent withdrawn, a secret run out: two texts. Seen red with revocations that left access tokens alone."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKGONE")
    await strangers_sandbox.fault("amazon.searchOrders", "expired_secret", 1, seller_id="A1SDKGONE")
    assert await refusal(sdk.search) == (403, "Unauthorized", SECRET_EXPIRED)
    await strangers_sandbox.revoke("A1SDKGONE")
    assert await refusal(sdk.search) == (403, "Unauthorized", REJECTED)


async def test_a_role_or_a_store_is_missing(strangers_sandbox: Sandbox) -> None:
    """No role has empty details, a store of another region its text. Seen red with roles that nobody looked at."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKROLE", roles=["inventory-and-order-tracking"])
    assert await refusal(sdk.participations) == (403, "Unauthorized", "")
    assert await refusal(sdk.search, marketplace_ids=[UNITED_STATES]) == (403, "Unauthorized", NOT_IN_REGION)


async def test_asked_too_often(strangers_sandbox: Sandbox) -> None:
    """One call more than the burst is a 429. Seen red with a burst of 16."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKOFTEN")
    for _ in range(PARTICIPATIONS_BURST):
        await asyncio.to_thread(sdk.participations)
    assert await refusal(sdk.participations) == (429, "QuotaExceeded", "")


async def test_the_rule_of_two_minutes(strangers_sandbox: Sandbox) -> None:
    """A window may end three minutes ago, not one: 400 with empty details. Seen red with a bound of no seconds."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKSOON")
    now = datetime.now(UTC)
    assert (await asyncio.to_thread(sdk.search, last_updated_before=now - timedelta(minutes=3))).orders == []
    soon = now - timedelta(minutes=1)
    assert await refusal(sdk.search, last_updated_before=soon) == (400, "InvalidInput", "")


async def test_what_is_odd_about_it_is_listed(strangers_sandbox: Sandbox) -> None:
    """Answered, and held against it: what a client of ours must never do. Seen red with offsets taken for `Z`."""
    sdk = await sdk_of(strangers_sandbox, "A1SDKODD")
    await asyncio.to_thread(sdk.search)
    found = (await strangers_sandbox.calls("amazon.searchOrders", "A1SDKODD"))["deviations"]
    assert [note["deviation"] for note in found] == ["x-amz-date missing", "lastUpdatedAfter is not UTC with Z"]
