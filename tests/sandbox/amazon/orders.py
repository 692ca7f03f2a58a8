"""getOrder (Orders v2026-01-01): one order by id, as fresh as reads by id are."""

import re
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.datasets import included, malformed
from tests.sandbox.amazon.errors import invalid, not_found
from tests.sandbox.amazon.order import Order
from tests.sandbox.amazon.render import render

_ORDER_ID = re.compile(r"^\d{3}-\d{7}-\d{7}$")


def get_order(ctx: Context) -> Any:
    """The order with the data sets asked for; raises 400 for a malformed id, 404 for an order the seller has not."""
    datasets = included(ctx)
    order = own_order(ctx, ctx.world.book.shown(ctx.order_id, ctx.world.clock.now()))
    answer = render(order, datasets, ctx.seller.roles)
    return {"order": malformed(answer) if ctx.take("malformed_record") else answer}


def own_order(ctx: Context, order: Order | None) -> Order:
    """The order if it is this seller's in this region; raises 400 or 404."""
    if not _ORDER_ID.match(ctx.order_id):
        raise invalid("The order id is not in 3-7-7 format.")
    if order is None or (order.seller_id, order.region) != (ctx.seller.seller_id, ctx.seller.region):
        raise not_found(f"Order {ctx.order_id} was not found.")
    return order
