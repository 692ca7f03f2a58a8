"""
Sellers v1. getMarketplaceParticipations: the stores a seller may sell in, and rows that are no store of ours.
getAccount: its selling plan.
"""

from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import denied
from tests.sandbox.amazon.stores import STORES, Store, stores_of

_ELSEWHERE = {"na": ("US", "en_US", "USD"), "eu": ("DE", "de_DE", "EUR"), "fe": ("JP", "ja_JP", "JPY")}


def get_marketplace_participations(ctx: Context) -> Any:
    """The seller's stores, one store it never opened, and the Non-Amazon row real accounts have."""
    rows = [_row(STORES[marketplace_id], participating=True) for marketplace_id in ctx.seller.channels]
    unopened = [s for s in stores_of(ctx.seller.region) if s.marketplace_id not in ctx.seller.channels]
    rows += [_row(store, participating=False) for store in unopened[:1]]
    rows.append(_non_amazon(ctx.seller.region))
    return {"payload": "unavailable" if ctx.take("malformed_record") else rows}


def get_account(ctx: Context) -> Any:
    """The selling plan, which only European sellers' accounts tell (*unverified* what others are answered: 403)."""
    if ctx.seller.region != "eu":
        raise denied()
    listed = [_row(STORES[marketplace_id], participating=True) for marketplace_id in ctx.seller.channels]
    plan = "PROFESSIONAL" if ctx.seller.professional else "INDIVIDUAL"
    body = {"businessType": "PRIVATE_LIMITED", "sellingPlan": plan, "marketplaceParticipationList": listed}
    return {"payload": "unavailable" if ctx.take("malformed_record") else body}


def _row(store: Store, *, participating: bool) -> dict[str, Any]:
    return {
        "marketplace": {
            "id": store.marketplace_id,
            "countryCode": store.country,
            "name": store.name,
            "defaultCurrencyCode": store.currency,
            "defaultLanguageCode": store.language,
            "domainName": store.domain,
        },
        "participation": {"isParticipating": participating, "hasSuspendedListings": False},
        "storeName": "Sandbox Store",
    }


def _non_amazon(region: str) -> dict[str, Any]:
    country, language, currency = _ELSEWHERE[region]
    return {
        "marketplace": {
            "id": f"A1NONAMAZON{country}0",
            "countryCode": country,
            "name": f"Non-Amazon {country}",
            "defaultCurrencyCode": currency,
            "defaultLanguageCode": language,
            "domainName": f"non-amazon.{country.lower()}",
        },
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
        "storeName": "Sandbox Store",
    }
