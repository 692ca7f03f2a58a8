"""
Deleting orders that were kept for their time, and what else is as old: each call is one batch, in its own transaction.

An order's time begins when the marketplace last changed it, whatever became of its parcels: a number that the
marketplace did not take by then it will not take any more. Those are counted and told apart, not kept.
"""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from services.labels.usecases.ports import Store

# With parcels and write-backs some thousand rows: about a hundredth of a second, in which nothing that is still worked
# on is locked.
BATCH = 200

log = structlog.get_logger()


async def delete_old_orders(store: Store, *, marketplace: str | None, keep: timedelta) -> Mapping[str, int]:
    """In the caller's transaction. `marketplace` None: orders that orders never told of. How many of each kind went."""
    order_ids = await store.old.lock_orders(marketplace, keep, BATCH)
    if not order_ids:
        return {}
    owed = await store.old.count_owed(order_ids)
    await store.old.delete_orders(order_ids)
    if owed:
        log.warning("retention.owed", marketplace=marketplace, shipments=owed)
    return {"order": len(order_ids), "owed_parcel": owed}


async def delete_leftovers(store: Store, *, keep: timedelta) -> Mapping[str, int]:
    """
    The same of what no order holds: what was asked for together, connections that auth deleted, events that could not
    be applied.
    """
    return {
        "batch": await store.old.delete_batches(keep, BATCH),
        "connection": await store.old.delete_connections(),
        "parked_event": await store.old.drop_parked(keep),
    }
