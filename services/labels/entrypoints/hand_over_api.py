"""The API of hand-overs: that the carrier has a parcel, or many, and that it has one not after all."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.labels.domain.labels import NotPossible
from services.labels.entrypoints.batch_schemas import HandedOverOut, HandOversIn, HandOversOut
from services.labels.entrypoints.requests import NOT_POSSIBLE, change, labels, problem_of, view_of
from services.labels.entrypoints.schemas import ShipmentOut
from services.labels.usecases.act import hand_over, undo_hand_over
from services.labels.usecases.hand_over_batch import hand_over_batch
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import SHIPMENTS_WRITE

router = APIRouter(prefix="/api/labels/v1", tags=["shipments"])
Writer = Annotated[Principal, Depends(principal(SHIPMENTS_WRITE))]


@router.post("/hand-overs")
async def hand_over_shipments(request: Request, who: Writer, body: HandOversIn) -> HandOversOut:
    """
    The carrier has these parcels. Each item says what became of its parcel: handed over now, before, not possible and
    why, or not found.
    """
    work = partial(
        hand_over_batch,
        organisation_id=who.organisation,
        shipment_ids=body.shipment_ids,
        by=who.user_id or who.organisation,
        planner=labels(request).planner,
    )
    found = await change(request, work)
    items = [HandedOverOut(shipment_id=one.shipment_id, outcome=one.outcome, sentence=one.sentence) for one in found]
    return HandOversOut(items=items)


@router.post("/shipments/{shipment_id}/hand-over", responses=NOT_POSSIBLE)
async def hand_over_shipment(request: Request, who: Writer, shipment_id: UUID) -> ShipmentOut:
    """The carrier has the parcel: the marketplace is told half a minute later. Said again, nothing changes."""
    by, planner = who.user_id or who.organisation, labels(request).planner
    try:
        await change(request, lambda store: hand_over(store, who.organisation, shipment_id, by, planner=planner))
    except NotPossible as error:
        raise problem_of(error) from None
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))


@router.post("/shipments/{shipment_id}/undo-hand-over", responses=NOT_POSSIBLE)
async def undo_shipment(request: Request, who: Writer, shipment_id: UUID) -> ShipmentOut:
    """The carrier has not got it after all, as long as the marketplace was not told."""
    planner = labels(request).planner
    try:
        await change(request, lambda store: undo_hand_over(store, who.organisation, shipment_id, planner=planner))
    except NotPossible as error:
        raise problem_of(error) from None
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))
