"""The control API's Octopia: clients, sellers, and whom sellers let in. Mistakes raise ValueError with the reason."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from tests.sandbox.octopia.catalogue import Offer
from tests.sandbox.octopia.models import CDISCOUNT, Account, Client
from tests.sandbox.octopia.order import SUPPLY_MODES
from tests.sandbox.world import World

Json = dict[str, Any]
NAME = "octopia"
_OFFER = frozenset({"sku", "quantity", "channels", "gtin", "title", "price", "supply_mode"})
_USUAL_QUANTITY = 100


def add_client(world: World, body: Json) -> tuple[int, Any]:
    """An aggregator's credentials, or with `seller_id` that seller's own, or new secrets for them."""
    client = Client(body["client_id"], tuple(body["client_secrets"]), body.get("seller_id"))
    world.octopia.clients.put(client.client_id, client)
    return 201, {"client_id": client.client_id}


def add_account(world: World, body: Json) -> tuple[int, Any]:
    """A seller, again = replaced; `own_client`: credentials of its own, good for itself only."""
    seller_id = str(body.get("seller_id") or int(world.draw("octopia.seller")[:6], 16) + 100_000)
    channels = tuple(body.get("channels") or (CDISCOUNT,))
    account = Account(
        seller_id,
        channels,
        bool(body.get("delegated", True)),
        bool(body.get("auto_accept", True)),
        str(body.get("sub_state", "ActiveSeller")),
    )
    world.octopia.accounts.put(seller_id, account)
    if own := body.get("own_client"):
        world.octopia.clients.put(
            own["client_id"], Client(own["client_id"], (own["client_secret"],), seller_id=seller_id)
        )
    _put_offers(world, account, body.get("skus", ()))
    return 201, account_json(account)


def account_json(account: Account) -> Json:
    told = {"channels": list(account.channels), "let_in": list(account.let_in)}
    return {"marketplace": NAME, **account.__dict__, **told}


def delegate(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """The seller lets aggregators in on the portal's page, or those whose client ids it types; or withdraws that."""
    account = _account(world, request.path_params["seller_id"])
    account = replace(account, delegated=bool(body.get("delegated", False)), let_in=tuple(body.get("client_ids", ())))
    world.octopia.accounts.put(account.seller_id, account)
    return 200, account_json(account)


def add_offers(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """Offers of a seller, again = replaced, with the quantity all its channels show."""
    _put_offers(world, _account(world, body["seller_id"]), body["offers"])
    return 201, {"offers": len(body["offers"])}


def stock_of(world: World, seller_id: str) -> dict[str, dict[str, int]]:
    """What buyers see, by SKU and channel."""
    account, found = _account(world, seller_id), dict[str, dict[str, int]]()
    for offer in world.octopia.offers_of(account, world.clock.now()):
        found.setdefault(offer.sku, {})[offer.channel] = world.octopia.catalogue.quantity(offer)
    return found


def _account(world: World, seller_id: str) -> Account:
    account = world.octopia.accounts.get(seller_id)
    if account is None:
        raise ValueError("no such seller of Octopia's")
    return account


def _put_offers(world: World, account: Account, wanted: Iterable[str | Json]) -> None:
    """A SKU alone stands for an offer with nothing special."""
    for item in wanted:
        wish = {"sku": item} if isinstance(item, str) else item
        if unknown := sorted(wish.keys() - _OFFER):
            raise ValueError(f"unknown fields {', '.join(unknown)}; known: {', '.join(sorted(_OFFER))}")
        channels = wish.get("channels", account.channels)
        if strange := sorted(set(channels) - set(account.channels)):
            raise ValueError(f"the seller does not sell on {', '.join(strange)}")
        if wish.get("supply_mode", "Seller") not in SUPPLY_MODES:
            raise ValueError(f"supply_mode is one of {', '.join(SUPPLY_MODES)}")
        for channel in channels:
            _put_offer(world, account, channel, wish)


def _put_offer(world: World, account: Account, channel: str, wish: Json) -> None:
    now, sku, quantity = world.clock.now(), str(wish["sku"]), int(wish.get("quantity", _USUAL_QUANTITY))
    digits = int(hashlib.sha256(sku.encode()).hexdigest(), 16)
    offer = Offer(
        seller_id=account.seller_id,
        channel=channel,
        sku=sku,
        gtin=wish.get("gtin") or f"376{digits % 10**10:010d}",
        title=wish.get("title") or f"Article {sku}",
        price=int((Decimal(str(wish.get("price", "19.99"))) * 100).to_integral_value()),
        created=int(now),
        updated=int(now),
        supply_mode=wish.get("supply_mode", "Seller"),
        warehouse=quantity,
    )
    world.octopia.catalogue.put(offer)
    if offer.supply_mode == "Seller":
        world.octopia.catalogue.set_quantity(account, sku, quantity, now)
