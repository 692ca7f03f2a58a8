"""
The order book: the truth, and what a reader sees of it at a given moment.

A read by id sees a write a few seconds late; lists run minutes behind, and now and then a row comes later still, as the
real lists do (up to `_LATE_LAGS` lags, which is inside the ten-minute overlap a careful reader uses).
"""

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.sandbox.amazon.order import Order, Record, Version
from tests.sandbox.models import seller_key
from tests.sandbox.store import Table

_LATE_ONE_IN = 20
_LATE_LAGS = 2

Entry = tuple[int, str]


@dataclass
class _Shelf:
    """One seller's orders by time: an entry for each version by update, one for each order by creation."""

    updated: list[Entry] = field(default_factory=list)
    created: list[Entry] = field(default_factory=list)


class OrderBook:
    """All orders of all sellers."""

    def __init__(self, records: Table[Record], *, seed: int, list_lag: float, write_visible: float) -> None:
        self._records = records
        self._seed = seed
        self._write_visible = write_visible
        self.list_lag = list_lag
        self._shelves: dict[str, _Shelf] = {}
        for record in records:
            self._shelve(record.order, new=True)
            for version in record.versions[:-1]:
                self._shelve(version.order, new=False)

    def add(self, order: Order) -> None:
        """A new order: readable by id at once, listed with the lists' lag."""
        version = Version(
            order, shown_at=order.updated, listed_at=order.updated + self.list_lag + self._lateness(order)
        )
        self._records.put(order.order_id, Record((version,)))
        self._shelve(order, new=True)

    def change(self, order: Order, now: float, *, effect: bool, shown_after: float | None = None) -> None:
        """
        A newer version of an order; its `updated` rises here. `effect`: a client's write call made it.

        `shown_after` is how many seconds later readers see it (the sandbox's own delay where not given).
        """
        record = self._records.get(order.order_id)
        assert record is not None
        order = replace(order, updated=max(int(now), record.order.updated + 1))
        shown_at = now + (self._write_visible if shown_after is None else shown_after)
        listed_at = max(shown_at, order.updated + self.list_lag) + self._lateness(order)
        kept = self._still_needed(record, now)
        self._records.put(
            order.order_id, Record((*kept, Version(order, shown_at, listed_at)), record.confirmations + int(effect))
        )
        self._shelve(order, new=False)

    def record(self, order_id: str) -> Record | None:
        return self._records.get(order_id)

    def records(self, seller_id: str | None) -> list[Record]:
        return [record for record in self._records if seller_id in (None, record.order.seller_id)]

    def shown(self, order_id: str, now: float) -> Order | None:
        """The order as a read by id sees it now."""
        record = self._records.get(order_id)
        seen = [v.order for v in record.versions if v.shown_at <= now] if record else []
        return seen[-1] if seen else None

    def listed(self, key: str, by: str, start: Entry, end: int, now: float) -> Iterator[Order]:
        """
        A seller's orders as lists see them now, from `start` (exclusive) to `end` (inclusive), oldest first.

        `by` is "updated" or "created"; an order appears at its newest listed version only.
        """
        shelf = self._shelves.get(key, _Shelf())
        entries = shelf.updated if by == "updated" else shelf.created
        for at, order_id in entries[bisect_right(entries, start) : bisect_left(entries, (end + 1, ""))]:
            version = self._listed_version(order_id, now)
            if version is not None and (by == "created" or version.order.updated == at):
                yield version.order

    def hold_back(self, order: Order, until: float) -> bool:
        """Keep a listed version out of lists until then, once; False when it was held back before."""
        record = self._records.get(order.order_id)
        if record is None or any(v.late for v in record.versions if v.order.updated == order.updated):
            return False
        versions = tuple(
            replace(v, listed_at=until, late=True) if v.order.updated == order.updated else v for v in record.versions
        )
        self._records.put(order.order_id, replace(record, versions=versions))
        return True

    def clear(self) -> None:
        self._shelves.clear()

    def _listed_version(self, order_id: str, now: float) -> Version | None:
        record = self._records.get(order_id)
        seen = [v for v in record.versions if v.listed_at <= now] if record else []
        return seen[-1] if seen else None

    def _still_needed(self, record: Record, now: float) -> tuple[Version, ...]:
        """Versions some reader may still be shown: all but those a newer one hides from everyone."""
        versions = record.versions
        hidden = [i for i, v in enumerate(versions) if v.listed_at <= now and v.shown_at <= now]
        first = hidden[-1] if hidden else 0
        shelf = self._shelves[seller_key(record.order.region, record.order.seller_id)]
        for version in versions[:first]:
            entry = (version.order.updated, version.order.order_id)
            del shelf.updated[bisect_left(shelf.updated, entry)]
        return versions[first:]

    def _shelve(self, order: Order, *, new: bool) -> None:
        shelf = self._shelves.setdefault(seller_key(order.region, order.seller_id), _Shelf())
        insort(shelf.updated, (order.updated, order.order_id))
        if new:
            insort(shelf.created, (order.created, order.order_id))

    def _lateness(self, order: Order) -> float:
        digest = hashlib.sha256(f"{self._seed}/late/{order.order_id}/{order.updated}".encode()).digest()
        if digest[0] % _LATE_ONE_IN:
            return 0.0
        return self.list_lag * _LATE_LAGS * digest[1] / 255
