"""The pages of batches: asked for from the list of orders, followed until every label is made, printed as one."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.labels.domain.batches import MOST_ORDERS
from services.labels.domain.labels import Asked
from services.labels.domain.reasons import sentence
from services.labels.entrypoints import words
from services.labels.entrypoints.batch_api import NEWEST
from services.labels.entrypoints.requests import batch_of, batch_pdf_of, change, choices, ids_of, labels
from services.labels.usecases.ask_for_batch import ask_for_batch
from services.labels.usecases.views import BatchItemView, Standing
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_RECIPIENT_READ, SHIPMENTS_READ, SHIPMENTS_WRITE
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages

router = APIRouter(prefix="/shipments/batches", include_in_schema=False)
User = Annotated[Principal, Depends(member(SHIPMENTS_READ))]
RecipientReader = Annotated[Principal, Depends(member(ORDERS_RECIPIENT_READ))]
Form = Annotated[PostedForm, Depends(member_form(SHIPMENTS_WRITE))]
_LOOK_AGAIN_SECONDS = 2
NONE_CHOSEN = "Choose at least one order."
TOO_MANY = "A batch takes up to 500 orders: choose fewer."


@router.post("", response_class=RedirectResponse, status_code=303)
async def create_batch(request: Request, form: Form) -> Response:
    """Posted from the list of orders, with an `order_id` for each that is chosen."""
    order_ids = ids_of(form, "order_id")
    if not order_ids or len(order_ids) > MOST_ORDERS:
        wrong = TOO_MANY if order_ids else NONE_CHOSEN
        return await _batches(request, form.principal, wrong=wrong, status=422)
    planner, organisation_id = labels(request).planner, form.principal.organisation
    asked = Asked(by=form.principal.user_id, at=planner.now())
    ask = partial(ask_for_batch, organisation_id=organisation_id, order_ids=order_ids, asked=asked, planner=planner)
    batch = await change(request, ask)
    return RedirectResponse(f"/shipments/batches/{batch.batch_id}", 303)


@router.get("", response_class=HTMLResponse)
async def batches_page(request: Request, who: User) -> HTMLResponse:
    """The newest batches."""
    return await _batches(request, who)


@router.get("/{batch_id}", response_class=HTMLResponse)
async def batch_page(request: Request, who: User, batch_id: UUID) -> HTMLResponse:
    """How far it has come; the browser looks again by itself while labels are being made."""
    batch = await batch_of(request, who.organisation, batch_id)
    standing = {each.value: [one for one in batch.items if one.standing is each] for each in Standing}
    waiting = choices(who, [one.shipment for one in batch.items if one.shipment])[:MOST_ORDERS]
    context = {"batch": batch, "mended_at": _mended_at, "to_hand_over": waiting} | standing
    page = _render(request, who, "batch.html", context=context)
    if standing[Standing.UNDER_WAY.value]:
        page.headers["refresh"] = str(_LOOK_AGAIN_SECONDS)
    return page


@router.get("/{batch_id}/labels.pdf", response_class=Response)
async def labels_page(request: Request, who: RecipientReader, batch_id: UUID) -> Response:
    """All labels that are made, for the printer."""
    return await batch_pdf_of(request, who.organisation, batch_id)


def _mended_at(one: BatchItemView) -> tuple[str, str]:
    """Where a person mends what halted it, and what that page is called."""
    if one.paused or one.waits_for_authorisation:
        return "/connections", words.CONNECTIONS
    if one.reason in words.MENDED_AT:
        return words.MENDED_AT[one.reason]
    if one.item.shipment_id is not None:
        return f"/shipments/{one.item.shipment_id}", words.PARCEL
    return f"/orders/{one.item.order_id}", words.ORDER


async def _batches(request: Request, who: Principal, *, wrong: str | None = None, status: int = 200) -> HTMLResponse:
    found = await labels(request).views.batches(who.organisation, limit=NEWEST)
    return _render(request, who, "batches.html", context={"rows": found, "wrong": wrong}, status=status)


def _render(request: Request, who: Principal, name: str, *, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    return pages.render(request, name, principal=who, status=status, sentence=sentence, **context)
