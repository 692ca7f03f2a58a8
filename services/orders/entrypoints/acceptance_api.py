"""The API of answers: accepting and refusing orders that wait for it, and who does."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from services.orders.domain.acceptance import Acceptance, Asker, Mode, NotPossible, State
from services.orders.domain.sentences import sentence
from services.orders.entrypoints.parts import give_answer, orders_of, set_mode
from services.orders.entrypoints.schemas import ListOut
from services.orders.usecases.views import ModeView
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_READ, ORDERS_WRITE
from shared.kernel.ids import ConnectionId, OrderId
from shared.web.problems import Problem, not_found

router = APIRouter()
Reader = Annotated[Principal, Depends(principal(ORDERS_READ))]
Writer = Annotated[Principal, Depends(principal(ORDERS_WRITE))]


class AnswerIn(BaseModel):
    """`accept` false refuses: it cancels the sale at the marketplace, which may count it against the seller."""

    model_config = ConfigDict(extra="forbid")

    accept: bool


class AcceptanceOut(BaseModel):
    """The seller's answer. `state` `refused`: the marketplace does not take it; `detail`: its words."""

    accept: bool
    asked_at: datetime
    state: State
    sentence: str
    reason: str | None
    detail: str | None

    @classmethod
    def of(cls, answer: Acceptance) -> "AcceptanceOut":
        return cls(
            accept=answer.accept,
            asked_at=answer.asked_at,
            state=answer.state,
            sentence=sentence(f"acceptance.{answer.state}", {"reason": answer.reason or ""}),
            reason=answer.reason,
            detail=answer.detail,
        )


class ModeIn(BaseModel):
    """`automatic` accepts what can be reserved as a whole, orders that wait already among them."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode


class ModeOut(BaseModel):
    """Who answers the orders of a connection. SKUs that nobody has counted are never accepted automatically."""

    connection_id: UUID
    name: str
    marketplace: str
    mode: Mode

    @classmethod
    def of(cls, view: ModeView) -> "ModeOut":
        return cls(connection_id=view.connection_id, name=view.name, marketplace=view.marketplace, mode=view.mode)


@router.post(
    "/orders/{order_id}/acceptance",
    status_code=202,
    responses={409: {"description": "It does not wait for an answer, or another answer was sent already."}},
)
async def answer(request: Request, who: Writer, order_id: UUID, body: AnswerIn) -> AcceptanceOut:
    """Accepts or refuses an order that waits for it. 409: it does not wait, or another answer was sent already."""
    by = Asker(who.user_id, None if who.user_id else who.label)
    try:
        given = await give_answer(request, who.organisation, OrderId(order_id), by, accept=body.accept)
    except NotPossible as error:
        raise Problem(409, error.code.replace("_", "-"), error.sentence) from None
    return AcceptanceOut.of(given)


@router.get("/acceptance-modes")
async def read_modes(request: Request, who: Reader) -> ListOut[ModeOut]:
    """Who answers the orders of each connection whose marketplace waits for answers."""
    parts = orders_of(request)
    views = await parts.views.modes(who.organisation)
    items = [ModeOut.of(view) for view in views if view.marketplace in parts.answering]
    return ListOut(items=items, next_cursor=None)


@router.put("/acceptance-modes/{connection_id}")
async def put_mode(request: Request, who: Writer, connection_id: UUID, body: ModeIn) -> ModeOut:
    """Who answers from now on."""
    await set_mode(request, who.organisation, ConnectionId(connection_id), body.mode)
    views = await orders_of(request).views.modes(who.organisation)
    found = next((view for view in views if view.connection_id == connection_id), None)
    if found is None:
        raise not_found()
    return ModeOut.of(found)
