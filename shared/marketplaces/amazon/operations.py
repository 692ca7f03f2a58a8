"""
The calls we make, their published rates and bursts, and the one kind of work that owns each.

Rates from Amazon's models `orders_2026-01-01`, `ordersV0`, `sellers`, `listingsItems_2021-08-01`, `vendorOrders`,
`fulfillmentOutbound_2020-07-01` and `tokens_2021-03-01` (read 2026-11): a bucket per application, seller and region,
corrected at run time by `x-amzn-RateLimit-Limit`.
"""

from shared.kernel.budgets import Rate
from shared.marketplaces.ports import Operation

SEARCH_ORDERS = "amazon.searchOrders"
GET_ORDER = "amazon.getOrder"
CONFIRM_SHIPMENT = "amazon.confirmShipment"
GET_PARTICIPATIONS = "amazon.getMarketplaceParticipations"
SEARCH_LISTINGS = "amazon.searchListingsItems"
READ_STOCK = "amazon.searchListingsItems.stock"  # the same call, for twenty quantities at once
GET_LISTING = "amazon.getListingsItem"
PATCH_LISTING = "amazon.patchListingsItem"
GET_PURCHASE_ORDERS = "amazon.getPurchaseOrders"
ROTATE_SECRET = "amazon.rotateApplicationClientSecret"  # noqa: S105 - the operation's name
GET_ACCOUNT = "amazon.getAccount"
LIST_FULFILLMENT_ORDERS = "amazon.listAllFulfillmentOrders"
CREATE_RESTRICTED_TOKEN = "amazon.createRestrictedDataToken"  # noqa: S105 - the operation's name

# Two kinds of work ask searchListingsItems (5 a second, burst 5): each has a fixed share of what Amazon grants. Reading
# stock has more than its two calls for twenty patches need, so that patches never wait behind it.
SHARES = {SEARCH_LISTINGS: 0.4, READ_STOCK: 0.6}

OPERATIONS = (
    Operation(SEARCH_ORDERS, Rate(0.0056, 20), "poll"),
    Operation(GET_ORDER, Rate(0.5, 30), "write_back"),
    Operation(CONFIRM_SHIPMENT, Rate(2.0, 10), "write_back"),
    Operation(GET_PARTICIPATIONS, Rate(0.016, 15), "probe"),
    Operation(GET_ACCOUNT, Rate(0.016, 15), "probe"),
    Operation(SEARCH_LISTINGS, Rate(2.0, 2), "listing"),
    Operation(READ_STOCK, Rate(3.0, 3), "push"),
    Operation(GET_LISTING, Rate(5.0, 10), "push"),
    Operation(PATCH_LISTING, Rate(5.0, 5), "push"),
)
# Of vendors and of Multi-Channel Fulfillment nothing is read yet but whether they let us in.
VENDOR_OPERATIONS = (
    Operation(GET_PURCHASE_ORDERS, Rate(10.0, 10), "probe"),
    Operation(CREATE_RESTRICTED_TOKEN, Rate(1.0, 10), "restricted"),
)
MCF_OPERATIONS = (Operation(LIST_FULFILLMENT_ORDERS, Rate(2.0, 30), "probe"),)
