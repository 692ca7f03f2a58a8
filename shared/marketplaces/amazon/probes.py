"""
What a consent reaches, asked by the one call that every account of its kind may make.

Sellers: getMarketplaceParticipations. Vendors have none; Amazon's sample `website-authorization` asks getPurchaseOrders
with `limit=1` instead (read 2026-11). Who only has Amazon ship for other shops may have none either, and is asked for
the orders to be shipped: `fulfilled_orders` says why.
"""

from collections.abc import Sequence

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import FarSideError, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.operations import (
    GET_ACCOUNT,
    GET_PARTICIPATIONS,
    GET_PURCHASE_ORDERS,
    LIST_FULFILLMENT_ORDERS,
)
from shared.marketplaces.amazon.stores import EU, STORES, VENDOR_STORES
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.fields import Json, load_object, part, parts, text
from shared.marketplaces.ports import FarAccount
from shared.marketplaces.reached import Reached


async def seller_stores(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
    """The stores of the table in this region that the seller takes part in: the list has rows that are no store."""
    call = Call(GET_PARTICIPATIONS, "GET", "/sellers/v1/marketplaceParticipations")
    answer = await _answered(spapi, account, call, token, budgets)
    body = load_object(answer.body)
    if not isinstance(body.get("payload"), list):
        raise Unreadable("The answer holds no list of stores.", code="no_payload", raw=answer.body)
    ids = {text(part(row, "marketplace"), "id") for row in parts(body, "payload") if _takes_part(row)}
    stores = tuple(one.channel for one in STORES.values() if one.id in ids and one.region == account.region)
    return Reached(stores, professional=await _told_plan(spapi, account, token, budgets))


async def vendor_stores(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
    """
    The store of the vendor's country: a vendor has one. Of the orders only that we may see them is looked at.

    With an application of its own the account is one vendor code, else the group that has several.
    """
    params = [*_LEAST, *([("orderingVendorCode", account.seller_id)] if account.private else [])]
    call = Call(GET_PURCHASE_ORDERS, "GET", "/vendor/orders/v1/purchaseOrders", params=params)
    answer = await _answered(spapi, account, call, token, budgets)
    if not isinstance(load_object(answer.body).get("payload"), dict):
        raise Unreadable("The answer holds no purchase orders.", code="no_payload", raw=answer.body)
    return Reached(tuple(store.channel for store in VENDOR_STORES.values() if store.country == account.country))


async def fulfilled_orders(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
    """
    No channel, as the orders are of shops elsewhere; only that we may see them is looked at.

    Of the reading calls of Fulfillment Outbound it is the one that needs no marketplace id, and that Amazon's test
    endpoint plays: getFeatures wants one and is static there, so that it answers Amazon's own example only. Since now,
    for the orders hold their buyers' addresses: there is none to be given.
    """
    since = spapi.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    path = "/fba/outbound/2020-07-01/fulfillmentOrders"
    call = Call(LIST_FULFILLMENT_ORDERS, "GET", path, params=[("queryStartDate", since)])
    answer = await _answered(spapi, account, call, token, budgets)
    if not isinstance(load_object(answer.body).get("payload"), dict):
        raise Unreadable("The answer holds no fulfillment orders.", code="no_payload")
    return Reached()


_LEAST: Sequence[tuple[str, str]] = (("limit", "1"), ("includeDetails", "false"))


async def selling_plan(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> bool | None:
    """
    Whether it is a professional one; None: Amazon calls it something else. Nothing else of the answer, which holds
    names and addresses, is kept.
    """
    answer = await _answered(spapi, account, Call(GET_ACCOUNT, "GET", "/sellers/v1/account"), token, budgets)
    plan = text(part(load_object(answer.body), "payload"), "sellingPlan")
    return plan == "PROFESSIONAL" if plan in {"PROFESSIONAL", "INDIVIDUAL"} else None


async def _told_plan(spapi: Spapi, account: FarAccount, token: AccessToken, budgets: Budgets) -> bool | None:
    """What Amazon tells of it, which it does in Europe only: a probe does not fail for it."""
    if account.region != EU:
        return None
    try:
        return await selling_plan(spapi, account, token, budgets)
    except FarSideError:
        return None


async def _answered(spapi: Spapi, account: FarAccount, call: Call, token: AccessToken, budgets: Budgets) -> Answer:
    answer = await spapi.call(account, call, token, budgets)
    if answer.status != 200:
        raise refusal(answer)
    return answer


def _takes_part(row: Json) -> bool:
    return part(row, "participation").get("isParticipating") is True
