"""SKUs weigh what their listings tell, where the seller has not said otherwise; whoever waits for that goes on."""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.inventory.domain.listing import Listing, by_sku, listed_weight
from services.inventory.domain.shelf import Shelf
from services.inventory.usecases.ports import Store
from services.inventory.usecases.settle_shelf import NOTHING, settle_shelf


async def weigh(before: Collection[Listing], after: Sequence[Listing], store: Store, now: datetime) -> None:
    """
    Listings are changed, and not stored yet (their organisation's are locked): the SKUs they were, and those they are.

    All SKUs of theirs are locked here, so that who aims them next locks none after the reservations.
    """
    told = [one.sku_id for one in (*before, *after) if one.weight_grams is not None]
    weighed = {sku_id for sku_id in told if sku_id is not None}
    if not weighed:
        return
    changed = {one.id for one in after}
    beside = [one for one in await store.listings.of_skus(weighed) if one.id not in changed]
    listings = by_sku([*beside, *after])
    ids = weighed | listings.keys()
    shelf = Shelf(await store.skus.lock((), ids, now), (), now)
    for sku_id in weighed:
        known = shelf.skus[sku_id].listed_weight_grams
        shelf.weigh_as_listed(sku_id, listed_weight(listings.get(sku_id, ()), known))
    await settle_shelf(shelf, NOTHING, store=store, now=now)
