"""
Deleting connections that ended and were kept for their time: each call is one batch, in its own transaction.

Nobody is told: whoever still asks for one hears that there is none. Its seller, who comes back, is new.
"""

from collections.abc import Mapping
from datetime import timedelta

from services.auth.usecases.ports import Store

BATCH = 200


async def delete_old_connections(store: Store, *, keep: timedelta) -> Mapping[str, int]:
    """In the caller's transaction. How many went."""
    await store.old.note_ends(BATCH)
    return {"connection": await store.old.delete(keep, BATCH)}
