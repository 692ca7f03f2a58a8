"""Our answers are valid by Amazon's own models, so that the sandbox cannot drift from what it stands for."""

from typing import Any

import httpx
import pytest

from tests.contract.sandbox import specs
from tests.contract.sandbox.far import ALL_DATA, FRANCE, SELLER, Far, told
from tests.contract.sandbox.fitting import MODELS
from tests.sandbox.amazon.generator import DUTIES
from tests.sandbox.amazon.operations import OPERATIONS, Operation


def check(answer: httpx.Response, path: str, method: str = "get") -> None:
    """An answer against the model of its path."""
    name = MODELS["/".join(path.split("/")[1:3])]
    specs.check(name, path, method, answer.status_code, answer.json() if answer.content else None)


async def everything(far: Far) -> list[str]:
    """Orders of all the kinds there are."""
    kinds: list[dict[str, Any]] = [{"count": 30, "duties": [duty]} for duty in DUTIES]
    kinds += [
        {"status": status} for status in ("PENDING", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
    ]
    kinds += [{"fulfilled_by": "AMAZON"}, {"programs": ["PRIME"]}, {"buyer_cancel": True}, {"pickup_point": True}]
    kinds += [{"buyer": {"company": "Ets Durand", "purchase_order": "PO-1"}}, {"channel_name": "NON_AMAZON"}]
    return [order_id for kind in kinds for order_id in await far.control.orders(SELLER, **kind)]


async def test_search_orders(far: Far) -> None:
    """Every page, whatever the orders are."""
    planted = await everything(far)
    page: dict[str, str] = {}
    seen = 0
    while True:
        answer = await far.search(includedData=ALL_DATA, **page)
        check(answer, "/orders/2026-01-01/orders")
        seen += len(answer.json()["orders"])
        if "pagination" not in answer.json():
            break
        page = {"paginationToken": answer.json()["pagination"]["nextToken"]}
    assert seen == len(planted)


async def test_get_order(far: Far) -> None:
    """With and without data sets, and unknown."""
    path = "/orders/2026-01-01/orders/{orderId}"
    for included in (ALL_DATA, ""):
        order = await far.planted(status="SHIPPED")
        check(await far.get(path.format(orderId=order["order_id"]), includedData=included), path)
    check(await far.get(path.format(orderId="902-0000000-0000000")), path)


async def test_confirm_shipment(far: Far) -> None:
    """204, 400 and 404; and the request we call correct is correct by the model."""
    path = "/orders/v0/orders/{orderId}/shipmentConfirmation"
    order = await far.planted()
    specs.model("ordersV0")
    check(await far.confirm(order, {"marketplaceId": "x"}), path, "post")
    check(await far.confirm(order), path, "post")
    check(await far.confirm({**order, "order_id": "902-0000000-0000000"}, far.confirmation(order)), path, "post")


async def test_get_marketplace_participations(far: Far) -> None:
    """In each region."""
    path = "/sellers/v1/marketplaceParticipations"
    for region in ("na", "eu", "fe"):
        made = await far.control.seller("A2", region=region)
        far.token = await far.access_token(made["refresh_token"])
        check(await far.get(path, region=region), path)


async def test_listings(far: Far) -> None:
    """Found, read and patched, in each region; unknown, refused and invalid."""
    items, item = "/listings/2021-08-01/items/{sellerId}", "/listings/2021-08-01/items/{sellerId}/{sku}"
    for region, store in (("na", "ATVPDKIKX0DER"), ("fe", "A1VC38T7YXB528"), ("eu", FRANCE)):
        made = await far.control.seller(SELLER, region=region)
        far.token = await far.access_token(made["refresh_token"])
        await far.control.listings(SELLER, ["A", "B", "C"], region=region)
        await far.control.listings(SELLER, ["FBA"], region=region, fba=True)
        check(await far.items(store, region, pageSize="2"), items)
    check(await far.items(pageSize="21"), items)
    for sku in ("A", "FBA", "NOBODY'S"):
        check(await far.item(sku), item)
        check(await far.patch(sku, told()), item, "patch")
    check(await far.patch("A", told(), mode="VALIDATION_PREVIEW"), item, "patch")
    check(await far.patch("A", told(quantity=-1)), item, "patch")
    check(await far.patch("A"), item, "patch")


@pytest.mark.parametrize("kind", ["throttle", "server_error", "role_missing", "included_data_400"])
async def test_refusals(far: Far, kind: str) -> None:
    """Errors too are of the model's shape."""
    await far.control.fault("amazon.searchOrders", kind)
    check(await far.search(includedData="BUYER"), "/orders/2026-01-01/orders")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operations_are_the_official_ones(operation: Operation) -> None:
    """Name, path, parameters (and which are required), and usage plan are the model's."""
    spec = specs.model(MODELS["/".join(operation.path.split("/")[1:3])])
    official = spec["paths"][operation.path][operation.method.lower()]
    assert official["operationId"] == operation.name
    assert {p["name"] for p in official["parameters"] if p["in"] == "query"} == operation.parameters
    required = [p for p in official["parameters"] if p.get("required") and p["in"] != "path"]
    assert {"body" if p["in"] == "body" else p["name"] for p in required} == operation.required
    assert f"| {operation.rate} | {operation.burst} |" in official["description"]
