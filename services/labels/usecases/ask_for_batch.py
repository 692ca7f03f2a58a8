"""Asking for the labels of many orders at once: in one transaction, and the claim loop makes them."""

from collections.abc import Sequence
from uuid import UUID

from services.labels.domain.batches import Batch, Item, Outcome, ask_for_order, without_parcel
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell


async def ask_for_batch(
    store: Store, organisation_id: UUID, order_ids: Sequence[UUID], asked: Asked, *, planner: Planner
) -> Batch:
    """
    Every planned parcel of these orders is asked for, unless something holds it; the batch says what became of each.

    An order that is not the organisation's is *not found*, and is not touched.
    """
    wanted = tuple(dict.fromkeys(order_ids))
    before = await store.fulfilments.lock_own(organisation_id, wanted)
    terms = await planner.terms(store, before)
    after: list[Fulfilment] = []
    items: dict[UUID, tuple[Item, ...]] = {}
    for fulfilment in before:
        if fulfilment.order is None:
            items[fulfilment.order_id] = (without_parcel(fulfilment),)
            after.append(fulfilment)
        else:
            changed, items[fulfilment.order_id] = ask_for_order(fulfilment, asked, terms[fulfilment.order_id])
            after.append(changed)
    planned = await planner.plan(store, after)
    await save_and_tell(store, list(zip(before, planned, strict=True)), planner.now())
    found = [item for order_id in wanted for item in items.get(order_id, (Item(order_id, Outcome.NOT_FOUND),))]
    batch = Batch(planner.new_id(), organisation_id, asked.by, asked.at, tuple(found))
    await store.batches.add(batch)
    return batch
