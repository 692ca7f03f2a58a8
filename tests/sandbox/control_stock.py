"""The control API's stock: what buyers see of a seller's offers, whatever the marketplace."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from tests.sandbox.amazon.catalogue import amazon_stock
from tests.sandbox.control import ControlError, Json, control_route
from tests.sandbox.control_octopia import NAME as OCTOPIA
from tests.sandbox.control_octopia import stock_of
from tests.sandbox.world import World

AMAZON = "amazon"
StockOf = Callable[[World, str], dict[str, dict[str, int]]]

# By marketplace: the quantities of a seller, by SKU and channel.
STOCK: dict[str, StockOf] = {AMAZON: amazon_stock, OCTOPIA: stock_of}


def stock_routes(world: World) -> list[Route]:
    return [control_route(world, "/stock", "GET", _stock)]


def _stock(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """All SKUs of a seller, or one; a SKU that is offered nowhere is not there."""
    seller_id, sku = request.query_params["seller_id"], request.query_params.get("sku")
    found = STOCK[_marketplace(world, seller_id)](world, seller_id)
    return 200, {"stock": {name: quantities for name, quantities in found.items() if sku in (None, name)}}


def _marketplace(world: World, seller_id: str) -> str:
    if world.octopia.accounts.get(seller_id):
        return OCTOPIA
    if world.sellers_named(seller_id):
        return AMAZON
    raise ControlError("no such seller")
