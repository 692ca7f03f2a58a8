"""What the API takes and gives of many at once: labels asked for together, parcels handed over."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.labels.domain.batches import MOST_ORDERS, Outcome
from services.labels.domain.reasons import sentence
from services.labels.entrypoints.schemas import In
from services.labels.usecases.hand_over_batch import Outcome as HandOverOutcome
from services.labels.usecases.views import BatchItemView, BatchView, Standing


class BatchIn(In):
    order_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_ORDERS)] = Field(
        description="Our ids of the orders whose planned parcels are to get their labels; a repeated one counts once."
    )


class BatchItemOut(BaseModel):
    """
    A parcel, or an order that has none to ask for. `outcome`: of the asking; `standing`: how far it has come.

    `reason`, `sentence`, `detail`: why it halted.
    """

    order_id: UUID
    marketplace_order_id: str | None = Field(description="Null where the order was not found.")
    shipment_id: UUID | None
    outcome: Outcome
    standing: Standing
    reason: str | None
    sentence: str | None
    detail: str | None
    waits_for_authorisation: bool = Field(description="The seller must authorise the connection first.")
    paused: bool = Field(description="The connection rests until somebody resumes it.")

    @classmethod
    def of(cls, view: BatchItemView) -> "BatchItemOut":
        halted = view.standing is Standing.HALTED
        reason = view.reason if halted else None
        return cls(
            order_id=view.item.order_id,
            marketplace_order_id=view.marketplace_order_id,
            shipment_id=view.item.shipment_id,
            outcome=view.item.outcome,
            standing=view.standing,
            reason=reason,
            sentence=sentence(reason),
            detail=view.reason_detail if halted else None,
            waits_for_authorisation=view.waits_for_authorisation,
            paused=view.paused,
        )


class BatchOut(BaseModel):
    """Labels asked for together. Nothing is `under_way` any more: `…/labels.pdf` has all that are made."""

    id: UUID
    requested_at: datetime
    made: int
    under_way: int
    halted: int
    items: list[BatchItemOut]

    @classmethod
    def of(cls, view: BatchView) -> "BatchOut":
        return cls(
            id=view.batch_id,
            requested_at=view.requested_at,
            made=view.count(Standing.MADE),
            under_way=view.count(Standing.UNDER_WAY),
            halted=view.count(Standing.HALTED),
            items=[BatchItemOut.of(item) for item in view.items],
        )


class HandOversIn(In):
    shipment_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_ORDERS)] = Field(
        description="Our ids of the shipments that the carrier has; a repeated one counts once."
    )


class HandedOverOut(BaseModel):
    shipment_id: UUID
    outcome: HandOverOutcome
    sentence: str | None = Field(description="Why it was not possible.")


class HandOversOut(BaseModel):
    """In the order in which they were named."""

    items: list[HandedOverOut]


class BatchHeadOut(BaseModel):
    id: UUID
    requested_at: datetime
    parcels: int
    made: int
