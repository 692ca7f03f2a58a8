"""
What sellers offer, and how many there are.

A seller's own stock of a SKU is one number, shown on every channel it is offered on. An offer fulfilled by the
marketplace shows the number in the marketplace's warehouse, which the seller cannot set.
"""

from dataclasses import dataclass, replace

from tests.sandbox.octopia.models import Account
from tests.sandbox.octopia.order import Order
from tests.sandbox.store import Table


@dataclass(frozen=True)
class Offer:
    """A SKU on a channel; `price` in cents, `warehouse` units at the marketplace. Times are whole seconds."""

    seller_id: str
    channel: str
    sku: str
    gtin: str
    title: str
    price: int
    created: int
    updated: int
    supply_mode: str = "Seller"
    warehouse: int = 0

    @property
    def key(self) -> str:
        return f"{self.seller_id}/{self.channel}/{self.sku}"

    @property
    def offer_id(self) -> str:
        return f"{self.seller_id}_{self.gtin}_New_{self.channel}"


class Catalogue:
    """All offers, and the sellers' own stock by SKU."""

    def __init__(self, offers: Table[Offer], stock: Table[int]) -> None:
        self._offers = offers
        self._stock = stock

    def put(self, offer: Offer) -> None:
        self._offers.put(offer.key, offer)

    def remove(self, offer: Offer) -> None:
        self._offers.remove(offer.key)

    def get(self, seller_id: str, channel: str, sku: str) -> Offer | None:
        return self._offers.get(f"{seller_id}/{channel}/{sku}")

    def offers(self, seller_id: str) -> list[Offer]:
        return [offer for offer in self._offers if offer.seller_id == seller_id]

    def quantity(self, offer: Offer) -> int:
        """What buyers see."""
        if offer.supply_mode != "Seller":
            return offer.warehouse
        return self._stock.get(f"{offer.seller_id}/{offer.sku}") or 0

    def set_quantity(self, account: Account, sku: str, quantity: int, now: float) -> None:
        """The seller's stock of a SKU; every offer that shows it is updated by that."""
        key = f"{account.seller_id}/{sku}"
        if self._stock.get(key) == quantity:
            return
        self._stock.put(key, quantity)
        for channel in account.channels:
            offer = self.get(account.seller_id, channel, sku)
            if offer is not None and offer.supply_mode == "Seller":
                self.put(replace(offer, updated=int(now)))

    def sold(self, account: Account, order: Order, now: float) -> None:
        """A sale lowers what is shown, not below nothing."""
        for line in order.lines:
            offer = self.get(order.seller_id, order.channel, line.sku)
            if offer is None or not line.live:
                continue
            left = max(0, self.quantity(offer) - line.quantity)
            if offer.supply_mode == "Seller":
                self.set_quantity(account, line.sku, left, now)
            else:
                self.put(replace(offer, warehouse=left, updated=int(now)))
