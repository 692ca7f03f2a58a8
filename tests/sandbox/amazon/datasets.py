"""The parameter includedData, shared by the two order reads, and the faults about what an answer contains."""

from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import invalid
from tests.sandbox.amazon.render import DATASETS


def csv(ctx: Context, name: str) -> list[str]:
    """A comma-joined parameter's values; none where it is absent or empty."""
    text = ctx.query.get(name, "")
    return text.split(",") if text else []


def included(ctx: Context) -> frozenset[str]:
    """The data sets asked for; raises 400 for an unknown one, or for the ones a fault refuses."""
    asked = frozenset(csv(ctx, "includedData"))
    if asked - DATASETS:
        raise invalid()
    fault = ctx.world.faults.peek(ctx.call.operation, ctx.seller.seller_id, "included_data_400")
    if fault is not None and asked & set(fault.datasets):
        ctx.take("included_data_400")
        raise invalid()
    return asked


def malformed(order: dict[str, Any]) -> dict[str, Any]:
    """An order no parser can accept: its id is there, its items and dates are not what the model says."""
    return order | {"orderItems": "unavailable", "lastUpdatedTime": None}
