"""
The order book of Octopia: the truth, and what a reader sees of it at a given moment.

Reads see a write a few seconds late. Lists are otherwise up to date (no lag of theirs is known) but move: the newest
update comes first, so every update shifts what follows to later places, and to later pages.
"""

from dataclasses import replace

from tests.sandbox.octopia.order import Order, Record, Version
from tests.sandbox.store import Table


class OctopiaBook:
    """All orders of all sellers."""

    def __init__(self, records: Table[Record], *, write_visible: float) -> None:
        self._records = records
        self._write_visible = write_visible

    def add(self, order: Order) -> None:
        """A new order, seen at once."""
        order = replace(order, events=((order.status, order.created),))
        self._records.put(order.order_id, Record((Version(order, order.updated, order.updated),)))

    def change(self, order: Order, now: float, *, effect: bool, shown_after: float | None = None) -> None:
        """
        A newer version of an order; its `updated` rises here. `effect`: a client's write call made it.

        `shown_after` is how many seconds later readers see it (the sandbox's own delay where not given).
        """
        record = self._records.get(order.order_id)
        assert record is not None
        order = replace(order, updated=max(int(now), record.order.updated + 1))
        if order.status != record.order.status:
            order = replace(order, events=(*order.events, (order.status, order.updated)))
        shown_at = now + (self._write_visible if shown_after is None else shown_after)
        self._records.put(
            order.order_id,
            Record(
                (*_still_needed(record, now), Version(order, shown_at, shown_at)), record.confirmations + int(effect)
            ),
        )

    def record(self, order_id: str, now: float) -> Record | None:
        """The truth about an order."""
        record = self._records.get(order_id)
        return self._settled(record, now) if record else None

    def records(self, seller_id: str | None, now: float) -> list[Record]:
        """The truth about a seller's orders, or all."""
        found = [record for record in self._records if seller_id in (None, record.order.seller_id)]
        return [self._settled(record, now) for record in found]

    def shown(self, order_id: str, now: float) -> Order | None:
        """The order as a read by id sees it now."""
        record = self.record(order_id, now)
        seen = [v.order for v in record.versions if v.shown_at <= now] if record else []
        return seen[-1] if seen else None

    def listed(self, seller_id: str, now: float) -> list[Order]:
        """A seller's orders as lists see them now."""
        found = []
        for record in self.records(seller_id, now):
            found += [v.order for v in record.versions if v.listed_at <= now][-1:]
        return found

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

    def _settled(self, record: Record, now: float) -> Record:
        """An accepted order becomes InPreparation when the marketplace's last checks are over."""
        ready_at = record.order.ready_at
        if ready_at is None or ready_at > now:
            return record
        order = record.order.with_status("InPreparation")
        self.change(order, ready_at, effect=False, shown_after=0.0)
        settled = self._records.get(order.order_id)
        assert settled is not None
        return settled


def _still_needed(record: Record, now: float) -> tuple[Version, ...]:
    """Versions some reader may still be shown: all but those a newer one hides from everyone."""
    hidden = [i for i, v in enumerate(record.versions) if v.listed_at <= now and v.shown_at <= now]
    return record.versions[hidden[-1] if hidden else 0 :]
