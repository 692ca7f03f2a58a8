"""
A listing as Amazon itself keeps it: a SKU of a seller in one store, and the changes that are accepted but not applied.

Times are seconds since the epoch. `available` is the attribute fulfillment_availability, in its own words.
"""

from dataclasses import dataclass, replace
from typing import Any

from tests.sandbox.models import seller_key

Available = tuple[dict[str, Any], ...]

SELECTOR = "fulfillment_channel_code"
OWN_WAREHOUSE = "DEFAULT"


@dataclass(frozen=True)
class Change:
    """A patch that was accepted: applied at `at`, shown to readers `hidden_seconds` later."""

    at: float
    op: str
    values: Available
    hidden_seconds: float = 0.0


@dataclass(frozen=True)
class Listing:
    """
    `hidden`: what readers are still shown until `hidden_until`. `package_weight`: the attribute item_package_weight, as
    the seller sent it, without its store; None: they never did.
    """

    seller_id: str
    region: str
    marketplace_id: str
    sku: str
    product_type: str
    title: str
    price: int
    created: float
    updated: float
    available: Available
    waiting: tuple[Change, ...] = ()
    hidden: Available = ()
    hidden_until: float = 0.0
    package_weight: dict[str, Any] | None = None

    @property
    def units(self) -> int:
        """In the seller's own warehouse, else in Amazon's: the truth, whatever readers are shown."""
        own_first = sorted(self.available, key=lambda one: one[SELECTOR] != OWN_WAREHOUSE)
        return int(own_first[0].get("quantity", 0)) if own_first else 0

    @property
    def account(self) -> str:
        return seller_key(self.region, self.seller_id)

    def shown(self, now: float) -> Available:
        return self.hidden if now < self.hidden_until else self.available

    def buyable(self, now: float) -> bool:
        """Not sold out, as readers are shown it."""
        return any(one.get("quantity", 1) for one in self.shown(now))

    def settled(self, now: float) -> "Listing":
        """The listing with the changes whose time has come."""
        done, due = self, [change for change in self.waiting if change.at <= now]
        for change in due:
            if change.hidden_seconds:
                done = replace(done, hidden=done.available, hidden_until=change.at + change.hidden_seconds)
            available = applied(done.available, change.op, change.values)
            done = replace(done, available=available, updated=change.at)
        return replace(done, waiting=self.waiting[len(due) :])

    def sold(self, units: int, now: float) -> "Listing":
        """Fewer of the seller's own; Amazon's warehouse counts for itself."""
        available = tuple(
            {**one, "quantity": max(0, int(one.get("quantity", 0)) - units)} if one[SELECTOR] == OWN_WAREHOUSE else one
            for one in self.available
        )
        return replace(self, available=available, updated=now)


def applied(available: Available, op: str, values: Available) -> Available:
    """
    The attribute after a patch, entry by entry of the same warehouse.

    `merge` changes what it names and leaves the rest; `replace` and `add` leave nothing of the entry, so that a
    handling time is lost; each adds a warehouse that is not there yet, also beside Amazon's (models#4406, docs#1714).
    """
    done = {one[SELECTOR]: one for one in available}
    for value in values:
        code = value[SELECTOR]
        if op == "delete":
            done.pop(code, None)
        else:
            done[code] = {**done.get(code, {}), **value} if op == "merge" else dict(value)
    return tuple(done.values())
