"""
searchOrders (Orders v2026-01-01): the seller's orders of a window of time, page by page.

The rules are the model's prose: exactly one of the two After dates, the pairs not mixed, Before at least the lists' lag
(two minutes) ago. Errors carry empty details, as the real ones do.
"""

import math
from dataclasses import dataclass
from typing import Any

from tests.sandbox.amazon.book import Entry
from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.datasets import csv, included, malformed
from tests.sandbox.amazon.errors import NOT_IN_REGION, denied, invalid
from tests.sandbox.amazon.order import STATUSES, Order
from tests.sandbox.amazon.pages import PageToken, digest, read_token, write_token
from tests.sandbox.amazon.render import render
from tests.sandbox.amazon.stores import STORES
from tests.sandbox.clock import iso, parse_iso

PARAMETERS = frozenset({
    "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses", "marketplaceIds",
    "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData",
})  # fmt: skip
_MOST_MARKETPLACES = 50
_MOST_PER_PAGE = 100
_LATE_ORDER_SECONDS = 240.0


@dataclass(frozen=True)
class Window:
    """`by` is "updated" or "created"; `after` and `before` are whole seconds, both inclusive."""

    by: str
    after: int
    before: int


@dataclass(frozen=True)
class Filters:
    """Empty sets let everything through."""

    statuses: frozenset[str]
    marketplaces: frozenset[str]
    fulfilled_by: frozenset[str]

    def admit(self, order: Order) -> bool:
        return (
            (not self.statuses or order.status in self.statuses)
            and (not self.marketplaces or order.marketplace_id in self.marketplaces)
            and (not self.fulfilled_by or order.fulfilled_by in self.fulfilled_by)
        )


def search_orders(ctx: Context) -> Any:
    """One page with the echoed end of the window, and a token unless it is the last; raises 400 or 403."""
    window, filters, size, datasets = _window(ctx), _filters(ctx), _page_size(ctx), included(ctx)
    start: Entry = (window.after, "")
    if token := _token(ctx):
        window = Window(window.by, window.after, token.before)
        start = token.last
    orders = _page(ctx, window, filters, start, size + 1)
    more, orders = len(orders) > size, orders[:size]
    rows = [render(order, datasets, ctx.seller.roles) for order in _reordered(orders)]
    if rows and ctx.take("malformed_record"):
        rows[len(rows) // 2] = malformed(rows[len(rows) // 2])
    answer: dict[str, Any] = {"orders": rows}
    answer["lastUpdatedBefore" if window.by == "updated" else "createdBefore"] = iso(window.before)
    if more:
        answer["pagination"] = {"nextToken": _next_token(ctx, window, orders[-1])}
    return answer


def _window(ctx: Context) -> Window:
    query = ctx.query
    by_update, by_creation = "lastUpdatedAfter" in query, "createdAfter" in query
    if by_update == by_creation or ("createdBefore" if by_update else "lastUpdatedBefore") in query:
        raise invalid()
    names = ("lastUpdatedAfter", "lastUpdatedBefore") if by_update else ("createdAfter", "createdBefore")
    newest = ctx.now - ctx.world.book.list_lag
    after = _date(ctx, names[0])
    before = _date(ctx, names[1]) if names[1] in query else newest
    if before > newest or before < after:
        raise invalid()
    return Window("updated" if by_update else "created", math.ceil(after), math.floor(before))


def _date(ctx: Context, name: str) -> float:
    try:
        moment = parse_iso(ctx.query[name])
    except ValueError as error:
        raise invalid() from error
    if not ctx.query[name].endswith("Z"):
        ctx.deviates(f"{name} is not UTC with Z")
    return moment


def _filters(ctx: Context) -> Filters:
    statuses, parties = csv(ctx, "fulfillmentStatuses"), csv(ctx, "fulfilledBy")
    marketplaces = csv(ctx, "marketplaceIds")
    if set(statuses) - set(STATUSES) or set(parties) - {"MERCHANT", "AMAZON"} or len(marketplaces) > _MOST_MARKETPLACES:
        raise invalid()
    if any(m not in STORES or STORES[m].region != ctx.seller.region for m in marketplaces):
        raise denied(NOT_IN_REGION)
    return Filters(frozenset(statuses), frozenset(marketplaces), frozenset(parties))


def _page_size(ctx: Context) -> int:
    text = ctx.query.get("maxResultsPerPage", str(_MOST_PER_PAGE))
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_PER_PAGE:
        raise invalid()
    return int(text)


def _token(ctx: Context) -> PageToken | None:
    text = ctx.query.get("paginationToken")
    if text is None:
        return None
    if ctx.take("refused_page_token"):
        raise invalid()
    token = read_token(text, ctx.world.options.seed)
    if token is None or token.digest != _digest(ctx) or token.expired(ctx.world.clock.now()):
        raise invalid()
    return token


def _next_token(ctx: Context, window: Window, last: Order) -> str:
    """The way to the next page, or for a repeated_page_token fault the way here again."""
    if (repeated := ctx.query.get("paginationToken")) and ctx.take("repeated_page_token"):
        return repeated
    at = last.updated if window.by == "updated" else last.created
    token = PageToken(_digest(ctx), ctx.world.clock.now(), window.before, (at, last.order_id))
    return write_token(token, ctx.world.options.seed)


def _digest(ctx: Context) -> str:
    return digest(ctx.seller.key, ctx.query)


def _page(ctx: Context, window: Window, filters: Filters, start: Entry, size: int) -> list[Order]:
    now, found = ctx.world.clock.now(), []
    for order in ctx.world.book.listed(ctx.seller.key, window.by, start, window.before, now):
        if filters.admit(order) and not _held_back(ctx, order, now):
            found.append(order)
            if len(found) == size:
                break
    return found


def _held_back(ctx: Context, order: Order, now: float) -> bool:
    """A late_order fault keeps a row out of lists, once for each version of an order."""
    fault = ctx.world.faults.peek(ctx.call.operation, ctx.seller.seller_id, "late_order")
    if fault is None or not ctx.world.book.hold_back(order, now + (fault.seconds or _LATE_ORDER_SECONDS)):
        return False
    ctx.take("late_order")
    return True


def _reordered(orders: list[Order]) -> list[Order]:
    """Mostly oldest first, but pages whose first order id is even come back to front."""
    return orders[::-1] if orders and int(orders[0].order_id[-1]) % 2 == 0 else orders
