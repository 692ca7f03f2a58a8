"""Whether listings and stores came through whole, and what was said of a quantity."""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.marketplaces.amazon.stores import STORES
from shared.marketplaces.listings import Listing, StockOutcome
from shared.marketplaces.models import Channel
from tests.conformance.kept import Table, at, every, missing

_ACTIVE = {"BUYABLE", "DISCOVERABLE"}
_LISTING: Table = {"sku": "sku"}
_SUMMARY: Table = {"itemName": "title", "productType": "facts.product_type"}
_STORE: Table = {"id": "id", "defaultCurrencyCode": "currency"}
# How much of Amazon's issues is shown to a seller.
_LONGEST_DETAIL = 300

Page = tuple[dict[str, list[Listing]], str | None]


def lost_of_listing(record: Any, by_store: dict[str, Listing]) -> Iterator[str]:
    """`by_store`: the record as it was read for each of the stores asked for."""
    for store, listing in by_store.items():
        yield from missing(record, listing, _LISTING)
        summary = next((one for one in every(record, "summaries") if at(one, "marketplaceId") == store), None)
        yield from (f"summaries.{path}" for path in missing(summary, listing, _SUMMARY))
        if bool(_ACTIVE & set(every(summary, "status"))) is not listing.active:
            yield "summaries.status"
        yield from _lost_quantities(record, listing)


def lost_of_search(answer: Any, page: Page) -> Iterator[str]:
    """`page`: the listings read for each of the stores asked for, and the next page's token."""
    by_store, token = page
    items = every(answer, "items")
    for store, listings in by_store.items():
        if len(listings) != len(items):
            yield "items"
            return
        for number, (record, listing) in enumerate(zip(items, listings, strict=True)):
            yield from (f"items[{number}].{path}" for path in lost_of_listing(record, {store: listing}))
    yield from missing(answer, {"token": token}, {"pagination.nextToken": "token"})


def lost_of_patch(answer: Any, refused: StockOutcome | None) -> Iterator[str]:
    """INVALID is a refusal that names every error; any other status is none."""
    if (at(answer, "status") == "INVALID") != (refused is not None):
        yield "status"
    detail = (refused.detail or "") if refused else ""
    if refused and len(detail) < _LONGEST_DETAIL:
        errors = (one for one in every(answer, "issues") if at(one, "severity") == "ERROR")
        if not all(str(at(one, "code")) in detail for one in errors):
            yield "issues"


def lost_of_stores(answer: Any, channels: Sequence[Channel]) -> Iterator[str]:
    """Each store we know that the seller takes part in; the list has rows that are no store."""
    held, known = {channel.id: channel for channel in channels}, set[str]()
    for number, row in enumerate(every(answer, "payload")):
        store = at(row, "marketplace.id")
        if at(row, "participation.isParticipating") is True and store in STORES:
            known.add(store)
            lost = missing(row["marketplace"], held.get(store), _STORE)
            yield from (f"payload[{number}].marketplace.{path}" for path in lost)
    if known != set(held):
        yield "payload"


def lost_of_plan(answer: Any, professional: bool | None) -> Iterator[str]:
    """Whether the selling plan is a professional one; of the rest of an account nothing is kept."""
    plan = at(answer, "payload.sellingPlan")
    if plan is not None and professional is not (plan == "PROFESSIONAL"):
        yield "payload.sellingPlan"


def lost_of_nothing(_answer: Any, _outcome: Any) -> Iterator[str]:
    """An empty answer tells nothing."""
    return iter(())


def _lost_quantities(record: Any, listing: Listing) -> Iterator[str]:
    for one in every(record, "fulfillmentAvailability"):
        channel = str(at(one, "fulfillmentChannelCode"))
        if channel.startswith("AMAZON") and not listing.marketplace_fulfilled:
            yield "fulfillmentAvailability.fulfillmentChannelCode"
        if channel == "DEFAULT":
            yield from missing(one, listing, {"quantity": "quantity"})
