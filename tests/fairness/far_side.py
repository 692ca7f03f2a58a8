"""
Amazon, as far as the scenes ask it, behind the quotas it publishes: searchOrders, getOrder, confirmShipment, each with
a bucket per seller. What comes beyond a bucket is answered 429 and counted.

Written from Amazon's pages; shares nothing with our budgets. An answer takes 150 ms.
"""

import asyncio
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from shared.http.messages import Answer, Request
from tests.fairness.virtual_time import VirtualClock

CHANNEL = "A13V1IB3VIYZZH"
_ANSWERS_AFTER_SECONDS = 0.150
# (per second, burst): the usage plans on the pages of Orders v2026-01-01 and v0.
_QUOTAS = {"searchOrders": (0.0056, 20), "getOrder": (0.5, 30), "confirmShipment": (2.0, 10)}
# What Amazon's clock and ours may differ in counting a bucket.
_ROUNDING_SECONDS = 0.001


@dataclass
class Shop:
    """A seller's orders by when they were placed, open all of them, and the parcels told. `read`: to the last page."""

    number: int
    placed: list[datetime] = field(default_factory=list)
    parcels: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: bool = False

    def order_id(self, index: int) -> str:
        return f"{self.number:03d}-{index:07d}-0000001"


@dataclass
class Amazon:
    """All sellers, by the access token that opens their account; what was asked, and what was refused."""

    shops: Mapping[str, Shop]
    page: int
    calls: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _full_again: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def call(self, request: Request) -> Answer:
        """As `Outward.call`."""
        await asyncio.sleep(_ANSWERS_AFTER_SECONDS / 2)
        answer = self._answer(request, VirtualClock().now())
        await asyncio.sleep(_ANSWERS_AFTER_SECONDS / 2)
        return answer

    def _answer(self, request: Request, now: datetime) -> Answer:
        operation = request.operation.removeprefix("amazon.")
        token = request.headers["x-amz-access-token"]
        self.calls[operation] += 1
        if not self._granted(token, operation, now):
            self.refused[operation] += 1
            return _told(429, now, {"errors": [{"code": "QuotaExceeded", "message": "", "details": ""}]})
        shop, params = self.shops[token], dict(request.params)
        headers = {"x-amzn-ratelimit-limit": str(_QUOTAS[operation][0])}
        if operation == "searchOrders":
            return _told(200, now, _page(shop, params, self.page), headers)
        order_id = request.url.split("/orders/")[-1].split("/")[0]
        if operation == "getOrder":
            return _told(200, now, {"order": {"packages": [shop.parcels[order_id]]}}, headers)
        shop.parcels[order_id] = _parcel(json.loads(request.body or b""))
        return _told(204, now, None, headers)

    def _granted(self, token: str, operation: str, now: datetime) -> bool:
        """A bucket is the moment at which it is full again: no further away than all its calls take to come back."""
        per_second, burst = _QUOTAS[operation]
        one = timedelta(seconds=1 / per_second)
        after = max(self._full_again.get((token, operation), now), now) + one
        if after - now > burst * one + timedelta(seconds=_ROUNDING_SECONDS):
            return False
        self._full_again[token, operation] = after
        return True


def _page(shop: Shop, params: Mapping[str, str], most: int) -> dict[str, Any]:
    """Orders never change here: what was updated in a span of time is what was placed in it."""
    kind = "created" if "createdAfter" in params else "lastUpdated"
    after, before = (datetime.fromisoformat(params[f"{kind}{end}"]) for end in ("After", "Before"))
    last = bisect_left(shop.placed, before)
    first = int(params.get("paginationToken") or bisect_left(shop.placed, after))
    end = min(first + most, last)
    page: dict[str, Any] = {"orders": [_order(shop, index) for index in range(first, end)]}
    page[f"{kind}Before"] = params[f"{kind}Before"]
    if end < last:
        page["pagination"] = {"nextToken": str(end)}
    else:
        shop.read = True
    return page


def _order(shop: Shop, index: int) -> dict[str, Any]:
    placed = _utc(shop.placed[index])
    price = {"unitPrice": {"amount": "12.50", "currencyCode": "EUR"}}
    item = {
        "orderItemId": str(index),
        "quantityOrdered": 1,
        "product": {"sellerSku": f"SKU-{index % 500}", "title": "A lamp", "price": price},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1},
    }
    return {
        "orderId": shop.order_id(index),
        "createdTime": placed,
        "lastUpdatedTime": placed,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": CHANNEL, "marketplaceName": "Amazon.fr"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": [item],
    }


def _parcel(body: dict[str, Any]) -> dict[str, Any]:
    told = body["packageDetail"]
    return {
        "packageReferenceId": told["packageReferenceId"],
        "trackingNumber": told["trackingNumber"],
        "packageStatus": {"status": "SHIPPED"},
        "packageItems": told["orderItems"],
    }


def _told(status: int, now: datetime, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    told = {"date": format_datetime(now, usegmt=True), "x-amzn-requestid": "request", **(headers or {})}
    return Answer(status, told, b"" if body is None else json.dumps(body).encode())


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
