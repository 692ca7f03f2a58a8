"""The control API's orders at Octopia: planting them, the truth about them, and changing them. See `control_orders`."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.sandbox.octopia.generator import Wish, make_order
from tests.sandbox.octopia.models import CDISCOUNT, Account
from tests.sandbox.octopia.order import LINE_STATUSES, SUPPLY_MODES, Address, Order, Parcel, Record
from tests.sandbox.world import World

Json = dict[str, Any]
_FIELDS = frozenset({
    "seller_id", "count", "seed", "skus", "lines", "age_seconds", "status", "supply_mode", "channel", "destinations",
    "price", "business", "reference", "pickup_point", "buyer", "extra",
})  # fmt: skip
_ADDRESS = frozenset(Address.__dataclass_fields__)


def plant(world: World, account: Account, body: Json) -> list[str]:
    """New orders; their ids."""
    wish = _wish(account, body)
    made = []
    for number in range(wish.count):
        ordinal = world.next_number(f"octopia.orders/{account.seller_id}")
        made.append(
            make_order(wish, account, ordinal=ordinal, number=number, seed=world.options.seed, now=world.clock.now())
        )
    world.octopia.offers_of(account, world.clock.now())  # packages that are due come before the sale
    for order in made:
        world.octopia.book.add(order)
        world.octopia.catalogue.sold(account, order, world.clock.now())
    return [order.order_id for order in made]


def _wish(account: Account, body: Json) -> Wish:
    if unknown := sorted(body.keys() - _FIELDS):
        raise ValueError(f"unknown fields {', '.join(unknown)}")
    given = {name: value for name, value in body.items() if name != "seller_id" and value is not None}
    channel = given.setdefault("channel", account.channels[0])
    if channel not in account.channels:
        raise ValueError(f"the seller does not sell on {channel}")
    usual = "WaitingAcceptance" if channel == CDISCOUNT and not account.auto_accept else "InPreparation"
    given["statuses"] = _several(given.pop("status", usual), LINE_STATUSES)
    given["supply_modes"] = _several(given.pop("supply_mode", "Seller"), SUPPLY_MODES)
    given["lines"] = tuple((str(line["sku"]), int(line["quantity"])) for line in given.get("lines", ()))
    if "skus" in given:
        given["skus"] = tuple(given["skus"])
    if "price" in given:
        given["price"] = int((Decimal(str(given["price"])) * 100).to_integral_value())
    if "WaitingAcceptance" in given["statuses"] and channel != CDISCOUNT:
        raise ValueError("only Cdiscount's orders wait for acceptance")
    _check_buyer(given.get("buyer", {}))
    return Wish(**given)


def _several(value: str | list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else tuple(value)
    if not words or set(words) - set(known):
        raise ValueError(f"{value!r}: one or several of {', '.join(known)}")
    return words


def _check_buyer(fields: Json) -> None:
    if unknown := sorted(fields.keys() - _ADDRESS):
        raise ValueError(f"unknown buyer fields {', '.join(unknown)}; known: {', '.join(sorted(_ADDRESS))}")


def truths(world: World, seller_id: str | None) -> list[Json]:
    """All orders as they really are, whatever readers are shown yet."""
    return [_order_json(record) for record in world.octopia.book.records(seller_id, world.clock.now())]


def _order_json(record: Record) -> Json:
    order = record.order
    return {
        "order_id": order.order_id,
        "seller_id": order.seller_id,
        "marketplace_id": order.channel,
        "status": order.status,
        "lines": [
            {
                "order_item_id": x.line_id,
                "sku": x.sku,
                "quantity": x.quantity,
                "shipped": x.quantity if x.parcels else 0,
                "status": x.status,
                "supply_mode": x.supply_mode,
            }
            for x in order.lines
        ],
        "packages": [
            {
                "reference": None,
                "carrier": parcel.carrier,
                "tracking_number": parcel.number,
                "tracking_url": parcel.url,
                "lines": [{"order_item_id": x.line_id, "quantity": x.quantity} for x in lines],
            }
            for parcel, lines in order.packages().items()
        ],
        "confirmations": record.confirmations,
    }


def change(world: World, order_id: str, body: Json) -> Json | None:
    """The order after the changes; None: Octopia has no such order."""
    now = world.clock.now()
    record = world.octopia.book.record(order_id, now)
    if record is None:
        return None
    order = record.order
    for name, value in body.items():
        order = _changed(order, name, value, int(now))
    world.octopia.book.change(order, now, effect=False)
    changed = world.octopia.book.record(order_id, now)
    assert changed is not None
    return _order_json(changed)


def _changed(order: Order, name: str, value: Any, now: int) -> Order:
    """One change, as a seller, a buyer, a carrier or the marketplace makes it."""
    match name:
        case "cancel" if value:
            return order.with_status("Cancelled", None if value is True else frozenset(value))
        case "buyer_cancel" if value:
            return order.with_status("CancelRequest")
        case "release" if value:
            return order.with_status("InPreparation")
        case "deliver" if value:
            return order.with_status("Delivered", frozenset(x.line_id for x in order.lines if x.parcels))
        case "status" if value in LINE_STATUSES:
            return order.with_status(value, frozenset(x.line_id for x in order.lines))
        case "quantity":
            lines = tuple(replace(x, quantity=int(value.get(x.line_id, x.quantity))) for x in order.lines)
            return replace(order, lines=lines)
        case "ship":
            return _shipped_by_hand(order, value, now)
        case "buyer":
            _check_buyer(value)
            return replace(order, destinations=tuple(replace(place, **value) for place in order.destinations))
    raise ValueError(f"unknown change {name}")


def _shipped_by_hand(order: Order, ship: Json, now: int) -> Order:
    """The seller declared a parcel in the portal, or another system did; all it ships unless `lines` (ids) say."""
    lines = frozenset(ship.get("lines") or (x.line_id for x in order.sellers_lines if not x.parcels))
    return order.with_parcel(Parcel(ship["tracking_number"], ship["carrier"], ship.get("tracking_url"), now), lines)
