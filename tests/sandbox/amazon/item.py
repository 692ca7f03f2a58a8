"""A listing in the words of the Listings Items API v2021-08-01, with only the data sets that were asked for."""

import hashlib
from collections.abc import Sequence
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.datasets import csv
from tests.sandbox.amazon.errors import NOT_IN_REGION, denied, invalid
from tests.sandbox.amazon.listing import SELECTOR, Listing
from tests.sandbox.amazon.stores import STORES
from tests.sandbox.clock import iso

Json = dict[str, Any]

_SETS = frozenset({
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships",
    "productTypes",
})  # fmt: skip


def asked_stores(ctx: Context, *, most: int = 20) -> list[str]:
    """The stores asked for; raises 400 for none or too many, 403 for another seller's path and other regions."""
    if ctx.path["sellerId"] != ctx.seller.seller_id:
        raise denied()
    stores = csv(ctx, "marketplaceIds")
    if not 1 <= len(stores) <= most:
        raise invalid("Invalid 'marketplaceIds' provided.")
    if any(store not in STORES or STORES[store].region != ctx.seller.region for store in stores):
        raise denied(NOT_IN_REGION)
    return stores


def asked_sets(ctx: Context) -> frozenset[str]:
    """The data sets asked for, `summaries` where none are; raises 400 for an unknown one."""
    asked = frozenset(csv(ctx, "includedData") or ["summaries"])
    if asked - _SETS:
        raise invalid("Invalid 'includedData' provided.")
    return asked


def render(listings: Sequence[Listing], sets: frozenset[str], now: float) -> Json:
    """One SKU, in each of the stores it is listed in."""
    parts: Json = {
        "summaries": [_summary(one, now) for one in listings],
        "attributes": _attributes(listings, now),
        "issues": [],
        "offers": [_offer(one) for one in listings],
        "fulfillmentAvailability": [_available(entry) for one in listings for entry in one.shown(now)],
        "relationships": [{"marketplaceId": one.marketplace_id, "relationships": []} for one in listings],
        "productTypes": [{"marketplaceId": one.marketplace_id, "productType": one.product_type} for one in listings],
    }
    return {"sku": listings[0].sku} | {name: part for name, part in parts.items() if name in sets}


def malformed(item: Json) -> Json:
    """An item no parser can accept."""
    return item | {"sku": None, "fulfillmentAvailability": "unavailable"}


def _summary(listing: Listing, now: float) -> Json:
    return {
        "marketplaceId": listing.marketplace_id,
        "asin": f"B0{hashlib.sha256(listing.sku.encode()).hexdigest()[:8].upper()}",
        "productType": listing.product_type,
        "conditionType": "new_new",
        "status": ["BUYABLE", "DISCOVERABLE"] if listing.buyable(now) else ["DISCOVERABLE"],
        "itemName": listing.title,
        "createdDate": iso(listing.created),
        "lastUpdatedDate": iso(listing.updated),
    }


def _attributes(listings: Sequence[Listing], now: float) -> Json:
    names = [
        {
            "value": one.title,
            "language_tag": STORES[one.marketplace_id].language,
            "marketplace_id": one.marketplace_id,
        }
        for one in listings
    ]
    available = [{**entry, "marketplace_id": one.marketplace_id} for one in listings for entry in one.shown(now)]
    weights = [
        {**one.package_weight, "marketplace_id": one.marketplace_id}
        for one in listings
        if one.package_weight is not None
    ]
    told = {"item_package_weight": weights} if weights else {}
    return {"item_name": names, "fulfillment_availability": available} | told


def _offer(listing: Listing) -> Json:
    store = STORES[listing.marketplace_id]
    price = {"currencyCode": store.currency, "amount": store.amount(listing.price)}
    return {"marketplaceId": listing.marketplace_id, "offerType": "B2C", "price": price}


def _available(entry: Json) -> Json:
    quantity = {"quantity": entry["quantity"]} if "quantity" in entry else {}
    return {"fulfillmentChannelCode": entry[SELECTOR], **quantity}
