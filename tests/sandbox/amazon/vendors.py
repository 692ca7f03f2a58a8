"""
getPurchaseOrders (Vendor Orders v1), as far as a probe needs it: no vendor here has an order yet.

What an ordering vendor code of somebody else is answered with is not documented; here it is 403, as all that a vendor
may not see. A seller with the same role is no vendor.
"""

from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import denied, invalid

ROLE_VENDOR_ORDERS = "amazon-fulfillment"
PARAMETERS = frozenset({
    "limit", "createdAfter", "createdBefore", "sortOrder", "nextToken", "includeDetails", "changedAfter",
    "changedBefore", "poItemState", "isPOChanged", "purchaseOrderState", "orderingVendorCode",
})  # fmt: skip


def get_purchase_orders(ctx: Context) -> Any:
    """An empty list, for one of the vendor's codes or for all."""
    limit, code = ctx.query.get("limit", "100"), ctx.query.get("orderingVendorCode")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise invalid(details="limit")
    if not ctx.seller.vendor_codes or (code is not None and code not in ctx.seller.vendor_codes):
        raise denied()
    return {"payload": "unavailable" if ctx.take("malformed_record") else {"orders": []}}
