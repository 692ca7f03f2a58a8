"""What the tests of Octopia's folder share: its orders and answers, and a client that asks a scripted far side."""

from datetime import timedelta
from typing import Any

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.octopia.operations import OPERATIONS
from shared.marketplaces.octopia.wire import OctopiaApi
from shared.marketplaces.ports import FarAccount
from tests.unit.marketplaces.far_side import NOW, ScriptedOutward, StoppedClock, answer

API_URLS = {"eu": "https://octopia.example/seller/v2"}
TOKEN_URL = "https://octopia.example/token"
ACCOUNT = FarAccount(region="eu", seller_id="98979")
TOKEN = AccessToken("secret-token", 3, 1, NOW + timedelta(hours=2))
CDISCOUNT = "CDISFR"


def api(*answers: Answer | Exception, clock: StoppedClock | None = None) -> tuple[OctopiaApi, ScriptedOutward]:
    outward = ScriptedOutward(*answers)
    return OctopiaApi(outward, API_URLS, clock or StoppedClock()), outward


def budgets() -> Budgets:
    """All of Octopia's buckets, full."""
    return Budgets({operation.name: operation.rate for operation in OPERATIONS})


def intent(value: Any) -> Intent[Any]:
    return Intent(value, NOW + timedelta(seconds=20), 1234.5)


def problem(status: int, detail: str = "", /, **errors: str) -> Answer:
    """A problem document; `errors`: one message by field."""
    body = {"title": "Bad Request", "status": status, "detail": detail, "instance": "/orders/1", "traceId": "t"}
    return answer(status, body | {"errors": {name: [message] for name, message in errors.items()}})


def order(**fields: Any) -> dict[str, Any]:
    """An order of one line that is ready to be shipped, in Octopia's words; `fields` replace its own."""
    return {
        "orderId": "2611210930ABCDE",
        "reference": None,
        "businessOrder": False,
        "salesChannel": {"id": CDISCOUNT, "name": "Cdiscount"},
        "customer": {"reference": "CUST-0001"},
        "purchasedAt": "2026-11-20T09:14:00+00:00",
        "createdAt": "2026-11-20T09:15:00+00:00",
        "updatedAt": "2026-11-20T09:20:00+00:00",
        "shippedAtMax": "2026-11-22T00:00:00+00:00",
        "status": "InPreparation",
        "currencyCode": "EUR",
        "billingAddress": address(),
        "totalPrice": {"offerPrice": 29.9, "sellingPrice": 29.9},
        "lines": [line()],
    } | fields


def line(number: int = 1, supply_mode: str | None = "Seller", **fields: Any) -> dict[str, Any]:
    return {
        "orderLineId": f"L{number}",
        "status": "InPreparation",
        "quantity": 2,
        "sellingPrice": {"unitSalesPrice": 12.5, "shippingCost": 4.9},
        "offer": {"sellerProductId": f"SKU-{number}", "productTitle": "Une lampe", "supplyMode": supply_mode},
        "delivery": {"mode": "TrackedHomeDelivery", "promisedAtMax": "2026-11-26T00:00:00+00:00"},
        "shippingAddress": address(),
        "parcels": [],
    } | fields


def address(**fields: Any) -> dict[str, Any]:
    return {
        "firstName": "Claire",
        "lastName": "Martin",
        "companyName": None,
        "addressLine1": "1 rue Exemple",
        "addressLine2": None,
        "postalCode": "33000",
        "city": "Bordeaux",
        "countryCode": "FR",
        "phone": "+33100000000",
        "email": "x@example.invalid",
    } | fields
