"""
Amazon's own SDK, unchanged but for its endpoints, does the main job against a sandbox process.

It sends `+00:00` and no `x-amz-date`, as the real Amazon lets it.
"""

import asyncio
import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sandbox_client import Sandbox, start_sandbox

FRANCE = "A13V1IB3VIYZZH"
CLIENT = {"client_id": "amzn1.application-oa2-client.sdk", "client_secret": "sdk-secret"}


def sdk_session(base_url: str, refresh_token: str) -> tuple[Any, Any]:
    """The SDK's package and a client of it for the European seller."""
    spapi: Any = importlib.import_module("spapi")
    config = spapi.SPAPIConfig(**CLIENT, refresh_token=refresh_token, region="EU")
    client = spapi.SPAPIClient(
        config, oauth_endpoint=f"{base_url}/amazon/lwa/auth/o2/token", endpoint=f"{base_url}/amazon/eu"
    )
    return spapi, client.api_client


def list_orders(spapi: Any, client: Any) -> list[Any]:
    """All orders of the last day over all pages of two."""
    api = spapi.SearchOrdersApi(client)
    question: dict[str, Any] = {
        "last_updated_after": datetime.now(UTC) - timedelta(days=1),
        "max_results_per_page": 2,
        "included_data": ["FULFILLMENT", "RECIPIENT"],
        "fulfillment_statuses": ["UNSHIPPED", "PARTIALLY_SHIPPED"],
    }
    orders: list[Any] = []
    while True:
        page = api.search_orders(**question)
        orders += page.orders
        if page.pagination is None:
            return orders
        question["pagination_token"] = page.pagination.next_token


def confirm(spapi: Any, client: Any, order: Any) -> None:
    """One package with all units of an order."""
    models = importlib.import_module("spapi.models.orders_v0")
    items = [
        models.ConfirmShipmentOrderItem(order_item_id=item.order_item_id, quantity=item.quantity_ordered)
        for item in order.order_items
    ]
    package = models.PackageDetail(
        package_reference_id="1",
        carrier_code="DHL",
        tracking_number="SDK1",
        ship_date=datetime.now(UTC) - timedelta(minutes=1),
        order_items=items,
    )
    request = models.ConfirmShipmentRequest(package_detail=package, marketplace_id=order.sales_channel.marketplace_id)
    spapi.OrdersV0Api(client).confirm_shipment(order.order_id, request)


def tell_quantity(spapi: Any, client: Any, sku: str, quantity: int) -> str:
    """One quantity for France; what Amazon calls the submission's status."""
    models = importlib.import_module("spapi.models.listings_items_v2021_08_01")
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
    patch = models.PatchOperation(op="merge", path="/attributes/fulfillment_availability", value=value)
    body = models.ListingsItemPatchRequest(product_type="PRODUCT", patches=[patch])
    return str(spapi.ListingsApi(client).patch_listings_item("A1SDK", sku, [FRANCE], body).status)


async def stock_job(sandbox: Sandbox) -> None:
    """Tell a quantity and read it back, with a SKU that has a slash."""
    await sandbox.app("amzn1.sellerapps.app.sdk", CLIENT["client_id"], [CLIENT["client_secret"]])
    made = await sandbox.seller("A1SDK")
    await sandbox.listings("A1SDK", ["SKU/1"])
    spapi, client = sdk_session(sandbox.base_url, made["refresh_token"])
    assert await asyncio.to_thread(tell_quantity, spapi, client, "SKU/1", 4) == "ACCEPTED"
    await sandbox.advance(10)
    api = spapi.ListingsApi(client)
    sets = {"included_data": ["summaries", "fulfillmentAvailability"]}
    one = await asyncio.to_thread(api.get_listings_item, "A1SDK", "SKU/1", [FRANCE], **sets)
    assert [available.quantity for available in one.fulfillment_availability] == [4]
    found = await asyncio.to_thread(api.search_listings_items, "A1SDK", [FRANCE], **sets)
    assert [item.sku for item in found.items] == ["SKU/1"]


async def main_job(sandbox: Sandbox) -> None:
    """List, read one, confirm it, read it again."""
    await sandbox.app("amzn1.sellerapps.app.sdk", CLIENT["client_id"], [CLIENT["client_secret"]])
    made = await sandbox.seller("A1SDK")
    planted = await sandbox.orders("A1SDK", 5)
    spapi, client = sdk_session(sandbox.base_url, made["refresh_token"])
    orders = await asyncio.to_thread(list_orders, spapi, client)
    assert sorted(order.order_id for order in orders) == sorted(planted)
    await asyncio.to_thread(confirm, spapi, client, orders[0])
    await sandbox.advance(10)
    api = spapi.GetOrderApi(client)
    read = await asyncio.to_thread(api.get_order, orders[0].order_id, included_data=["FULFILLMENT", "PACKAGES"])
    assert read.order.fulfillment.fulfillment_status == "SHIPPED"
    assert [package.tracking_number for package in read.order.packages] == ["SDK1"]
    assert (await sandbox.order_states())[orders[0].order_id]["confirmations"] == 1


async def test_amazons_sdk_does_the_main_job() -> None:
    """Orders over three pages, one of them read, its shipment confirmed and read back."""
    async with start_sandbox() as sandbox:
        await main_job(sandbox)


async def test_amazons_sdk_tells_a_quantity() -> None:
    """Patched and read back, alone and among all listings."""
    async with start_sandbox() as sandbox:
        await stock_job(sandbox)
