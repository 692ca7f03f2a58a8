"""
An order as the marketplace itself keeps it: immutable, so that yesterday's version can still be shown today.

Times are whole seconds since the epoch, quantities units, amounts minor units of the marketplace's currency.
"""

from dataclasses import dataclass, field, replace
from typing import Any

STATUSES = (
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
)


@dataclass(frozen=True)
class Person:
    """A buyer and where the parcel goes; every field but city, state and country is personal data."""

    name: str
    email: str
    street: str
    city: str
    postal_code: str
    state: str
    country: str
    phone: str
    street2: str = ""
    company: str = ""
    purchase_order: str = ""
    address_type: str = "RESIDENTIAL"


@dataclass(frozen=True)
class Line:
    """An order item; `duties` are what a shipper must take care of, by the names of `generator.DUTIES`."""

    order_item_id: str
    sku: str
    asin: str
    title: str
    quantity: int
    unit_price: int
    duties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """A confirmed package: `lines` maps order item ids to units."""

    reference: str
    carrier: str
    tracking_number: str
    ship_time: int
    created: int
    lines: dict[str, int]
    carrier_code: str = ""
    shipping_method: str = ""
    status: str = "SHIPPED"


@dataclass(frozen=True)
class Order:
    """One version of an order; `extra` is merged into the answer as it is, for tests that need an odd field."""

    order_id: str
    seller_id: str
    region: str
    marketplace_id: str
    created: int
    updated: int
    status: str
    fulfilled_by: str
    person: Person
    lines: tuple[Line, ...]
    programs: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    cancel_requested: bool = False
    channel_name: str = "AMAZON"
    extra: dict[str, Any] = field(default_factory=dict)

    def shipped(self) -> dict[str, int]:
        """Units in packages, by order item id."""
        units = {line.order_item_id: 0 for line in self.lines}
        for package in self.packages:
            for item, quantity in package.lines.items():
                units[item] += quantity
        return units

    def unshipped(self) -> dict[str, int]:
        """Units not yet in a package, by order item id."""
        done = self.shipped()
        return {line.order_item_id: max(0, line.quantity - done[line.order_item_id]) for line in self.lines}

    def with_packages(self, packages: tuple[Package, ...]) -> "Order":
        """The order with these packages and the status that follows from them."""
        changed = replace(self, packages=packages)
        if not any(changed.unshipped().values()):
            return replace(changed, status="SHIPPED")
        return replace(changed, status="PARTIALLY_SHIPPED" if any(changed.shipped().values()) else "UNSHIPPED")


@dataclass(frozen=True)
class Version:
    """An order and from when it is seen by id (`shown_at`) and in lists; `late` once a fault held it back."""

    order: Order
    shown_at: float
    listed_at: float
    late: bool = False


@dataclass(frozen=True)
class Record:
    """All versions still needed to answer, the truth last, and how many write calls had an effect."""

    versions: tuple[Version, ...]
    confirmations: int = 0

    @property
    def order(self) -> Order:
        return self.versions[-1].order
