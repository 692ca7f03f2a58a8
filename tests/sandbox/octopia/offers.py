"""
listOffers: a channel's offers, paged by a cursor.

Id, reference, state and dates are always there; the rest is unless `fields` names less. An offer with nothing left is
Inactive. What `expand` adds is not documented: here an empty list of messages.
"""

from typing import Any

from tests.sandbox.octopia.catalogue import Offer
from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.cursor import PAGING, page
from tests.sandbox.octopia.errors import invalid
from tests.sandbox.octopia.query import csv, known, moment
from tests.sandbox.octopia.render import date, money

Json = dict[str, Any]
PARAMETERS = PAGING | {
    "salesChannelId", "fields", "expand", "offerIds", "offerStates", "gtins", "sellerExternalReferences",
    "updatedAtMin",
}  # fmt: skip
_ALWAYS = ("offerId", "sellerExternalReference", "offerState", "createdAt", "updatedAt")


def list_offers(ctx: Context) -> Reply:
    """One page; raises 400 without a channel."""
    if not ctx.query.get("salesChannelId"):
        raise invalid("salesChannelId", "The salesChannelId field is required.")
    known("expand", ("salesChannelFeedback",), csv(ctx, "expand"))
    offers, headers = page(ctx, sorted((offer.sku, offer) for offer in _found(ctx)))
    rows = [_picked(ctx, _offer_json(ctx, offer)) for offer in offers]
    if rows and ctx.take("malformed_record"):
        rows[len(rows) // 2] |= {"sellerExternalReference": None, "offerState": {}}
    return Reply({"itemsPerPage": len(rows), "items": rows}, headers=headers)


def _found(ctx: Context) -> list[Offer]:
    channel, states = ctx.query["salesChannelId"], csv(ctx, "offerStates")
    known("offerStates", ("Active", "Inactive"), states)
    since = moment(ctx, "updatedAtMin") if "updatedAtMin" in ctx.query else 0.0
    ids, gtins, skus = csv(ctx, "offerIds"), csv(ctx, "gtins"), csv(ctx, "sellerExternalReferences")
    return [
        offer
        for offer in ctx.octopia.offers_of(ctx.account, ctx.world.clock.now())
        if offer.channel == channel
        and offer.updated >= since
        and (not states or _state(ctx, offer) in states)
        and (not ids or offer.offer_id in ids)
        and (not gtins or offer.gtin in gtins)
        and (not skus or offer.sku in skus)
    ]


def _state(ctx: Context, offer: Offer) -> str:
    return "Active" if ctx.octopia.catalogue.quantity(offer) else "Inactive"


def _offer_json(ctx: Context, offer: Offer) -> Json:
    return {
        "offerId": offer.offer_id,
        "sellerExternalReference": offer.sku,
        "offerState": _state(ctx, offer),
        "createdAt": date(offer.created),
        "updatedAt": date(offer.updated),
        "salesChannelId": offer.channel,
        "product": {"gtin": offer.gtin, "title": offer.title},
        "condition": "New",
        "facialPrice": {"price": money(offer.price)},
        "quantity": ctx.octopia.catalogue.quantity(offer),
        "supplyMode": offer.supply_mode,
        "preparationTime": 1,
    }


def _picked(ctx: Context, row: Json) -> Json:
    """The row with the fields asked for (dotted names go one level down), or with what `expand` adds."""
    names = csv(ctx, "fields")
    if not names:
        return row | ({"salesChannelFeedback": {"messages": []}} if csv(ctx, "expand") else {})
    picked = {name: row[name] for name in _ALWAYS}
    for name, _, below in (text.partition(".") for text in names):
        if name in row:
            picked[name] = {below: row[name].get(below)} | picked.get(name, {}) if below else row[name]
    return picked
