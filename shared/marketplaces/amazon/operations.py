"""
The calls we make, their published rates and bursts, and the one kind of work that owns each.

Rates from Amazon's models `orders_2026-01-01`, `ordersV0` and `sellers` (read 2026-11): a bucket per application,
seller and region, corrected at run time by `x-amzn-RateLimit-Limit`.
"""

from shared.kernel.budgets import Rate
from shared.marketplaces.ports import Operation

SEARCH_ORDERS = "amazon.searchOrders"
GET_ORDER = "amazon.getOrder"
CONFIRM_SHIPMENT = "amazon.confirmShipment"
GET_PARTICIPATIONS = "amazon.getMarketplaceParticipations"

OPERATIONS = (
    Operation(SEARCH_ORDERS, Rate(0.0056, 20), "poll"),
    Operation(GET_ORDER, Rate(0.5, 30), "write_back"),
    Operation(CONFIRM_SHIPMENT, Rate(2.0, 10), "write_back"),
    Operation(GET_PARTICIPATIONS, Rate(0.016, 15), "probe"),
)
