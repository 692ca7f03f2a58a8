"""The API of batches: labels asked for together, followed, and printed as one document."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.labels.domain.labels import Asked
from services.labels.entrypoints.batch_schemas import BatchHeadOut, BatchIn, BatchOut
from services.labels.entrypoints.requests import NOT_POSSIBLE, PDF, batch_of, batch_pdf_of, change, labels
from services.labels.entrypoints.schemas import ListOut
from services.labels.usecases.ask_for_batch import ask_for_batch
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_RECIPIENT_READ, SHIPMENTS_READ, SHIPMENTS_WRITE

router = APIRouter(prefix="/api/labels/v1/batches", tags=["shipments"])
Reader = Annotated[Principal, Depends(principal(SHIPMENTS_READ))]
Writer = Annotated[Principal, Depends(principal(SHIPMENTS_WRITE))]
LabelReader = Annotated[Principal, Depends(principal(SHIPMENTS_READ, ORDERS_RECIPIENT_READ))]
NEWEST = 50


@router.post("", status_code=202)
async def create_batch(request: Request, who: Writer, body: BatchIn) -> BatchOut:
    """
    Has the labels of many orders made. Each item says what became of its order: asked for, labelled before, held and
    why, or not found; the labels are made meanwhile.
    """
    planner = labels(request).planner
    asked = Asked(by=who.user_id or who.organisation, at=planner.now())
    ask = partial(
        ask_for_batch, organisation_id=who.organisation, order_ids=body.order_ids, asked=asked, planner=planner
    )
    batch = await change(request, ask)
    return BatchOut.of(await batch_of(request, who.organisation, batch.batch_id))


@router.get("")
async def list_batches(request: Request, who: Reader) -> ListOut[BatchHeadOut]:
    """The newest 50, newest first."""
    found = await labels(request).views.batches(who.organisation, limit=NEWEST)
    items = [
        BatchHeadOut(id=one.batch_id, requested_at=one.requested_at, parcels=one.parcels, made=one.made)
        for one in found
    ]
    return ListOut(items=items, next_cursor=None)


@router.get("/{batch_id}")
async def read_batch(request: Request, who: Reader, batch_id: UUID) -> BatchOut:
    """How far it has come."""
    return BatchOut.of(await batch_of(request, who.organisation, batch_id))


@router.get(
    "/{batch_id}/labels.pdf",
    response_class=Response,
    responses={**PDF, **NOT_POSSIBLE},
)
async def batch_pdf(request: Request, who: LabelReader, batch_id: UUID) -> Response:
    """
    All labels of the batch that are made, an A6 page each, in the batch's order. Holds personal data: not to be kept.
    409 names the order whose label can no longer be printed.
    """
    return await batch_pdf_of(request, who.organisation, batch_id)
