"""getListingsItem and searchListingsItems (Listings Items v2021-08-01): one SKU, or a store's, page by page."""

from collections.abc import Callable
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.datasets import csv
from tests.sandbox.amazon.errors import invalid, not_found
from tests.sandbox.amazon.item import asked_sets, asked_stores, malformed, render
from tests.sandbox.amazon.listing import Listing
from tests.sandbox.amazon.pages import PageToken, digest, read_token, write_token
from tests.sandbox.clock import parse_iso

GET_PARAMETERS = frozenset({"marketplaceIds", "issueLocale", "includedData"})
SEARCH_PARAMETERS = frozenset({
    "marketplaceIds", "issueLocale", "includedData", "identifiers", "identifiersType", "variationParentSku",
    "packageHierarchySku", "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore",
    "withIssueSeverity", "withStatus", "withoutStatus", "sortBy", "sortOrder", "pageSize", "pageToken",
})  # fmt: skip
_MOST_PER_PAGE = 20
_MOST_IDENTIFIERS = 20
_MOST_SHOWN = 1_000
_SORTS = {"sku": "sku", "createdDate": "created", "lastUpdatedDate": "updated"}
# Listings here are no variation, in no package and have no issue: what asks for such finds none.
_FINDS_NONE = ("variationParentSku", "packageHierarchySku", "withIssueSeverity")


def get_listings_item(ctx: Context) -> Any:
    """The SKU in the stores asked for; raises 404 where none of them lists it."""
    stores, sets, sku, now = asked_stores(ctx), asked_sets(ctx), ctx.path["sku"], ctx.world.clock.now()
    found = [ctx.world.catalogue.find(ctx.seller, store, sku, now) for store in stores]
    listings = [listing for listing in found if listing is not None]
    if not listings:
        raise not_found(f"SKU '{sku}' not found in marketplace {', '.join(stores)}")
    item = render(listings, sets, now)
    return malformed(item) if ctx.take("malformed_record") else item


def search_listings_items(ctx: Context) -> Any:
    """One page of one store; no more than the first 1,000 can be paged through, whatever `numberOfResults` says."""
    [store], sets = asked_stores(ctx, most=1), asked_sets(ctx)
    size, start, now = _page_size(ctx), _start(ctx), ctx.world.clock.now()
    found = _sorted(ctx, list(filter(_filter(ctx, now), _found(ctx, store, now))))
    end = min(start + size, _MOST_SHOWN)
    items = [render([listing], sets, now) for listing in found[start:end]]
    if items and ctx.take("malformed_record"):
        items[len(items) // 2] = malformed(items[len(items) // 2])
    answer: dict[str, Any] = {"numberOfResults": len(found), "items": items}
    if end < min(len(found), _MOST_SHOWN):
        answer["pagination"] = {"nextToken": _token(ctx, end)}
    return answer


def _found(ctx: Context, store: str, now: float) -> list[Listing]:
    identifiers, kind = csv(ctx, "identifiers"), ctx.query.get("identifiersType")
    if bool(identifiers) != (kind is not None) or len(identifiers) > _MOST_IDENTIFIERS:
        raise invalid("Invalid 'identifiers' provided.")
    if any(name in ctx.query for name in _FINDS_NONE):
        return []
    if not identifiers:
        return ctx.world.catalogue.in_store(ctx.seller, store, now)
    if kind != "SKU":
        ctx.deviates(f"identifiersType {kind} is not played here and finds nothing")
        return []
    named = [ctx.world.catalogue.find(ctx.seller, store, sku, now) for sku in dict.fromkeys(identifiers)]
    return [listing for listing in named if listing is not None]


def _filter(ctx: Context, now: float) -> Callable[[Listing], bool]:
    """Whether a listing is asked for; dates are of whole seconds and inclusive."""
    ages, none = {}, float("inf")
    for name, earliest, latest in (
        ("created", "createdAfter", "createdBefore"),
        ("updated", "lastUpdatedAfter", "lastUpdatedBefore"),
    ):
        ages[name] = (_moment(ctx, earliest, 0.0), _moment(ctx, latest, none))
    wanted, unwanted = set(csv(ctx, "withStatus")), set(csv(ctx, "withoutStatus"))

    def admits(listing: Listing) -> bool:
        statuses = {"DISCOVERABLE", "BUYABLE"} if listing.buyable(now) else {"DISCOVERABLE"}
        in_time = all(first <= int(getattr(listing, name)) <= last for name, (first, last) in ages.items())
        return in_time and wanted <= statuses and unwanted.isdisjoint(statuses)

    return admits


def _moment(ctx: Context, name: str, otherwise: float) -> float:
    try:
        return parse_iso(ctx.query[name]) if name in ctx.query else otherwise
    except ValueError as error:
        raise invalid(f"Invalid '{name}' provided.") from error


def _sorted(ctx: Context, listings: list[Listing]) -> list[Listing]:
    by, order = ctx.query.get("sortBy", "lastUpdatedDate"), ctx.query.get("sortOrder", "DESC")
    if by not in _SORTS or order not in ("ASC", "DESC"):
        raise invalid("Invalid 'sortBy' or 'sortOrder' provided.")
    return sorted(listings, key=lambda one: (getattr(one, _SORTS[by]), one.sku), reverse=order == "DESC")


def _page_size(ctx: Context) -> int:
    text = ctx.query.get("pageSize", "10")
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_PER_PAGE:
        raise invalid("Invalid 'pageSize' provided.")
    return int(text)


def _start(ctx: Context) -> int:
    """How many rows the pages before showed; a token is good with unchanged parameters only."""
    text = ctx.query.get("pageToken")
    if text is None:
        return 0
    token = None if ctx.take("refused_page_token") else read_token(text, ctx.world.options.seed)
    if token is None or token.digest != _digest(ctx) or token.expired(ctx.world.clock.now()):
        raise invalid("Invalid 'pageToken' provided.")
    return token.before


def _token(ctx: Context, shown: int) -> str:
    if (repeated := ctx.query.get("pageToken")) and ctx.take("repeated_page_token"):
        return repeated
    token = PageToken(_digest(ctx), ctx.world.clock.now(), shown, (0, ""))
    return write_token(token, ctx.world.options.seed)


def _digest(ctx: Context) -> str:
    return digest(ctx.seller.key, {name: value for name, value in ctx.query.items() if name != "pageToken"})
