"""Set what a seller knows of SKUs: weight of a unit, counted level, when it is low; one or thousands at once."""

from collections.abc import Sequence

from services.inventory.domain.ledger import Cause
from services.inventory.domain.shelf import Shelf
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.usecases.ports import SkuName, Store
from services.inventory.usecases.settle_shelf import NOTHING, settle_shelf
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId


async def set_stock(
    rows: Sequence[StockRow], organisation_id: OrganisationId, cause: Cause, *, store: Store, clock: Clock
) -> list[Sku]:
    """
    The SKUs as they are now, in the order of `rows` (whose codes differ). SKUs new to us are made.

    A count makes a SKU tracked and replaces its level; short lines are served, or the latest ship-by made short, in
    the same transaction. The rows were validated; all are stored, or none.
    """
    now = clock.now()
    skus = await store.skus.lock([SkuName(organisation_id, row.code) for row in rows], (), now)
    ids = {sku.code: sku.id for sku in skus}
    shelf = Shelf(skus, (), now)
    for row in rows:
        if row.weight_grams is not None:
            shelf.weigh(ids[row.code], row.weight_grams)
        if row.low_level is not None:
            shelf.mark(ids[row.code], row.low_level)
        if row.counted is not None:
            shelf.count(ids[row.code], row.counted, cause)
    await settle_shelf(shelf, NOTHING, store=store, now=now)
    return [shelf.skus[ids[row.code]] for row in rows]


async def clear_weight(code: str, organisation_id: OrganisationId, *, store: Store, clock: Clock) -> Sku:
    """The seller takes their word on a SKU's weight back, and what its listings tell counts. Made where it is new."""
    now = clock.now()
    (sku,) = await store.skus.lock([SkuName(organisation_id, code)], (), now)
    shelf = Shelf([sku], (), now)
    shelf.weigh(sku.id, None)
    await settle_shelf(shelf, NOTHING, store=store, now=now)
    return shelf.skus[sku.id]
