"""
What a consent reaches, asked by the one call that every account of its kind may make.

Sellers: getMarketplaceParticipations. Vendors have none; Amazon's sample `website-authorization` asks getPurchaseOrders
with `limit=1` instead (read 2026-11).
"""

from collections.abc import Sequence

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import GET_PARTICIPATIONS, GET_PURCHASE_ORDERS
from shared.marketplaces.amazon.stores import STORES, VENDOR_STORES
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.fields import Json, load_object, part, parts, text
from shared.marketplaces.models import Channel
from shared.marketplaces.ports import FarAccount


async def seller_stores(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> tuple[Channel, ...]:
    """The stores of the table in this region that the seller takes part in: the list has rows that are no store."""
    call = Call(GET_PARTICIPATIONS, "GET", "/sellers/v1/marketplaceParticipations")
    answer = await _answered(spapi, account, call, token, budgets)
    body = load_object(answer.body)
    if not isinstance(body.get("payload"), list):
        raise Unreadable("The answer holds no list of stores.", code="no_payload", raw=answer.body)
    ids = {text(part(row, "marketplace"), "id") for row in parts(body, "payload") if _takes_part(row)}
    return tuple(store.channel for store in STORES.values() if store.id in ids and store.region == account.region)


async def vendor_stores(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> tuple[Channel, ...]:
    """
    The store of the vendor's country: a vendor has one. Of the orders only that we may see them is looked at.

    With an application of its own the account is one vendor code, else the group that has several.
    """
    params = [*_LEAST, *([("orderingVendorCode", account.seller_id)] if account.private else [])]
    call = Call(GET_PURCHASE_ORDERS, "GET", "/vendor/orders/v1/purchaseOrders", params=params)
    answer = await _answered(spapi, account, call, token, budgets)
    if not isinstance(load_object(answer.body).get("payload"), dict):
        raise Unreadable("The answer holds no purchase orders.", code="no_payload", raw=answer.body)
    return tuple(store.channel for store in VENDOR_STORES.values() if store.country == account.country)


_LEAST: Sequence[tuple[str, str]] = (("limit", "1"), ("includeDetails", "false"))


async def _answered(spapi: Spapi, account: FarAccount, call: Call, token: AccessToken, budgets: Budgets) -> Answer:
    answer = await spapi.call(account, call, token, budgets)
    if answer.status != 200:
        raise refusal(answer)
    return answer


def _takes_part(row: Json) -> bool:
    return part(row, "participation").get("isParticipating") is True
