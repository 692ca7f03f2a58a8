"""A far side that answers what it is told, and the orders, tokens and budgets the tests of Amazon's folder share."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import OPERATIONS
from shared.marketplaces.ports import FarAccount

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = FarAccount(region="eu", seller_id="A1SELLER")
TOKEN = AccessToken("Atza|secret-token", 3, 1, NOW + timedelta(hours=1))
API_URLS = {"na": "https://na.example", "eu": "https://eu.example", "fe": "https://fe.example"}
FRANCE, INDIA, JAPAN = "A13V1IB3VIYZZH", "A21TJRUUN4KGV", "A1VC38T7YXB528"


class StoppedClock:
    """A clock that tests turn by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


class ScriptedOutward:
    """Gives the answers it was made with, in their order (an error is raised), and keeps the requests."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    async def call(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int, body: Any = None, *, date: datetime = NOW, **headers: str) -> Answer:
    """`body`: bytes as they are, anything else as JSON; the far side's `Date` is `date`."""
    told = {"x-amzn-requestid": "request-1", "date": format_datetime(date, usegmt=True)}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, told, raw)


def denial(status: int, code: str = "InvalidInput", message: str = "", details: str = "") -> Answer:
    return answer(status, {"errors": [{"code": code, "message": message, "details": details}]})


def budgets() -> Budgets:
    """All of Amazon's buckets, full."""
    return Budgets({operation.name: operation.rate for operation in OPERATIONS})


def order(**fields: Any) -> dict[str, Any]:
    """An order of one line that is ready to be shipped, in Amazon's words; `fields` replace its own."""
    return {
        "orderId": "902-1106328-1059050",
        "createdTime": "2026-11-20T08:00:00Z",
        "lastUpdatedTime": "2026-11-20T09:30:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": FRANCE, "marketplaceName": "Amazon.fr"},
        "fulfillment": fulfillment(),
        "orderItems": [item()],
    } | fields


def fulfillment(status: str = "UNSHIPPED", **fields: Any) -> dict[str, Any]:
    return {"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"} | fields


def item(ordered: int = 2, fulfilled: int = 0, unfulfilled: int | None = None, **fields: Any) -> dict[str, Any]:
    left = ordered - fulfilled if unfulfilled is None else unfulfilled
    return {
        "orderItemId": "79039765272157",
        "quantityOrdered": ordered,
        "product": {"sellerSku": "SKU-001", "title": "A lamp", "price": {"unitPrice": euros("12.50")}},
        "fulfillment": {"quantityFulfilled": fulfilled, "quantityUnfulfilled": left},
    } | fields


def euros(amount: str) -> Mapping[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}
