"""
The calls we make, how fast we allow ourselves to make them, and the one kind of work that owns each.

Octopia publishes no rate per call (it documents 429, and 500 tokens an hour). These rates are a cautious choice of
ours, per seller: a 429 empties the bucket, and the caller comes back later.
"""

from shared.kernel.budgets import Rate
from shared.marketplaces.ports import Operation

LIST_ORDERS = "octopia.listOrders"
COUNT_ORDERS = "octopia.countOrders"
CREATE_SHIPMENTS = "octopia.createShipments"
GET_ORDER = "octopia.getOrder"
LIST_CARRIERS = "octopia.listCarriers"
GET_SELLER = "octopia.getSeller"
GET_SUBSCRIPTIONS = "octopia.getSubscriptions"
APPROVE_ORDER = "octopia.approveOrder"
LIST_OFFERS = "octopia.listOffers"
LIST_OFFER_PACKAGES = "octopia.listOfferPackages"
CREATE_OFFER_PACKAGE = "octopia.createOfferPackage"
UPLOAD_OFFER_REQUESTS = "octopia.uploadOfferRequests"
SUBMIT_OFFER_PACKAGE = "octopia.submitOfferPackage"
GET_OFFER_PACKAGE = "octopia.getOfferPackage"
GET_OFFER_RESULTS = "octopia.getOfferResults"

OPERATIONS = (
    Operation(LIST_ORDERS, Rate(0.5, 20), "poll"),
    Operation(COUNT_ORDERS, Rate(0.5, 20), "poll"),
    Operation(CREATE_SHIPMENTS, Rate(1.0, 10), "write_back"),
    Operation(GET_ORDER, Rate(1.0, 20), "write_back"),
    Operation(LIST_CARRIERS, Rate(0.02, 2), "write_back"),
    Operation(GET_SELLER, Rate(0.1, 5), "probe"),
    Operation(GET_SUBSCRIPTIONS, Rate(0.1, 5), "probe"),
    Operation(APPROVE_ORDER, Rate(1.0, 10), "acceptance"),
    Operation(LIST_OFFERS, Rate(0.2, 5), "listing"),
    Operation(LIST_OFFER_PACKAGES, Rate(0.2, 5), "push"),
    Operation(CREATE_OFFER_PACKAGE, Rate(0.2, 5), "push"),
    Operation(UPLOAD_OFFER_REQUESTS, Rate(1.0, 20), "push"),
    Operation(SUBMIT_OFFER_PACKAGE, Rate(0.2, 5), "push"),
    Operation(GET_OFFER_PACKAGE, Rate(0.5, 20), "push"),
    Operation(GET_OFFER_RESULTS, Rate(0.5, 20), "push"),
)
