"""
Reading orders: searchOrders and getOrder of the Orders API v2026-01-01 (developer pages Get Orders With Filtering
Criteria and Access Orders PII, read 2026-11).
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.clock import Clock
from shared.kernel.errors import FarSideError, Refused, Unavailable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import GET_ORDER, SEARCH_ORDERS
from shared.marketplaces.amazon.parse import parse_order, parse_page
from shared.marketplaces.amazon.wire import Call, Spapi, denied, refusal
from shared.marketplaces.models import MarketplaceOrder, OrderPage, OrdersQuery, ShippedBy
from shared.marketplaces.ports import DataRefused, FarAccount, PageTokenRefused

PATH = "/orders/2026-01-01/orders"

_BASE = ("FULFILLMENT", "CANCELLATION", "PACKAGES")
# Never less than the last: without FULFILLMENT there is no status, without CANCELLATION a buyer's wish would be missed.
_DATA_SETS = (
    (*_BASE, "PROCEEDS", "RECIPIENT", "BUYER"),
    (*_BASE, "PROCEEDS", "RECIPIENT"),
    (*_BASE, "PROCEEDS"),
    _BASE,
)
_FULFILLED_BY = {ShippedBy.SELLER.value: "MERCHANT", ShippedBy.MARKETPLACE.value: "AMAZON"}


class AmazonOrders:
    """See `shared.marketplaces.ports.OrdersPort`."""

    def __init__(self, spapi: Spapi, clock: Clock) -> None:
        self._spapi = spapi
        self._clock = clock

    @property
    def page_size(self) -> int:
        return 100

    @property
    def data_sets(self) -> tuple[tuple[str, ...], ...]:
        return _DATA_SETS

    @property
    def open_statuses(self) -> tuple[str, ...]:
        return ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")

    def latest_before(self, now: datetime) -> datetime:
        return self._spapi.skew.latest_before(now)

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        call = Call(SEARCH_ORDERS, "GET", PATH, tuple(_params(query, self.page_size)))
        answer = await self._spapi.call(account, call, token, budgets)
        if answer.status != 200:
            raise self._page_refusal(query, answer)
        page = parse_page(answer.body)
        if page.next_token is not None and page.next_token == query.page_token:
            raise PageTokenRefused("the page names itself as the next one")
        return page

    async def read_order(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> MarketplaceOrder:
        """Asks for less where Amazon refuses a set of data. Refused: there is no such order."""
        for data in _DATA_SETS[:-1]:
            with suppress(DataRefused):
                return await self.read_data(account, order_id, data, token, budgets)
        return await self.read_data(account, order_id, _DATA_SETS[-1], token, budgets)

    async def read_data(
        self, account: FarAccount, order_id: str, data: tuple[str, ...], token: AccessToken, budgets: Budgets
    ) -> MarketplaceOrder:
        """One order with these sets of data. DataRefused: ask for less."""
        answer = await self._spapi.call(account, get_order(order_id, data), token, budgets)
        if answer.status == 200:
            return parse_order(answer.body)
        if answer.status in (400, 403) and _may_ask_for_less(data):
            raise DataRefused(f"Amazon refuses the data asked for ({answer.status})")
        raise order_refusal(answer)

    def _page_refusal(self, query: OrdersQuery, answer: Answer) -> Exception:
        if answer.status == 400 and (wait := self._too_new_by(query)) > 0:
            return Unavailable(
                "Amazon's clock is behind ours.",
                code="window_too_new",
                request_id=answer.request_id,
                retry_after_seconds=wait,
            )
        said = denied(answer).said
        if answer.status == 400 and query.page_token and "includeddata" not in said:
            return PageTokenRefused("the page token is no longer good")
        if answer.status == 403 and "not valid for region" in said:
            return refusal(answer)
        if answer.status in (400, 403) and _may_ask_for_less(query.data):
            return DataRefused(f"Amazon refuses the data asked for ({answer.status})")
        return refusal(answer)

    def _too_new_by(self, query: OrdersQuery) -> float:
        """Seconds until the window's end is old enough for Amazon, by the clock its last answer told."""
        before = query.updated_before or query.placed_before
        return self._spapi.skew.too_new_by(before, self._clock.now()) if before else 0.0


def get_order(order_id: str, data: tuple[str, ...]) -> Call:
    """The call for one order with these sets of data."""
    return Call(GET_ORDER, "GET", f"{PATH}/{quote(order_id, safe='')}", (("includedData", ",".join(data)),))


def order_refusal(answer: Answer) -> FarSideError:
    if answer.status == 404:
        return Refused("Amazon knows no such order.", code="order_unknown", request_id=answer.request_id)
    return refusal(answer)


def _may_ask_for_less(data: tuple[str, ...]) -> bool:
    return len(data) > len(_BASE)


def _params(query: OrdersQuery, page_size: int) -> Iterator[tuple[str, str]]:
    """
    Exactly one of the two After dates, arrays joined by commas, UTC with `Z`.

    All but maxResultsPerPage and includedData must be repeated unchanged with a page token (domain rule 17).
    """
    if (query.updated_after is None) == (query.placed_after is None):
        raise ValueError("a query has exactly one of updated_after and placed_after")
    times = {
        "lastUpdatedAfter": query.updated_after,
        "lastUpdatedBefore": query.updated_before,
        "createdAfter": query.placed_after,
        "createdBefore": query.placed_before,
    }
    yield from ((name, _utc(value)) for name, value in times.items() if value is not None)
    lists = {
        "marketplaceIds": query.channel_ids,
        "fulfillmentStatuses": query.statuses,
        "fulfilledBy": tuple(_FULFILLED_BY.get(word, word) for word in query.fulfilled_by),
        "includedData": query.data,
    }
    yield from ((name, ",".join(values)) for name, values in lists.items() if values)
    yield ("maxResultsPerPage", str(page_size))
    if query.page_token is not None:
        yield ("paginationToken", query.page_token)


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
