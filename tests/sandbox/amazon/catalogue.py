"""All listings of all sellers: found by store and SKU, changed by patches, lowered by sales."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.sandbox.amazon.listing import Change, Listing
from tests.sandbox.amazon.order import Order
from tests.sandbox.models import Seller, seller_key
from tests.sandbox.store import Table

if TYPE_CHECKING:
    from tests.sandbox.world import World

_SOLD = ("PENDING", "PENDING_AVAILABILITY", "UNSHIPPED", "PARTIALLY_SHIPPED")


class Catalogue:
    """Every listing handed out is as it is now: accepted changes whose time has come are applied before."""

    def __init__(self, listings: Table[Listing], *, applied_after: float) -> None:
        self._listings = listings
        self.applied_after = applied_after
        self._stores: dict[str, dict[str, str]] = {}
        for listing in listings:
            self._shelve(listing)

    def put(self, listing: Listing) -> None:
        """A new listing, or a newer state of one."""
        self._listings.put(_key(listing), listing)
        self._shelve(listing)

    def remove(self, seller: Seller, marketplace_id: str, sku: str) -> None:
        key = self._stores.get(_store(seller, marketplace_id), {}).pop(sku, None)
        if key is not None:
            self._listings.remove(key)

    def find(self, seller: Seller, marketplace_id: str, sku: str, now: float) -> Listing | None:
        key = self._stores.get(_store(seller, marketplace_id), {}).get(sku)
        return self._settled(key, now) if key is not None else None

    def in_store(self, seller: Seller, marketplace_id: str, now: float) -> list[Listing]:
        """In the order they were listed."""
        return [self._settled(key, now) for key in self._stores.get(_store(seller, marketplace_id), {}).values()]

    def accept(self, listing: Listing, changes: Sequence[Change]) -> None:
        self.put(replace(listing, waiting=(*listing.waiting, *changes)))

    def sell(self, order: Order, now: float) -> None:
        """What an order takes from its store, where the store lists it and the seller ships it."""
        if order.fulfilled_by != "MERCHANT" or order.channel_name != "AMAZON" or order.status not in _SOLD:
            return
        listed = self._stores.get(f"{seller_key(order.region, order.seller_id)}/{order.marketplace_id}", {})
        for line in order.lines:
            if line.sku in listed:
                self.put(self._settled(listed[line.sku], now).sold(line.quantity, now))

    def clear(self) -> None:
        self._stores.clear()

    def _settled(self, key: str, now: float) -> Listing:
        listing = self._listings.get(key)
        assert listing is not None
        if listing.waiting and listing.waiting[0].at <= now:
            listing = listing.settled(now)
            self._listings.put(key, listing)
        return listing

    def _shelve(self, listing: Listing) -> None:
        store = self._stores.setdefault(f"{listing.account}/{listing.marketplace_id}", {})
        store[listing.sku] = _key(listing)


def amazon_stock(world: "World", seller_id: str) -> dict[str, dict[str, int]]:
    """What a seller's stores really have, by SKU and store, whatever readers are shown: own units, else Amazon's."""
    found: dict[str, dict[str, int]] = {}
    for seller in world.sellers_named(seller_id):
        for store in seller.channels:
            for listing in world.catalogue.in_store(seller, store, world.clock.now()):
                found.setdefault(listing.sku, {})[store] = listing.units
    return found


def _store(seller: Seller, marketplace_id: str) -> str:
    return f"{seller.key}/{marketplace_id}"


def _key(listing: Listing) -> str:
    return f"{listing.account}/{listing.marketplace_id}/{listing.sku}"
