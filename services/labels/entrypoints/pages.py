"""The pages of shipments: one shipment with what may be done about it, its label."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.labels.domain.actions import VOID, Action, possible, retry_sentence
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.reasons import sentence
from services.labels.domain.shipment import Shipment
from services.labels.domain.write_back import Write
from services.labels.entrypoints import words
from services.labels.entrypoints.batch_pages import router as batches_router
from services.labels.entrypoints.list_page import router as list_router
from services.labels.entrypoints.requests import change, labels, pdf_of, view_of
from services.labels.entrypoints.schemas import HEAVIEST_GRAMS
from services.labels.entrypoints.settings_page import router as settings_router
from services.labels.usecases.act import hand_over, request_label, retry, undo_hand_over, void_label
from services.labels.usecases.views import ShipmentView
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_RECIPIENT_READ, SHIPMENTS_READ, SHIPMENTS_WRITE
from shared.web.forms import PostedForm, local_path, member_form
from shared.web.headers import let_be_framed, show_in_frame
from shared.web.pages import Pages

router = APIRouter(include_in_schema=False)
router.include_router(list_router)
router.include_router(settings_router)  # these before `/shipments/{shipment_id}`
router.include_router(batches_router)
User = Annotated[Principal, Depends(member(SHIPMENTS_READ))]
Shipper = Annotated[Principal, Depends(member(SHIPMENTS_WRITE))]
RecipientReader = Annotated[Principal, Depends(member(ORDERS_RECIPIENT_READ))]
Form = Annotated[PostedForm, Depends(member_form(SHIPMENTS_WRITE))]
UNITS = "units."


@router.get("/shipments/{shipment_id}", response_class=HTMLResponse)
async def shipment_page(request: Request, who: User, shipment_id: UUID, preview: bool = False) -> HTMLResponse:
    """One shipment, why it waits, and what may be done; its label only where asked for: it names the recipient."""
    page = _shipment(request, who, await view_of(request, who.organisation, shipment_id), preview=preview)
    if preview:
        show_in_frame(page)
    return page


@router.get("/shipments/{shipment_id}/label.pdf", response_class=Response)
async def label_page(request: Request, who: RecipientReader, shipment_id: UUID) -> Response:
    """The label, for the printer and for its shipment's page."""
    label = await pdf_of(request, who.organisation, shipment_id)
    let_be_framed(label)
    return label


@router.post("/shipments/{shipment_id}/label", response_class=RedirectResponse, status_code=303)
async def create_label(request: Request, form: Form, shipment_id: UUID) -> Response:
    """Also posted from the order's page, whose form has `next`."""
    view = await view_of(request, form.principal.organisation, shipment_id)
    try:
        asked = _asked(request, form, view)
    except NotPossible as error:
        return _shipment(request, form.principal, view, error, status=422)
    return await _act(request, form, shipment_id, partial(request_label, asked=asked, planner=labels(request).planner))


@router.get("/shipments/{shipment_id}/void", response_class=HTMLResponse)
async def confirm_void(request: Request, who: Shipper, shipment_id: UUID) -> HTMLResponse:
    """What voiding will do, before it is done."""
    view = await view_of(request, who.organisation, shipment_id)
    return _confirm(request, who, view, Action.VOID, VOID)


@router.get("/shipments/{shipment_id}/retry", response_class=HTMLResponse)
async def confirm_retry(request: Request, who: Shipper, shipment_id: UUID) -> HTMLResponse:
    """What a retry will do, before it is done."""
    view = await view_of(request, who.organisation, shipment_id)
    return _confirm(request, who, view, Action.RETRY, retry_sentence(view.shipment, _write(request, view)))


@router.post("/shipments/{shipment_id}/void", response_class=RedirectResponse, status_code=303)
async def void(request: Request, form: Form, shipment_id: UUID) -> Response:
    """Takes the label back."""
    return await _act(request, form, shipment_id, partial(void_label, planner=labels(request).planner))


@router.post("/shipments/{shipment_id}/retry", response_class=RedirectResponse, status_code=303)
async def retry_shipment(request: Request, form: Form, shipment_id: UUID) -> Response:
    """Has what came to a halt tried again."""
    asked = Asked(form.principal.user_id, labels(request).planner.now())
    return await _act(request, form, shipment_id, partial(retry, asked=asked, planner=labels(request).planner))


@router.post("/shipments/{shipment_id}/hand-over", response_class=RedirectResponse, status_code=303)
async def hand_over_shipment(request: Request, form: Form, shipment_id: UUID) -> Response:
    """The carrier has it."""
    verb = partial(hand_over, by=form.principal.user_id, planner=labels(request).planner)
    return await _act(request, form, shipment_id, verb)


@router.post("/shipments/{shipment_id}/undo-hand-over", response_class=RedirectResponse, status_code=303)
async def undo_shipment(request: Request, form: Form, shipment_id: UUID) -> Response:
    """It has not got it after all."""
    return await _act(request, form, shipment_id, partial(undo_hand_over, planner=labels(request).planner))


async def _act(
    request: Request, form: PostedForm, shipment_id: UUID, verb: Callable[..., Awaitable[Shipment]]
) -> Response:
    """Does it and goes on to where the form wants; what is not possible is said on the shipment's page."""
    organisation_id = form.principal.organisation
    try:
        await change(request, lambda store: verb(store, organisation_id, shipment_id))
    except NotPossible as error:
        view = await view_of(request, organisation_id, shipment_id)
        return _shipment(request, form.principal, view, error, status=409)
    return RedirectResponse(local_path(form.text("next"), f"/shipments/{shipment_id}"), 303)


def _asked(request: Request, form: PostedForm, view: ShipmentView) -> Asked:
    """Raises NotPossible where a number is none."""
    chosen = {line.line_id: form.text(f"{UNITS}{line.line_id}") for line in view.shipment.lines}
    given = any(chosen.values())
    weight = form.text("weight_grams")
    return Asked(
        by=form.principal.user_id,
        at=labels(request).planner.now(),
        units={line_id: _whole(text or "0") for line_id, text in chosen.items()} if given else None,
        weight_grams=_whole(weight, 1, HEAVIEST_GRAMS) if weight else None,
        despite_cancellation=form.text("despite_cancellation") == "1",
    )


def _whole(text: str, least: int = 0, most: int = 1_000_000) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
    if not least <= number <= most:
        raise NotPossible("number", "Units and grams are whole numbers.")
    return number


def _shipment(
    request: Request,
    who: Principal,
    view: ShipmentView,
    error: NotPossible | None = None,
    *,
    status: int = 200,
    preview: bool = False,
) -> HTMLResponse:
    shipment, told = view.shipment, view.shipment.write_back
    context: dict[str, Any] = {
        "view": view,
        "shipment": shipment,
        "told": told,
        "error": error,
        "preview": preview,
        "actions": [action.value for action in possible(shipment)],
        "choice": _choice(request, view),
    }
    return _render(request, who, "shipment.html", status=status, **context)


def _confirm(request: Request, who: Principal, view: ShipmentView, action: Action, says: str) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    context: dict[str, Any] = {
        "view": view,
        "shipment": view.shipment,
        "action": action.value,
        "possible": action in possible(view.shipment),
        "sentence": says,
    }
    return pages.render(request, "confirm.html", principal=who, **context)


def _choice(request: Request, view: ShipmentView) -> Literal["none", "lines", "units"]:
    """What a person may leave out of the parcel, as the marketplace has it."""
    splitting = labels(request).planner.splitting_in(view.marketplace, view.channel_id)
    lines = view.shipment.lines
    if not splitting.orders or sum(line.quantity for line in lines) < 2:
        return "none"
    if splitting.lines:
        return "units"
    return "lines" if len(lines) > 1 else "none"


def _write(request: Request, view: ShipmentView) -> Write:
    """How the shipment's marketplace takes a repeated number."""
    return labels(request).planner.capabilities[view.marketplace].write


def _render(request: Request, who: Principal, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    return pages.render(request, name, principal=who, status=status, sentence=sentence, words=words, **context)
