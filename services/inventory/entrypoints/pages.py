"""The pages of stock: the list, and one SKU with its ledger and who waits for it."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator

from services.inventory.domain.ledger import Cause, Via
from services.inventory.domain.sku import Sku
from services.inventory.entrypoints.cursors import EntryCursor, SkuCursor, cursor_of
from services.inventory.entrypoints.listing_words import WORDS
from services.inventory.entrypoints.requests import inventory
from services.inventory.entrypoints.sku_paths import sku_address
from services.inventory.entrypoints.stock_form import StockForm, read_stock_form
from services.inventory.usecases.set_stock import set_stock
from services.inventory.usecases.views import Show, Slice
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import STOCK_READ, STOCK_WRITE
from shared.db.unit_of_work import run_in_transaction
from shared.marketplaces.registry import store_name
from shared.web.charts import step_chart
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages
from shared.web.problems import not_found
from shared.web.texts import printable

router = APIRouter(include_in_schema=False)
User = Annotated[Principal, Depends(member(STOCK_READ))]
Form = Annotated[PostedForm, Depends(member_form(STOCK_WRITE))]
Search = Annotated[str, AfterValidator(printable), Query(max_length=100)]
_ROWS = 50
_WAITING = 100
_EMPTY = StockForm({"sku": "", "counted": "", "weight_grams": "", "low_level": ""}, {})
_HISTORY = timedelta(days=90)


@router.get("/stock")
async def stock_page(
    request: Request, who: User, search: Search = "", show: Show = Show.ALL, after: SkuCursor = None, saved: int = 0
) -> HTMLResponse:
    """All SKUs, or those that match, are short, low or never counted. `saved`: so many were just set."""
    held = inventory(request)
    found = await held.views.skus(who.organisation, search=search, show=show, after=after, limit=_ROWS)
    return _list(request, who, found, _EMPTY, search=search, show=show, saved=saved)


@router.post("/stock")
async def set_stock_by_form(request: Request, form: Form) -> Response:
    """Sets what the form says and shows the SKU; a wrong form comes back with its sentences."""
    who, given = form.principal, read_stock_form(form)
    if given.errors:
        return await _again(request, who, given, on_sku_page=form.text("from") == "sku")
    held = inventory(request)
    cause = Cause(Via.PAGE, who.user_id)
    await run_in_transaction(
        held.uow, lambda store: set_stock([given.row()], who.organisation, cause, store=store, clock=held.clock)
    )
    return RedirectResponse(f"{sku_address(given.values['sku'])}?saved=1", 303)


@router.get("/stock/sku/{sku:path}")
async def sku_page(
    request: Request, who: User, sku: str, after: EntryCursor = None, saved: bool = False
) -> HTMLResponse:
    """One SKU. Of another organisation: 404."""
    found = await inventory(request).views.sku(who.organisation, sku) if "\0" not in sku else None
    if found is None:
        raise not_found()
    weight = "" if found.weight_grams is None else str(found.weight_grams)
    form = StockForm({"sku": found.code, "counted": "", "weight_grams": weight, "low_level": str(found.low_level)}, {})
    return await _sku(request, who, found, form, after=after, saved=saved)


async def _again(request: Request, who: Principal, form: StockForm, *, on_sku_page: bool) -> HTMLResponse:
    """The page the form came from, with what was typed."""
    views = inventory(request).views
    known = await views.sku(who.organisation, form.values["sku"]) if "sku" not in form.errors else None
    if on_sku_page and known:
        return await _sku(request, who, known, form, status=422)
    found = await views.skus(who.organisation, search="", show=Show.ALL, after=None, limit=_ROWS)
    return _list(request, who, found, form, search="", show=Show.ALL, status=422)


def _list(
    request: Request,
    who: Principal,
    found: Slice[Sku],
    form: StockForm,
    *,
    search: str,
    show: Show,
    saved: int = 0,
    status: int = 200,
) -> HTMLResponse:
    kept = {"search": search, "show": "" if show is Show.ALL else show.value}
    kept = {name: value for name, value in kept.items() if value}
    more = _next_page("/stock", found, kept)
    context = {"skus": found.items, "more": more, "search": search, "show": show.value, "form": form, "saved": saved}
    context |= {"edit": f"/stock/edit?{urlencode(kept)}" if kept else "/stock/edit"}
    return render(request, who, "stock.html", status, context)


async def _sku(
    request: Request,
    who: Principal,
    sku: Sku,
    form: StockForm,
    *,
    after: int | None = None,
    saved: bool = False,
    status: int = 200,
) -> HTMLResponse:
    views = inventory(request).views
    ledger = await views.ledger(sku.id, after=after, limit=_ROWS)
    waiting = await views.waiting(sku.id, limit=_WAITING)
    more = _next_page(sku_address(sku.code), ledger, {})
    now = inventory(request).clock.now()
    levels = await views.levels(sku.id, now - _HISTORY)
    chart = step_chart(levels, now - _HISTORY, now) if levels else None
    context = {
        "chart": chart,
        "since": now - _HISTORY,
        "sku": sku,
        "waiting": waiting,
        "ledger": ledger.items,
        "more": more,
        "form": form,
        "saved": saved,
        "listings": await inventory(request).listings.of_sku(sku.id),
        "words": WORDS,
        "store_name": store_name,
    }
    return render(request, who, "sku.html", status, context)


def _next_page(address: str, found: Slice[Any], query: dict[str, str]) -> str | None:
    cursor = cursor_of(found.after)
    return f"{address}?{urlencode(query | {'cursor': cursor})}" if cursor else None


def render(request: Request, who: Principal, name: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    return pages.render(request, name, principal=who, status=status, sku_address=sku_address, **context)
