"""Listings and stores: what our client says for a case's parameters."""

from typing import Any

from shared.http.messages import Answer
from shared.kernel.errors import Unreadable
from shared.marketplaces.amazon.issues import patch_refusal
from shared.marketplaces.amazon.items import next_token, parse_item, parse_records
from shared.marketplaces.amazon.listing_calls import MOST_ON_A_PAGE, OWN_WAREHOUSE, Search, patch_quantity, read_listing
from shared.marketplaces.amazon.operations import SEARCH_LISTINGS
from shared.marketplaces.amazon.probes import selling_plan
from shared.marketplaces.amazon.stores import EU, STORES
from shared.marketplaces.amazon.wire import refusal
from shared.marketplaces.fields import BadField, load_object
from shared.marketplaces.models import Channel
from tests.conformance.client import REGIONS, Client
from tests.conformance.kept import at, every
from tests.conformance.wanted import Wanted

# Said where a case leaves free what our client always says.
_SKU, _PRODUCT_TYPE, _QUANTITY = "SKU", "PRODUCT", 1
_DATA = ("summaries", "fulfillmentAvailability")
_DAY_MONOTONIC = 86_400.0


async def search_listings(client: Client, wanted: Wanted) -> Any:
    """The listings of a page, read for each store, and the next page's token."""
    size = wanted.value("pageSize") or MOST_ON_A_PAGE
    if not isinstance(size, int):
        wanted.cannot("pageSize", "is not a number")
        size = MOST_ON_A_PAGE
    oldest_first = wanted.one_of("sortBy", "createdDate") and wanted.one_of("sortOrder", "ASC")
    skus = wanted.texts("identifiers") if wanted.one_of("identifiersType", "SKU") else ()
    search = Search(
        stores=_stores(wanted, every(wanted.answer, "items")),
        data=wanted.texts("includedData") or _DATA,
        skus=skus,
        oldest_first=oldest_first,
        created_after=wanted.text("createdAfter") if wanted.time("createdAfter") else None,
        page_token=wanted.text("pageToken"),
        page_size=size,
    )
    account = client.account(search.stores[0], wanted.text("sellerId"))
    body = _success(await client.call(account, search.call(SEARCH_LISTINGS, account.seller_id)))
    try:
        return {store: parse_records(body, store)[0] for store in search.stores}, next_token(body)
    except BadField as error:
        raise Unreadable(str(error)) from error


async def get_listing(client: Client, wanted: Wanted) -> Any:
    """The listing as it is read for each store."""
    stores = _stores(wanted, [wanted.answer])
    account = client.account(stores[0], wanted.text("sellerId"))
    call = read_listing(account.seller_id, wanted.text("sku") or _SKU, stores, wanted.texts("includedData") or _DATA)
    body = _success(await client.call(account, call))
    try:
        return {store: parse_item(body, store) for store in stores}
    except BadField as error:
        raise Unreadable(str(error)) from error


async def patch_listing(client: Client, wanted: Wanted) -> Any:
    """Why Amazon does not take the quantity; None: it does."""
    stores, sku, product_type, quantity = _stores(wanted, []), wanted.text("sku") or _SKU, _PRODUCT_TYPE, _QUANTITY
    named = wanted.value("body")
    if named is not None:
        if _is_quantity(named):
            product_type, quantity = named["productType"], named["patches"][0]["value"][0]["quantity"]
        else:
            wanted.cannot("body", "is not the quantity in the seller's own warehouse, merged")
    account = client.account(stores[0], wanted.text("sellerId"))
    before = client.clock.monotonic() + _DAY_MONOTONIC
    call = patch_quantity(account.seller_id, sku, stores, product_type, quantity, before)
    return patch_refusal(sku, await client.call(account, call))


async def get_participations(client: Client, _wanted: Wanted) -> list[Channel]:
    """The stores of all regions: a probe gives those of one."""
    found: list[Channel] = []
    for region in REGIONS:
        account = client.account(next(store.id for store in STORES.values() if store.region == region))
        found += (await client.oauth.probe(account, client.token(account), client.budgets)).channels
    return found


async def get_account(client: Client, _wanted: Wanted) -> bool | None:
    """The selling plan, of a European account."""
    account = client.account(next(store.id for store in STORES.values() if store.region == EU))
    return await selling_plan(client.spapi, account, client.token(account), client.budgets)


def _stores(wanted: Wanted, records: list[Any]) -> tuple[str, ...]:
    """Those the case names; else one the answer tells of, or any."""
    told = (at(one, "marketplaceId") for record in records for one in every(record, "summaries"))
    return wanted.texts("marketplaceIds") or (next(told, None) or next(iter(STORES)),)


def _success(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise refusal(answer)
    return load_object(answer.body)


def _is_quantity(body: Any) -> bool:
    """Whether it is what our client says, so that it must be said in exactly these words."""
    patches = every(body, "patches")
    values = [value for patch in patches for value in every(patch, "value")]
    if len(patches) != 1 or len(values) != 1 or not isinstance(body.get("productType"), str):
        return False
    value = values[0]
    return (
        (at(patches[0], "op"), at(patches[0], "path")) == ("merge", "/attributes/fulfillment_availability")
        and set(value) == {"fulfillment_channel_code", "quantity"}
        and value["fulfillment_channel_code"] == OWN_WAREHOUSE
        and isinstance(value["quantity"], int)
    )
