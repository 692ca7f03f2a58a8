"""
listAllFulfillmentOrders (Fulfillment Outbound 2020-07-01), as far as a probe needs it: nobody here has an order yet.
"""

from datetime import datetime
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import invalid

PARAMETERS = frozenset({"queryStartDate", "nextToken"})


def list_all_fulfillment_orders(ctx: Context) -> Any:
    """An empty list, whether or not the seller takes part in a store."""
    try:
        datetime.fromisoformat(ctx.query.get("queryStartDate", "2026-01-01T00:00:00Z"))
    except ValueError:
        raise invalid(details="queryStartDate") from None
    return {"payload": "unavailable" if ctx.take("malformed_record") else {"fulfillmentOrders": []}}
