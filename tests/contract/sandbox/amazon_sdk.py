"""Amazon's own SDK (`amzn-sp-api`), unchanged but for its endpoints, as the client of one seller of the sandbox's."""

import asyncio
import importlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.sandbox.strangers import EVERY_DATA_SET, FRANCE, Account, open_account
from tests.sandbox_client import Sandbox


class Sdk:
    """The SDK as the client of one seller; its calls block, and are made in threads."""

    def __init__(self, account: Account, **config: Any) -> None:
        self.spapi: Any = importlib.import_module("spapi")
        self.account = account
        grant = {"refresh_token": account.refresh_token} | config
        self.client = self.spapi.SPAPIClient(
            self.spapi.SPAPIConfig(client_id=account.client_id, client_secret=account.secret, region="EU", **grant),
            oauth_endpoint=token_url(account),
            endpoint=f"{account.base_url}/amazon/eu",
        ).api_client

    def present(self, access_token: str) -> None:
        """From now on this is sent as the access token."""
        self.client.configuration.access_token_cache.token_info |= {"access_token": access_token}

    def search(self, **question: Any) -> Any:
        asked = {"last_updated_after": datetime.now(UTC) - timedelta(days=1)} | question
        return self.spapi.SearchOrdersApi(self.client).search_orders(**asked)

    def list_orders(self, **question: Any) -> list[list[Any]]:
        """All pages: a token goes with the question it came from."""
        question |= {"last_updated_after": datetime.now(UTC) - timedelta(days=1)}
        pages = [self.search(**question)]
        while (pagination := pages[-1].pagination) is not None:
            pages.append(self.search(**question, pagination_token=pagination.next_token))
        return [page.orders for page in pages]

    def order(self, order_id: str) -> Any:
        return self.spapi.GetOrderApi(self.client).get_order(order_id, included_data=EVERY_DATA_SET).order

    def participations(self) -> Any:
        return self.spapi.SellersApi(self.client).get_marketplace_participations().payload

    def confirm(self, order: Any, reference: str, tracking_number: str, quantity: int) -> None:
        """So many units of the first line are in this package."""
        models = importlib.import_module("spapi.models.orders_v0")
        item = models.ConfirmShipmentOrderItem(order_item_id=order.order_items[0].order_item_id, quantity=quantity)
        package = models.PackageDetail(
            package_reference_id=reference,
            carrier_code="DHL",
            tracking_number=tracking_number,
            ship_date=datetime.now(UTC) - timedelta(minutes=1),
            order_items=[item],
        )
        told = models.ConfirmShipmentRequest(package_detail=package, marketplace_id=order.sales_channel.marketplace_id)
        self.spapi.OrdersV0Api(self.client).confirm_shipment(order.order_id, told)

    def tell_quantity(self, sku: str, quantity: int, path: str = "/attributes/fulfillment_availability") -> Any:
        """One quantity for France; Amazon's answer to the submission."""
        models = importlib.import_module("spapi.models.listings_items_v2021_08_01")
        value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
        patch = models.PatchOperation(op="merge", path=path, value=value)
        told = models.ListingsItemPatchRequest(product_type="PRODUCT", patches=[patch])
        return self.spapi.ListingsApi(self.client).patch_listings_item(self.account.seller_id, sku, [FRANCE], told)

    def listing(self, sku: str) -> Any:
        sets = ["summaries", "fulfillmentAvailability"]
        read = self.spapi.ListingsApi(self.client).get_listings_item
        return read(self.account.seller_id, sku, [FRANCE], included_data=sets)

    def listings(self) -> Any:
        search = self.spapi.ListingsApi(self.client).search_listings_items
        return search(self.account.seller_id, [FRANCE], included_data=["summaries"]).items


def token_url(account: Account) -> str:
    return f"{account.base_url}/amazon/lwa/auth/o2/token"


async def sdk_of(sandbox: Sandbox, seller_id: str, **fields: Any) -> Sdk:
    return await asyncio.to_thread(Sdk, await open_account(sandbox, seller_id, **fields))


async def refusal(call: Callable[..., Any], *args: Any, **fields: Any) -> tuple[int, str, str]:
    """Status, code and details of the SDK's one exception."""
    rest = importlib.import_module("spapi.rest")
    with pytest.raises(rest.ApiException) as caught:
        await asyncio.to_thread(call, *args, **fields)
    [error] = json.loads(caught.value.body)["errors"]
    return caught.value.status, error["code"], error["details"]
