"""The control API's orders: planting them, the truth about them, and changing them as sellers and buyers do."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from tests.sandbox.amazon.generator import DUTIES, Wish, make_order
from tests.sandbox.amazon.order import STATUSES, Order, Package, Person, Record
from tests.sandbox.amazon.stores import STORES, find_store
from tests.sandbox.control import ControlError, Json, control_route
from tests.sandbox.control_octopia_orders import change, plant, truths
from tests.sandbox.models import Seller
from tests.sandbox.world import World

_WISHES = frozenset(Wish.__dataclass_fields__) | {"seller_id", "region"}
_PERSON = frozenset(Person.__dataclass_fields__)


def order_routes(world: World) -> list[Route]:
    return [
        control_route(world, "/orders", "POST", _plant),
        control_route(world, "/orders", "GET", _truth),
        control_route(world, "/orders/{order_id}", "PATCH", _change),
    ]


def _plant(world: World, request: Request, body: Json) -> tuple[int, Any]:
    if account := world.octopia.accounts.get(body["seller_id"]):
        return 201, {"order_ids": plant(world, account, body)}
    seller = one_seller(world, body["seller_id"], body.get("region"))
    wish, now = _wish(seller, body), world.clock.now()
    made = []
    for number in range(wish.count):
        ordinal = world.next_number(f"orders/{seller.key}")
        made.append(make_order(wish, seller, ordinal=ordinal, number=number, seed=world.options.seed, now=now))
    for order in made:
        world.book.add(order)
        world.catalogue.sell(order, now)
    return 201, {"order_ids": [order.order_id for order in made]}


def one_seller(world: World, seller_id: str, region: str | None) -> Seller:
    """The seller named; `region` is needed only for one who sells in several."""
    found = [seller for seller in world.sellers_named(seller_id) if region in (None, seller.region)]
    if len(found) != 1:
        raise ControlError("no such seller" if not found else "the seller sells in several regions: name one")
    return found[0]


def _wish(seller: Seller, body: Json) -> Wish:
    if unknown := sorted(body.keys() - _WISHES):
        raise ControlError(f"unknown fields {', '.join(unknown)}")
    given = {name: value for name, value in body.items() if name not in ("seller_id", "region") and value is not None}
    for name in ("skus", "programs", "duties"):
        if name in given:
            given[name] = tuple(given[name])
    if "lines" in given:
        given["lines"] = tuple((str(line["sku"]), int(line["quantity"])) for line in given["lines"])
    if "marketplace_id" in given:
        given["marketplace_id"] = _channel(seller, given["marketplace_id"])
    if "price" in given:
        store = STORES[given.get("marketplace_id", seller.channels[0])]
        given["price"] = int((Decimal(str(given["price"])) * 10**store.decimals).to_integral_value())
    wish = Wish(**given)
    _check(wish)
    return wish


def _channel(seller: Seller, text: str) -> str:
    store = find_store(seller.region, text)
    if store is None or store.marketplace_id not in seller.channels:
        raise ControlError(f"the seller does not sell in {text}")
    return store.marketplace_id


def _check(wish: Wish) -> None:
    if wish.status not in STATUSES or wish.fulfilled_by not in ("MERCHANT", "AMAZON"):
        raise ControlError(f"status is one of {', '.join(STATUSES)}, fulfilled_by MERCHANT or AMAZON")
    if unknown := sorted(set(wish.duties) - set(DUTIES)):
        raise ControlError(f"unknown duties {', '.join(unknown)}; known: {', '.join(DUTIES)}")
    if unknown := sorted((wish.buyer or {}).keys() - _PERSON):
        raise ControlError(f"unknown buyer fields {', '.join(unknown)}; known: {', '.join(sorted(_PERSON))}")


def _truth(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """All orders as they really are, whatever readers are shown yet."""
    seller_id = request.query_params.get("seller_id")
    return 200, {
        "orders": [*(_order_json(record) for record in world.book.records(seller_id)), *truths(world, seller_id)]
    }


def _order_json(record: Record) -> Json:
    order = record.order
    shipped = order.shipped()
    return {
        "order_id": order.order_id,
        "seller_id": order.seller_id,
        "region": order.region,
        "marketplace_id": order.marketplace_id,
        "status": order.status,
        "lines": [
            {
                "order_item_id": x.order_item_id,
                "sku": x.sku,
                "quantity": x.quantity,
                "shipped": shipped[x.order_item_id],
            }
            for x in order.lines
        ],
        "packages": [_package_json(package) for package in order.packages],
        "confirmations": record.confirmations,
    }


def _package_json(package: Package) -> Json:
    return {
        "reference": package.reference,
        "carrier": package.carrier,
        "tracking_number": package.tracking_number,
        "tracking_url": None,
        "lines": [{"order_item_id": item, "quantity": quantity} for item, quantity in package.lines.items()],
    }


def _change(world: World, request: Request, body: Json) -> tuple[int, Any]:
    record = world.book.record(request.path_params["order_id"])
    if record is None:
        if (elsewhere := change(world, request.path_params["order_id"], body)) is None:
            raise ControlError("no such order")
        return 200, elsewhere
    order, now = record.order, world.clock.now()
    for name, value in body.items():
        order = _changed(order, name, value, int(now))
    world.book.change(order, now, effect=False)
    changed = world.book.record(order.order_id)
    assert changed is not None
    return 200, _order_json(changed)


def _changed(order: Order, name: str, value: Any, now: int) -> Order:
    """One change, as a seller, a buyer or a carrier makes it."""
    match name:
        case "cancel" if value:
            return replace(order, status="CANCELLED")
        case "buyer_cancel":
            return replace(order, cancel_requested=bool(value))
        case "status" if value in STATUSES:
            return replace(order, status=value)
        case "quantity":
            lines = tuple(replace(x, quantity=int(value.get(x.order_item_id, x.quantity))) for x in order.lines)
            changed = replace(order, lines=lines)
            return changed.with_packages(order.packages) if order.packages else changed
        case "ship":
            return _shipped_by_hand(order, value, now)
        case "deliver" if value:
            return replace(order, packages=tuple(replace(p, status="DELIVERED") for p in order.packages))
        case "buyer":
            return replace(order, person=replace(order.person, **value))
    raise ControlError(f"unknown change {name}")


def _shipped_by_hand(order: Order, ship: Json, now: int) -> Order:
    """The seller confirmed a package in Seller Central, or another system did; all that is left unless `lines` say."""
    lines = {x["order_item_id"]: int(x["quantity"]) for x in ship.get("lines", ())}
    package = Package(
        reference=str(ship.get("reference", len(order.packages) + 1)),
        carrier=ship["carrier"],
        carrier_code=ship["carrier"],
        tracking_number=ship["tracking_number"],
        ship_time=now,
        created=now,
        lines=lines or {item: quantity for item, quantity in order.unshipped().items() if quantity},
    )
    return order.with_packages((*order.packages, package))
