"""The page of weights from listings: whether they are taken, by connection; and one's own weight, taken back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.inventory.entrypoints.pages import render
from services.inventory.entrypoints.requests import inventory, take_weights_for
from services.inventory.entrypoints.sku_paths import sku_address
from services.inventory.usecases.set_stock import clear_weight
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import STOCK_READ, STOCK_WRITE
from shared.db.unit_of_work import run_in_transaction
from shared.web.forms import PostedForm, member_form
from shared.web.problems import not_found

ADDRESS = "/stock/weights"
router = APIRouter(prefix=ADDRESS, include_in_schema=False)
User = Annotated[Principal, Depends(member(STOCK_READ))]
Form = Annotated[PostedForm, Depends(member_form(STOCK_WRITE))]


@router.get("")
async def weights_page(request: Request, who: User, saved: bool = False) -> HTMLResponse:
    """All connections; those of marketplaces whose listings tell no weight say so."""
    held = inventory(request)
    sources = await held.listings.weight_sources(who.organisation)
    context: dict[str, Any] = {"sources": sources, "telling": held.telling, "saved": saved}
    return render(request, who, "weights.html", 200, context)


@router.post("/own/clear")
async def clear_own_weight(request: Request, form: Form) -> Response:
    """The seller's word on a SKU's weight is taken back: its listings' counts again."""
    held, who, code = inventory(request), form.principal, form.text("sku")
    if "\0" in code or await held.views.sku(who.organisation, code) is None:
        raise not_found()
    await run_in_transaction(
        held.uow, lambda store: clear_weight(code, who.organisation, store=store, clock=held.clock)
    )
    return RedirectResponse(f"{sku_address(code)}?saved=1", 303)


@router.post("/{connection_id:uuid}")
async def take_weights_by_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """Switches one connection."""
    await take_weights_for(request, form.principal, connection_id, taken=form.text("taken") == "1")
    return RedirectResponse(f"{ADDRESS}?saved=1", 303)
