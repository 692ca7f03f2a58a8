"""What a person does with a shipment: asks for its label, takes it back, hands it over, has something tried again."""

from collections.abc import Callable
from uuid import UUID

from services.labels.domain import hand_over as handing
from services.labels.domain import labels
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Terms
from services.labels.domain.labels import Asked
from services.labels.domain.shipment import Shipment
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store
from services.labels.usecases.tell import save_and_tell


class ShipmentUnknown(Exception):
    """This organisation has no such shipment."""


async def request_label(
    store: Store, organisation_id: UUID, shipment_id: UUID, asked: Asked, *, planner: Planner
) -> Shipment:
    """
    A planned parcel's label will be made, perhaps with fewer units. Raises ShipmentUnknown, NotPossible.
    """
    return await _act(
        store,
        organisation_id,
        shipment_id,
        lambda fulfilment, terms: labels.request(fulfilment, shipment_id, asked, terms),
        planner,
    )


async def void_label(store: Store, organisation_id: UUID, shipment_id: UUID, *, planner: Planner) -> Shipment:
    """The label is taken back; what is left is planned anew. Raises ShipmentUnknown, NotPossible."""
    now = planner.now()
    return await _act(
        store, organisation_id, shipment_id, lambda one, _terms: labels.void(one, shipment_id, now), planner
    )


async def retry(store: Store, organisation_id: UUID, shipment_id: UUID, asked: Asked, *, planner: Planner) -> Shipment:
    """What came to a halt is tried again. Raises ShipmentUnknown, NotPossible."""
    return await _act(
        store,
        organisation_id,
        shipment_id,
        lambda fulfilment, terms: labels.retried(fulfilment, shipment_id, asked, terms),
        planner,
    )


async def hand_over(
    store: Store, organisation_id: UUID, shipment_id: UUID, by: UUID | None, *, planner: Planner
) -> Shipment:
    """The carrier has the parcel: the marketplace is told in a moment. Raises ShipmentUnknown, NotPossible."""
    now = planner.now()
    return await _act(
        store, organisation_id, shipment_id, lambda one, _terms: handing.hand_over(one, shipment_id, by, now), planner
    )


async def undo_hand_over(store: Store, organisation_id: UUID, shipment_id: UUID, *, planner: Planner) -> Shipment:
    """It has not got it after all. Raises ShipmentUnknown, NotPossible."""
    return await _act(store, organisation_id, shipment_id, lambda one, _terms: handing.undo(one, shipment_id), planner)


async def _act(
    store: Store,
    organisation_id: UUID,
    shipment_id: UUID,
    change: Callable[[Fulfilment, Terms], Fulfilment],
    planner: Planner,
) -> Shipment:
    """Under the order's row lock: the same that a cancellation and a write-back's intent take."""
    order_id = (await store.fulfilments.orders_of(organisation_id, [shipment_id])).get(shipment_id)
    if order_id is None:
        raise ShipmentUnknown
    before = next(iter(await store.fulfilments.lock([order_id])), None)
    if before is None:
        raise ShipmentUnknown
    terms = (await planner.terms(store, [before]))[order_id]
    [after] = await planner.plan(store, [change(before, terms)])
    await save_and_tell(store, [(before, after)], planner.now())
    return after.shipment(shipment_id)
