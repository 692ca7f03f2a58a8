"""Keeping how far each order has come, in one word, for lists: joined anew whenever one of the three words changes."""

from collections.abc import Mapping

from services.orders.domain.stage import stage_of
from services.orders.usecases.ports import Store
from shared.kernel.ids import OrderId


async def refresh_stages(store: Store, versions: Mapping[OrderId, int]) -> None:
    """`versions`: the newest of orders whose rows are locked, after what changed was stored."""
    if not versions:
        return
    ids = list(versions)
    reservations, shipments = await store.copies.reservations(ids), await store.copies.shipments(ids)
    await store.orders.put_stages(
        {one: stage_of(version, reservations.get(one), shipments.get(one)) for one, version in versions.items()}
    )
