"""The API of orders, and the process that serves it together with the pages."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request

from services.orders import bootstrap
from services.orders.bootstrap import SERVICE, OrdersParts
from services.orders.entrypoints.acceptance_api import router as acceptance_router
from services.orders.entrypoints.cursors import Cursor, cursor_of
from services.orders.entrypoints.dashboard_api import router as dashboard_router
from services.orders.entrypoints.filters import OrderFilters
from services.orders.entrypoints.order_schemas import EntryOut, FoundOut, OrderOut, RecipientOut, RecipientsIn
from services.orders.entrypoints.pages import router as pages_router
from services.orders.entrypoints.parts import answer_of, open_recipient, open_recipients, orders_of, view_of
from services.orders.entrypoints.schemas import CountsOut, ListOut, OrderRowOut, PollingOut, UnreadableOut
from services.orders.settings import Settings
from services.orders.usecases.read_recipient import Reader
from shared.access.access import Access
from shared.access.dependencies import principal, service
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_READ, ORDERS_RECIPIENT_READ
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrderId, OrganisationId
from shared.runtime.process import run_process
from shared.runtime.serve import http_part
from shared.web.app import new_app
from shared.web.pages import Pages

HERE = Path(__file__).parent
router = APIRouter(prefix="/api/orders/v1", tags=["orders"])
router.include_router(acceptance_router)
router.include_router(dashboard_router)
internal = APIRouter(prefix="/internal/v1", tags=["internal"])
OrdersReader = Annotated[Principal, Depends(principal(ORDERS_READ))]
RecipientReader = Annotated[Principal, Depends(principal(ORDERS_RECIPIENT_READ))]
ServiceReader = Annotated[Principal, Depends(service(ORDERS_RECIPIENT_READ))]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one answer, at most.")]
Destination = Annotated[int, Query(ge=0, le=1000, description="Which of the order's addresses, as its lines name it.")]


@router.get("/orders")
async def list_orders(
    request: Request, who: OrdersReader, after: Cursor, asked: Annotated[OrderFilters, Depends()], limit: Limit = 50
) -> ListOut[OrderRowOut]:
    """Orders, the one placed last first, or by deadline."""
    wanted = asked.asked(after, limit)
    rows = await orders_of(request).views.orders(who.organisation, wanted)
    last = rows[limit - 1] if len(rows) > limit else None
    items = [OrderRowOut.of(row, answer_of(request, row.view)) for row in rows[:limit]]
    return ListOut(items=items, next_cursor=cursor_of(last.place(wanted.sort) if last else None))


@router.get("/counts")
async def read_counts(request: Request, who: OrdersReader) -> CountsOut:
    """How many orders are in each state."""
    return CountsOut.of(await orders_of(request).views.counts(who.organisation))


@router.get("/orders/{order_id}")
async def read_order(request: Request, who: OrdersReader, order_id: UUID) -> OrderOut:
    """One order: lines with their decisions, parcels, and what it waits for."""
    view = await view_of(request, who.organisation, OrderId(order_id))
    return OrderOut.of(view, answer_of(request, view))


@router.get("/orders/{order_id}/timeline")
async def read_timeline(request: Request, who: OrdersReader, order_id: UUID) -> ListOut[EntryOut]:
    """What happened to the order, oldest first."""
    view = await view_of(request, who.organisation, OrderId(order_id))
    entries = await orders_of(request).views.timeline(who.organisation, view.order.id)
    return ListOut(items=[EntryOut.of(entry) for entry in entries], next_cursor=None)


@router.get("/orders/{order_id}/recipient", responses={410: {"description": "The buyer's data was erased."}})
async def read_order_recipient(
    request: Request, who: RecipientReader, order_id: UUID, destination: Destination = 0
) -> RecipientOut:
    """To whom the order goes. Every read is written down: who, when, which order and destination."""
    reader = Reader(who.user_id, None if who.user_id else who.label)
    return RecipientOut.of(await open_recipient(request, who.organisation, OrderId(order_id), destination, reader))


@router.get("/polling")
async def read_polling(request: Request, who: OrdersReader) -> ListOut[PollingOut]:
    """How far each connection has been read, and what reading waits for."""
    views = await orders_of(request).views.polling(who.organisation)
    return ListOut(items=[PollingOut.of(view) for view in views], next_cursor=None)


@router.get("/unreadable")
async def read_unreadable(request: Request, who: OrdersReader) -> ListOut[UnreadableOut]:
    """Records that could not be read (the oldest 200), with the reason; their content stays under seal."""
    views = await orders_of(request).views.unreadable(who.organisation)
    return ListOut(items=[UnreadableOut.of(view) for view in views], next_cursor=None)


@internal.post("/organisations/{organisation_id}/recipients")
async def read_recipients_for_service(
    request: Request, who: ServiceReader, organisation_id: UUID, wanted: RecipientsIn
) -> ListOut[FoundOut]:
    """The same of many orders for one of our services, by its scope; answered in the order they are asked in."""
    asked = [(OrderId(one.order_id), one.destination) for one in wanted.asked]
    found = await open_recipients(request, OrganisationId(organisation_id), asked, Reader(None, who.label))
    return ListOut(items=[FoundOut.of(one) for one in found], next_cursor=None)


def make_app(parts: OrdersParts, access: Access) -> FastAPI:
    """Pages and API over what bootstrap made."""
    pages = Pages(templates=HERE / "templates", catalogues=HERE.parent / "catalogues", clock=parts.clock)
    app = new_app(SERVICE, "What was sold, what is to be done with it, and why it waits.", access=access, pages=pages)
    app.state.orders = parts
    for each in (router, internal, pages_router):
        # What is for our services only is in no document that strangers may read.
        app.include_router(each, include_in_schema=each is not internal)
    return app


async def run(settings: Settings) -> int:
    """Serves until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "api")
    clock = SystemClock()
    outward = Outward(clock)
    parts = bootstrap.orders_on(engine, bootstrap.keys_of(settings), clock)
    app = make_app(parts, bootstrap.access_of(settings, outward))
    serve = http_part(app, settings.http_host, settings.http_port, trusted_proxies=settings.trusted_proxies)
    ready = bootstrap.ready_on(engine)
    try:
        return await run_process(service=SERVICE, process="api", settings=settings, parts=[serve], ready=ready)
    finally:
        await outward.close()
        await engine.dispose()
