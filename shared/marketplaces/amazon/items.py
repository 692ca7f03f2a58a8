"""
A listing as the Listings Items API v2021-08-01 tells it, for one store at a time, read tolerantly.

A quantity has no store in these answers: it is that of the one store asked for.
"""

from datetime import datetime

from shared.marketplaces.amazon.listing_calls import OWN_WAREHOUSE
from shared.marketplaces.amazon.weights import package_weight
from shared.marketplaces.fields import BadField, Json, count, part, parts, required_text, text, texts, time
from shared.marketplaces.listings import Listing

PRODUCT_TYPE = "product_type"
_AMAZONS_WAREHOUSE = "AMAZON"
# Sold out, an offer is no longer buyable but is still shown.
_ACTIVE = frozenset({"BUYABLE", "DISCOVERABLE"})


def parse_item(item: Json, channel_id: str) -> Listing:
    """
    With the data sets `summaries`, `fulfillmentAvailability` and `attributes`, as far as asked for. Raises BadField.
    """
    summary = _summary(item, channel_id)
    product_type = text(summary, "productType")
    quantities = {text(one, "fulfillmentChannelCode") or "": one for one in parts(item, "fulfillmentAvailability")}
    return Listing(
        sku=required_text(item, "sku"),
        title=text(summary, "itemName"),
        active=not _ACTIVE.isdisjoint(texts(summary, "status")),
        marketplace_fulfilled=any(code.startswith(_AMAZONS_WAREHOUSE) for code in quantities),
        quantity=count(quantities.get(OWN_WAREHOUSE, {}), "quantity"),
        facts={PRODUCT_TYPE: product_type} if product_type else {},
        weight=package_weight(item, channel_id),
    )


def parse_records(body: Json, channel_id: str) -> tuple[list[Listing], list[str]]:
    """The listings of a page, and why records of it cannot be read. BadField: there is no list of them at all."""
    records = body.get("items")
    if not isinstance(records, list):
        raise BadField("items is missing or not a list")
    listings, reasons = list[Listing](), list[str]()
    for record in records:
        try:
            listings.append(parse_item(record if isinstance(record, dict) else {}, channel_id))
        except BadField as error:
            reasons.append(str(error))
    return listings, reasons


def newest_creation(body: Json, channel_id: str) -> datetime | None:
    """When the newest listing of a page was made, as far as told."""
    made = (time(_summary(item, channel_id), "createdDate") for item in parts(body, "items"))
    return max((at for at in made if at is not None), default=None)


def next_token(body: Json) -> str | None:
    return text(part(body, "pagination"), "nextToken")


def _summary(item: Json, channel_id: str) -> Json:
    return next((one for one in parts(item, "summaries") if text(one, "marketplaceId") == channel_id), {})
