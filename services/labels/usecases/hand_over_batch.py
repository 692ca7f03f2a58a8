"""Many parcels handed over to the carrier at once: in one transaction, and each says what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.hand_over import hand_over
from services.labels.domain.labels import NotPossible
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell


class Outcome(StrEnum):
    HANDED_OVER = "handed_over"
    ALREADY = "already"  # it was handed over before
    NOT_POSSIBLE = "not_possible"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What became of a parcel. `sentence`: why it was not possible, in English."""

    shipment_id: UUID
    outcome: Outcome
    sentence: str | None = None


async def hand_over_batch(
    store: Store, organisation_id: UUID, shipment_ids: Sequence[UUID], by: UUID | None, *, planner: Planner
) -> list[HandedOver]:
    """In the order in which they were named, a repeated one once. Strangers' are *not found*, and are not touched."""
    wanted = tuple(dict.fromkeys(shipment_ids))
    orders = await store.fulfilments.orders_of(organisation_id, wanted)
    before = await store.fulfilments.lock_own(organisation_id, list(set(orders.values())))
    after = {one.order_id: one for one in before}
    now = planner.now()
    found: list[HandedOver] = []
    for shipment_id in wanted:
        order = after.get(orders[shipment_id]) if shipment_id in orders else None
        if order is None:
            found.append(HandedOver(shipment_id, Outcome.NOT_FOUND))
            continue
        try:
            after[order.order_id] = changed = hand_over(order, shipment_id, by, now)
        except NotPossible as error:
            found.append(HandedOver(shipment_id, Outcome.NOT_POSSIBLE, error.sentence))
        else:
            found.append(HandedOver(shipment_id, _outcome(order, changed)))
    planned = await planner.plan(store, list(after.values()))
    await save_and_tell(store, list(zip(before, planned, strict=True)), now)
    return found


def _outcome(before: Fulfilment, after: Fulfilment) -> Outcome:
    return Outcome.ALREADY if after is before else Outcome.HANDED_OVER
