"""
Deleting orders that were kept for their time, and what else is as old: each call is one batch, in its own transaction.

An order's time begins when the marketplace last changed it. Nobody is told: labels and inventory go by the same time.
"""

from collections.abc import Mapping
from datetime import timedelta

from services.orders.usecases.ports import Store

# With lines, timeline and others' words some two thousand rows: about a hundredth of a second, in which nothing that
# is still read is locked.
BATCH = 200


async def delete_old_orders(store: Store, *, marketplace: str, keep: timedelta) -> Mapping[str, int]:
    """In the caller's transaction. How many records of each kind went."""
    order_ids = await store.old.lock_orders(marketplace, keep, BATCH)
    if order_ids:
        await store.old.delete_orders(order_ids)
    return {"order": len(order_ids)}


async def delete_leftovers(store: Store, *, keep: timedelta) -> Mapping[str, int]:
    """
    The same of what no order holds: others' words about orders that went before, looks at addresses (an audit log,
    which outlives its order), connections that auth deleted, events that could not be applied.
    """
    return {
        "word": await store.old.delete_words(keep, BATCH),
        "look": await store.old.delete_looks(keep, BATCH),
        "connection": await store.old.delete_connections(),
        "parked_event": await store.old.drop_parked(keep),
    }
