"""The control API's listings: what sellers offer, and taking an offer away."""

import hashlib
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from tests.sandbox.amazon.generator import GOODS
from tests.sandbox.amazon.listing import OWN_WAREHOUSE, SELECTOR, Available, Listing
from tests.sandbox.amazon.stores import STORES, find_store
from tests.sandbox.control import ControlError, Json, control_route
from tests.sandbox.control_orders import one_seller
from tests.sandbox.models import Seller
from tests.sandbox.world import World

_FIELDS = frozenset({
    "seller_id", "region", "skus", "quantity", "fba", "product_type", "marketplace_ids", "lead_time_days",
    "package_weight",
})  # fmt: skip


def listing_routes(world: World) -> list[Route]:
    return [
        control_route(world, "/listings", "POST", _list),
        control_route(world, "/listings", "DELETE", _unlist),
    ]


def _list(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """Listings of these SKUs in the seller's stores, each a second younger than the one before; again = replaced."""
    if unknown := sorted(body.keys() - _FIELDS):
        raise ControlError(f"unknown fields {', '.join(unknown)}")
    seller = one_seller(world, body["seller_id"], body.get("region"))
    skus = [str(sku) for sku in body["skus"]]
    now = world.clock.now()
    for store in _stores(seller, body.get("marketplace_ids")):
        for number, sku in enumerate(skus):
            made = _listing(seller, store, sku, body, now - len(skus) + number)
            old = world.catalogue.find(seller, store, sku, now)
            world.catalogue.put(replace(made, created=old.created, updated=now) if old else made)
    return 201, {"skus": skus, "channels": _stores(seller, body.get("marketplace_ids"))}


def _unlist(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """The seller takes a SKU away, from all stores or one."""
    query = request.query_params
    seller = one_seller(world, query["seller_id"], query.get("region"))
    stores = [query["marketplace_id"]] if "marketplace_id" in query else None
    for store in _stores(seller, stores):
        world.catalogue.remove(seller, store, query["sku"])
    return 200, {"status": "gone"}


def _stores(seller: Seller, asked: list[str] | None) -> list[str]:
    stores = [find_store(seller.region, text) for text in asked] if asked else [STORES[i] for i in seller.channels]
    if any(store is None or store.marketplace_id not in seller.channels for store in stores):
        raise ControlError("the seller does not sell there")
    return [store.marketplace_id for store in stores if store is not None]


def _listing(seller: Seller, store: str, sku: str, body: Json, created: float) -> Listing:
    digest = hashlib.sha256(sku.encode()).digest()
    return Listing(
        seller_id=seller.seller_id,
        region=seller.region,
        marketplace_id=store,
        sku=sku,
        product_type=str(body.get("product_type", "KITCHEN")),
        title=GOODS[digest[0] % len(GOODS)],
        price=(5 + digest[1] % 90) * 10 ** STORES[store].decimals,
        created=created,
        updated=created,
        available=_available(seller, body),
        package_weight=body.get("package_weight"),
    )


def _available(seller: Seller, body: Json) -> Available:
    quantity = int(body.get("quantity", 10))
    if body.get("fba"):
        return ({SELECTOR: f"AMAZON_{seller.region.upper()}", "quantity": quantity},)
    days = int(body.get("lead_time_days", 2))
    return ({SELECTOR: OWN_WAREHOUSE, "quantity": quantity, "lead_time_to_ship_max_days": days},)
