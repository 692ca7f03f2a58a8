"""
Deleting what was kept for its time: each call is one batch, in its own transaction.

An order's time begins when the marketplace last changed it. Entries of the ledger are never just deleted: the oldest of
a SKU are folded into one that opens its ledger, so that they go on summing to its level.
"""

from collections.abc import Mapping
from datetime import timedelta

from services.inventory.domain.line import Line
from services.inventory.usecases.ports import Store
from services.inventory.usecases.settle_shelf import NOTHING, settle_shelf, shelf_of
from shared.kernel.clock import Clock

# Some hundred rows: about a hundredth of a second, for which two hundred SKUs at most are held.
BATCH = 200


async def delete_old_orders(store: Store, *, keep: timedelta, clock: Clock) -> Mapping[str, int]:
    """
    In the caller's transaction. What an order still holds or waits for is let go first, as if it were cancelled; nobody
    is told of the order. How many went.
    """
    now = clock.now()
    found = await store.old.find_orders(keep, BATCH)
    if not found:
        return {}
    known = _open(await store.lines.of_orders(found))
    skus = await store.skus.lock((), {line.sku_id for line in known if line.sku_id}, now)
    orders = await store.old.lock_orders(found, keep)
    lines = _open(await store.lines.of_orders(orders))
    orders -= {line.order_id for line in lines - known}  # changed meanwhile: their SKUs may be others
    lines = {line for line in lines if line.order_id in orders}
    shelf = shelf_of(skus, list(lines), now)
    for line in lines:
        shelf.drop(line)
    await store.old.delete_orders(orders)
    await settle_shelf(shelf, NOTHING, store=store, now=now)
    return {"order": len(orders)}


async def fold_ledger(store: Store, *, keep: timedelta) -> Mapping[str, int]:
    """In the caller's transaction. How many entries went into those that open the ledgers now."""
    return {"ledger_entry": await store.old.fold_ledger(keep, BATCH)}


async def delete_leftovers(store: Store, *, keep: timedelta) -> Mapping[str, int]:
    """
    The same of listings that nobody sees any more, tables that were uploaded, connections that auth deleted, events
    that could not be applied.
    """
    return {
        "listing": await store.old.delete_listings(keep, BATCH),
        "stock_import": await store.old.delete_imports(BATCH),
        "connection": await store.old.delete_connections(),
        "parked_event": await store.old.drop_parked(keep),
    }


def _open(lines: list[Line]) -> set[Line]:
    return {line for line in lines if line.wanted > 0}
