"""
listOrders, countOrders, getOrder.

The list moves: by default the newest update comes first, so that orders change places while a client pages by number.
There is no total and no mark on the last page but its being short; `limit` and `offset` are ignored. The default page
size is not documented: ours is 10. `sort` is seen as `updatedAt` and as `asc:updatedAt`; both are taken.
"""

from collections.abc import Callable
from typing import Any

from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.errors import Problem, invalid
from tests.sandbox.octopia.order import STATUSES, SUPPLY_MODES, Order
from tests.sandbox.octopia.query import known, moment, number
from tests.sandbox.octopia.render import render

_DATES: dict[str, Callable[[Order], int | None]] = {
    "createdAt": lambda order: order.created,
    "updatedAt": lambda order: order.updated,
    "shippedAt": lambda order: order.shipped_at,
}
FILTERS = frozenset({
    "status", "salesChannelId", "reference", "businessOrder", "supplyMode", "shippingCountry",
    *(f"{name}{end}" for name in _DATES for end in ("Min", "Max")),
})  # fmt: skip
PAGING = frozenset({"pageIndex", "pageSize", "sort", "desc"})
_USUAL_PER_PAGE = 10
_MOST_PER_PAGE = 100
_LATE_ORDER_SECONDS = 240.0

Filter = Callable[[Order], bool]


def list_orders(ctx: Context) -> Reply:
    """One page; raises 400 for a filter, a number or an order nobody knows."""
    index, size = number(ctx, "pageIndex", 1), number(ctx, "pageSize", _USUAL_PER_PAGE, _MOST_PER_PAGE)
    key, newest_first = _sort(ctx)
    orders = sorted(_found(ctx), key=key, reverse=newest_first)
    rows = [render(order) for order in orders[(index - 1) * size : index * size]]
    if rows and ctx.take("malformed_record"):
        rows[len(rows) // 2] = _malformed(rows[len(rows) // 2])
    return Reply({"itemsPerPage": size, "items": rows})


def count_orders(ctx: Context) -> Reply:
    """A bare number."""
    return Reply("unavailable" if ctx.take("malformed_record") else len(_found(ctx)))


def get_order(ctx: Context) -> Reply:
    """One order; 404 for one the seller has not."""
    answer = render(own_order(ctx, ctx.octopia.book.shown(ctx.item_id, ctx.world.clock.now())))
    return Reply(_malformed(answer) if ctx.take("malformed_record") else answer)


def own_order(ctx: Context, order: Order | None) -> Order:
    """The order if it is this seller's; raises 404."""
    if order is None or order.seller_id != ctx.account.seller_id:
        raise Problem(404, f"Order {ctx.item_id} was not found.")
    return order


def _found(ctx: Context) -> list[Order]:
    filters, now = _filters(ctx), ctx.world.clock.now()
    listed = ctx.octopia.book.listed(ctx.account.seller_id, now)
    found = [order for order in listed if all(admits(order) for admits in filters)]
    return [order for order in found if not _held_back(ctx, order, now)]


def _filters(ctx: Context) -> list[Filter]:
    filters: list[Filter] = [*_words(ctx), *_bounds(ctx)]
    if channel_id := ctx.query.get("salesChannelId"):
        filters.append(lambda order: order.channel == channel_id)
    if reference := ctx.query.get("reference"):
        filters.append(lambda order: order.reference == reference)
    if country := ctx.query.get("shippingCountry"):
        filters.append(lambda order: any(place.country == country for place in order.destinations))
    return filters


def _words(ctx: Context) -> list[Filter]:
    """Filters whose values are checked."""
    filters: list[Filter] = []
    if "status" in ctx.query:
        statuses = known("status", STATUSES, ctx.query["status"].split(","))
        filters.append(lambda order: order.status in statuses)
    if "supplyMode" in ctx.query:
        modes = known("supplyMode", SUPPLY_MODES, [ctx.query["supplyMode"]])
        filters.append(lambda order: any(line.supply_mode in modes for line in order.lines))
    if "businessOrder" in ctx.query:
        [wanted] = known("businessOrder", ("true", "false"), [ctx.query["businessOrder"]])
        filters.append(lambda order: order.business == (wanted == "true"))
    return filters


def _bounds(ctx: Context) -> list[Filter]:
    """Both ends are inclusive, and whole seconds."""
    filters: list[Filter] = []
    for name, date in _DATES.items():
        if f"{name}Min" in ctx.query:
            filters.append(_not_before(date, moment(ctx, f"{name}Min")))
        if f"{name}Max" in ctx.query:
            filters.append(_not_after(date, moment(ctx, f"{name}Max")))
    return filters


def _not_before(date: Callable[[Order], int | None], bound: float) -> Filter:
    return lambda order: (at := date(order)) is not None and at >= bound


def _not_after(date: Callable[[Order], int | None], bound: float) -> Filter:
    return lambda order: (at := date(order)) is not None and at <= bound


def _sort(ctx: Context) -> tuple[Callable[[Order], Any], bool]:
    """What to sort by, and whether backwards."""
    direction, _, name = ctx.query.get("sort", "desc:updatedAt").rpartition(":")
    if name not in _DATES or direction not in ("", "asc", "desc"):
        raise invalid("sort", f"The value '{ctx.query['sort']}' is not valid.")
    date = _DATES[name]
    backwards = direction == "desc" or ctx.query.get("desc") == "true"
    return (lambda order: (date(order) or 0, order.order_id)), backwards


def _held_back(ctx: Context, order: Order, now: float) -> bool:
    """A late_order fault keeps a row out of lists, once for each version of an order."""
    fault = ctx.world.faults.peek(ctx.call.operation, ctx.account.seller_id, "late_order")
    if fault is None or not ctx.octopia.book.hold_back(order, now + (fault.seconds or _LATE_ORDER_SECONDS)):
        return False
    ctx.take("late_order")
    return True


def _malformed(order: dict[str, Any]) -> dict[str, Any]:
    """An order no parser can accept: its id is there, its lines and dates are not what they should be."""
    return order | {"lines": "unavailable", "updatedAt": None}
