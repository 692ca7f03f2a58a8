"""
New orders, the same ones for the same seed: what `POST /control/orders` asks for, turned into orders.

Where a list of statuses or supply modes is given, lines take them in turn; so they do with destinations.
"""

import hashlib
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.sandbox.octopia.models import Account, channel
from tests.sandbox.octopia.order import Address, Line, Order
from tests.sandbox.octopia.people import person

_SKUS = tuple(f"SKU-{n:03d}" for n in range(1, 11))
_GOODS = ("Gourde isotherme", "Lampe de bureau", "Théière", "Sac à dos 20 L", "Carnet A5", 'Mug "Été"')
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Wish:
    """What the orders of one batch have in common; `lines` are (SKU, quantity), `price` cents a unit."""

    statuses: tuple[str, ...]
    channel: str
    count: int = 1
    seed: int | None = None
    skus: tuple[str, ...] = _SKUS
    lines: tuple[tuple[str, int], ...] = ()
    age_seconds: float = 3600.0
    supply_modes: tuple[str, ...] = ("Seller",)
    destinations: int = 1
    price: int | None = None
    business: bool = False
    reference: str | None = None
    pickup_point: bool = False
    buyer: dict[str, str] | None = None
    extra: dict[str, Any] | None = None


def make_order(wish: Wish, account: Account, *, ordinal: int, number: int, seed: int, now: float) -> Order:
    """Order `number` of a batch, `ordinal` of its seller; `seed` is the sandbox's, the batch's own comes on top."""
    order_id = _order_id(seed, account.seller_id, ordinal)
    rng = Random(f"{seed}/octopia/{wish.seed}/{order_id if wish.seed is None else number}")
    created = int(now - wish.age_seconds - number * min(1.0, wish.age_seconds / 2 / wish.count))
    return Order(
        order_id=order_id,
        seller_id=account.seller_id,
        channel=wish.channel,
        created=created,
        updated=created,
        customer=f"CUST-{rng.getrandbits(32):08X}",
        destinations=_destinations(wish, rng),
        lines=_lines(wish, rng),
        business=wish.business,
        reference=wish.reference,
        delivery_mode="PickupPoint" if wish.pickup_point else "TrackedHomeDelivery",
        extra=wish.extra or {},
    )


def _order_id(seed: int, seller_id: str, ordinal: int) -> str:
    """Ten digits of the seller's and five letters that are the ordinal: no two orders of a seller share one."""
    digits = int(hashlib.sha256(f"{seed}/octopia/{seller_id}".encode()).hexdigest(), 16)
    number, letters = digits // 10**10 + ordinal * 3_141_593, ""
    for _ in range(5):
        number, at = divmod(number, len(_LETTERS))
        letters += _LETTERS[at]
    return f"{digits % 10**10:010d}{letters}"


def _destinations(wish: Wish, rng: Random) -> tuple[Address, ...]:
    made = [person(rng, channel(wish.channel).country) for _ in range(wish.destinations)]
    return tuple(replace(place, **(wish.buyer or {})) for place in made)


def _lines(wish: Wish, rng: Random) -> tuple[Line, ...]:
    wanted = wish.lines
    if not wanted:
        least = max(wish.destinations, len(wish.statuses), len(wish.supply_modes))
        skus = rng.sample(wish.skus, len(wish.skus))
        wanted = tuple((skus[at % len(skus)], rng.randint(1, 3)) for at in range(max(least, rng.randint(1, 2))))
    return tuple(
        Line(
            line_id=f"L{at + 1}",
            sku=sku,
            product_id=f"AUC{hashlib.sha256(sku.encode()).hexdigest()[:10].upper()}",
            title=rng.choice(_GOODS),
            quantity=quantity,
            unit_price=rng.randint(5, 90) * 100 - 1 if wish.price is None else wish.price,
            shipping_cost=rng.choice((0, 0, 490)),
            status=wish.statuses[at % len(wish.statuses)],
            supply_mode=wish.supply_modes[at % len(wish.supply_modes)],
            destination=at % wish.destinations,
        )
        for at, (sku, quantity) in enumerate(wanted)
    )
