"""
New orders, the same ones for the same seed: what `POST /control/orders` asks for, turned into orders.

Dates lie at least `age_seconds` back (the lists' lag hides younger orders), spread over half of that again.
"""

import hashlib
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.sandbox.amazon.order import Line, Order, Package, Person
from tests.sandbox.amazon.people import person
from tests.sandbox.amazon.stores import STORES, Store
from tests.sandbox.models import Seller

DUTIES = (
    "transparency",
    "serial_number",
    "signature",
    "age_check",
    "identity_check",
    "pallet",
    "cash_on_delivery",
    "ioss",
    "gift",
    "customized",
    "label_window",
)
_SKUS = tuple(f"SKU-{n:03d}" for n in range(1, 11))
GOODS = ("Gourde isotherme", "Desk lamp", "Teekanne", "Backpack 20 L", "Quaderno A5", "Yoga mat", 'Mug "Été"')


@dataclass(frozen=True)
class Wish:
    """What the orders of one batch have in common."""

    count: int = 1
    seed: int | None = None
    skus: tuple[str, ...] = _SKUS
    lines: tuple[tuple[str, int], ...] = ()
    age_seconds: float = 3600.0
    status: str = "UNSHIPPED"
    fulfilled_by: str = "MERCHANT"
    programs: tuple[str, ...] = ()
    buyer_cancel: bool = False
    price: int | None = None
    marketplace_id: str | None = None
    buyer: dict[str, str] | None = None
    pickup_point: bool = False
    duties: tuple[str, ...] = ()
    channel_name: str = "AMAZON"
    extra: dict[str, Any] | None = None


def make_order(wish: Wish, seller: Seller, *, ordinal: int, number: int, seed: int, now: float) -> Order:
    """Order `number` of a batch, `ordinal` of its seller; `seed` is the sandbox's, the batch's own comes on top."""
    store = STORES[wish.marketplace_id or seller.channels[0]]
    order_id = _order_id(seed, seller, ordinal)
    rng = Random(f"{seed}/{wish.seed}/{order_id if wish.seed is None else number}")
    created = int(now - wish.age_seconds - number * min(1.0, wish.age_seconds / 2 / wish.count))
    order = Order(
        order_id=order_id,
        seller_id=seller.seller_id,
        region=seller.region,
        marketplace_id=store.marketplace_id,
        created=created,
        updated=created,
        status=wish.status,
        fulfilled_by=wish.fulfilled_by,
        person=_person(wish, rng, store),
        lines=_lines(wish, rng, store, order_id),
        programs=wish.programs,
        cancel_requested=wish.buyer_cancel,
        channel_name=wish.channel_name,
        extra=wish.extra or {},
    )
    return _already_shipped(order, created)


def _order_id(seed: int, seller: Seller, ordinal: int) -> str:
    """Three groups of digits; the last seven are the ordinal, so that no two orders of a seller share one."""
    digits = int(hashlib.sha256(f"{seed}/{seller.key}".encode()).hexdigest(), 16)
    return f"902-{digits % 10**7:07d}-{(digits // 10**7 + ordinal * 3_141_593) % 10**7:07d}"


def _person(wish: Wish, rng: Random, store: Store) -> Person:
    made = person(rng, store)
    if wish.pickup_point:
        made = replace(made, address_type="PICKUP_POINT", company="Point Relais 0421")
    return replace(made, **(wish.buyer or {}))


def _lines(wish: Wish, rng: Random, store: Store, order_id: str) -> tuple[Line, ...]:
    wanted = wish.lines or tuple(
        (sku, rng.randint(1, 3)) for sku in rng.sample(wish.skus, min(len(wish.skus), rng.randint(1, 2)))
    )
    base = int(order_id.replace("-", "")[3:])
    return tuple(
        Line(
            order_item_id=f"{(base * 7 + position + 1) % 10**14:014d}",
            sku=sku,
            asin=f"B0{hashlib.sha256(sku.encode()).hexdigest()[:8].upper()}",
            title=rng.choice(GOODS),
            quantity=quantity,
            unit_price=rng.randint(5, 90) * 10**store.decimals - store.decimals // 2
            if wish.price is None
            else wish.price,
            duties=wish.duties,
        )
        for position, (sku, quantity) in enumerate(wanted)
    )


def _already_shipped(order: Order, created: int) -> Order:
    """Orders wanted as (partly) shipped get the package that made them so."""
    if order.status not in ("SHIPPED", "PARTIALLY_SHIPPED") or order.fulfilled_by == "AMAZON":
        return order
    units = order.unshipped()
    if order.status == "PARTIALLY_SHIPPED":
        first = order.lines[0]
        units = {first.order_item_id: max(1, first.quantity - 1)}
    package = Package("1", "DHL", f"JD{order.order_id.replace('-', '')}", created, created, units, carrier_code="DHL")
    return replace(order, packages=(package,))
