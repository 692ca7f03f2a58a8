"""The API of stock, and the process that serves it together with the pages."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator

from services.inventory import bootstrap
from services.inventory.bootstrap import SERVICE, Inventory
from services.inventory.domain.ledger import Cause, Via
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.entrypoints.cursors import EntryCursor, SkuCursor, cursor_of
from services.inventory.entrypoints.level_pages import router as level_pages_router
from services.inventory.entrypoints.listing_pages import router as listing_pages_router
from services.inventory.entrypoints.listings_api import router as listings_router
from services.inventory.entrypoints.pages import router as pages_router
from services.inventory.entrypoints.requests import inventory
from services.inventory.entrypoints.schemas import (
    MOST_ROWS,
    LedgerEntryOut,
    LevelIn,
    ListOut,
    RowIn,
    SkuOut,
    WeightIn,
)
from services.inventory.entrypoints.sku_paths import RawSkuPaths, code_to_set, sku_code
from services.inventory.entrypoints.weight_pages import router as weight_pages_router
from services.inventory.settings import Settings
from services.inventory.usecases.set_stock import clear_weight, set_stock
from services.inventory.usecases.views import Show
from shared.access.access import Access
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import STOCK_READ, STOCK_WRITE
from shared.db.unit_of_work import run_in_transaction
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.runtime.process import run_process
from shared.runtime.serve import http_part
from shared.web.app import new_app
from shared.web.pages import Pages
from shared.web.problems import not_found
from shared.web.texts import printable

HERE = Path(__file__).parent
router = APIRouter(prefix="/api/inventory/v1", tags=["stock"])
Reader = Annotated[Principal, Depends(principal(STOCK_READ))]
Writer = Annotated[Principal, Depends(principal(STOCK_WRITE))]
Code = Annotated[str, Depends(sku_code)]
NewCode = Annotated[str, Depends(code_to_set)]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one answer, at most.")]
Search = Annotated[str, AfterValidator(printable), Query(max_length=100, description="Part of a SKU, in any case.")]
Rows = Annotated[list[RowIn], Body(min_length=1, max_length=MOST_ROWS)]


@router.get("/skus")
async def list_skus(
    request: Request,
    who: Reader,
    after: SkuCursor = None,
    search: Search = "",
    show: Show = Show.ALL,
    limit: Limit = 50,
) -> ListOut[SkuOut]:
    """SKUs by code: all, or those that are short, low, or were never counted."""
    found = await inventory(request).views.skus(who.organisation, search=search, show=show, after=after, limit=limit)
    return ListOut(items=[SkuOut.of(sku) for sku in found.items], next_cursor=cursor_of(found.after))


@router.post("/skus/bulk")
async def set_in_bulk(request: Request, who: Writer, rows: Rows) -> ListOut[SkuOut]:
    """Weights and counted levels of up to 1,000 SKUs: all, or none and an error for each wrong row."""
    _differ(rows)
    return ListOut(items=await _set(request, who, [row.row() for row in rows]), next_cursor=None)


@router.put("/skus/{sku:path}/level")
async def set_level(request: Request, who: Writer, code: NewCode, level: LevelIn) -> SkuOut:
    """The counted level: replaces what was there, whatever it was. A SKU new to us is made."""
    return (await _set(request, who, [StockRow(code, counted=level.counted)]))[0]


@router.get("/skus/{sku:path}/ledger")
async def read_ledger(
    request: Request, who: Reader, code: Code, after: EntryCursor = None, limit: Limit = 50
) -> ListOut[LedgerEntryOut]:
    """Every change of the level, newest first; all changes sum to the level."""
    sku = await _known(request, who, code)
    found = await inventory(request).views.ledger(sku.id, after=after, limit=limit)
    return ListOut(items=[LedgerEntryOut.of(entry) for entry in found.items], next_cursor=cursor_of(found.after))


@router.put("/skus/{sku:path}")
async def set_weight(request: Request, who: Writer, code: NewCode, weight: WeightIn) -> SkuOut:
    """The weight of one unit: the seller's word, or null to take it back. A SKU new to us is made, untracked."""
    held = inventory(request)
    if weight.weight_grams is not None:
        return (await _set(request, who, [StockRow(code, weight_grams=weight.weight_grams)]))[0]
    sku = await run_in_transaction(
        held.uow, lambda store: clear_weight(code, who.organisation, store=store, clock=held.clock)
    )
    return SkuOut.of(sku)


@router.get("/skus/{sku:path}")
async def read_sku(request: Request, who: Reader, code: Code) -> SkuOut:
    """One SKU."""
    return SkuOut.of(await _known(request, who, code))


async def _set(request: Request, who: Principal, rows: list[StockRow]) -> list[SkuOut]:
    held = inventory(request)
    cause = Cause(Via.API, who.user_id)
    skus = await run_in_transaction(
        held.uow, lambda store: set_stock(rows, who.organisation, cause, store=store, clock=held.clock)
    )
    return [SkuOut.of(sku) for sku in skus]


async def _known(request: Request, who: Principal, code: str) -> Sku:
    found = await inventory(request).views.sku(who.organisation, code)
    if found is None:
        raise not_found()
    return found


def _differ(rows: list[RowIn]) -> None:
    """Two rows of one SKU contradict each other; the later one is named."""
    seen: set[str] = set()
    errors = []
    for index, row in enumerate(rows):
        if row.sku in seen:
            errors.append({"loc": ("body", index, "sku"), "type": "sku_repeated", "msg": "This SKU is in a row above."})
        seen.add(row.sku)
    if errors:
        raise RequestValidationError(errors)


def make_app(held: Inventory, access: Access) -> FastAPI:
    """Pages and API over what bootstrap made."""
    pages = Pages(templates=HERE / "templates", catalogues=HERE.parent / "catalogues")
    app = new_app(SERVICE, "How many are left, and for whom.", access=access, pages=pages)
    app.state.inventory = held
    app.include_router(router)
    app.include_router(level_pages_router)
    app.include_router(listings_router)
    app.include_router(listing_pages_router)
    app.include_router(pages_router)
    app.include_router(weight_pages_router)
    app.add_middleware(RawSkuPaths)
    return app


async def run(settings: Settings) -> int:
    """Serves until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "api")
    clock = SystemClock()
    outward = Outward(clock)
    app = make_app(bootstrap.inventory_on(engine, clock), bootstrap.access_of(settings, outward))
    serve = http_part(app, settings.http_host, settings.http_port, trusted_proxies=settings.trusted_proxies)
    ready = bootstrap.ready_on(engine)
    try:
        return await run_process(service=SERVICE, process="api", settings=settings, parts=[serve], ready=ready)
    finally:
        await outward.close()
        await engine.dispose()
