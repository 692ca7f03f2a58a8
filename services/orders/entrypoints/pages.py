"""The pages of orders: the list, one order with its timeline, records that could not be read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.orders.domain.acceptance import possible
from services.orders.domain.deadlines import Deadline
from services.orders.domain.order import Decision
from services.orders.domain.sentences import said
from services.orders.domain.stage import Stage, stage_of
from services.orders.domain.waiting import Reason, most_urgent, reasons
from services.orders.entrypoints.acceptance_pages import router as acceptance_router
from services.orders.entrypoints.cursors import cursor_of
from services.orders.entrypoints.dashboard_page import router as dashboard_router
from services.orders.entrypoints.filters import Chosen
from services.orders.entrypoints.parts import answer_of, open_recipient, orders_of, view_of
from services.orders.usecases.read_recipient import Opened, Reader
from services.orders.usecases.views import OrderRow
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_READ, ORDERS_RECIPIENT_READ
from shared.kernel.ids import OrderId
from shared.marketplaces.models import OrderStatus
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages

router = APIRouter(include_in_schema=False)
router.include_router(acceptance_router)  # before `/orders/{order_id}`
router.include_router(dashboard_router)
Reads = Annotated[Principal, Depends(member(ORDERS_READ))]
RecipientForm = Annotated[PostedForm, Depends(member_form(ORDERS_RECIPIENT_READ))]
_PAGE = 50


@router.get("/orders")
async def orders_page(request: Request, who: Reads) -> HTMLResponse:
    """The list, with what each connection's reading waits for on top. A filter that makes no sense is none."""
    views, organisation_id = orders_of(request).views, who.organisation
    chosen, cursor = Chosen.of(request.query_params), request.query_params.get("cursor")
    rows = await views.orders(organisation_id, chosen.asked(cursor, _PAGE))
    last = rows[_PAGE - 1] if len(rows) > _PAGE else None
    more = cursor_of(last.place(chosen.sort)) if last else None
    return _render(
        request,
        "orders.html",
        who,
        rows=[(row, _urgent(request, row)) for row in rows[:_PAGE]],
        chosen=chosen,
        cursor=cursor,
        counts=await views.counts(organisation_id),
        kinds={"status": OrderStatus, "decision": Decision, "stage": Stage, "deadline": Deadline},
        channels=await views.channels(organisation_id),
        polling=await views.polling(organisation_id),
        unreadable=len(await views.unreadable(organisation_id)),
        next_page=chosen.address(cursor=more) if more else None,
    )


def _urgent(request: Request, row: OrderRow) -> Reason | None:
    view = row.view
    return most_urgent(reasons(view.order, view.reservation, view.shipments, answer_of(request, view)))


@router.get("/orders/unreadable")
async def unreadable_page(request: Request, who: Reads) -> HTMLResponse:
    """Records that could not be read, and why."""
    return _render(request, "unreadable.html", who, records=await orders_of(request).views.unreadable(who.organisation))


@router.get("/orders/{order_id}")
async def order_page(request: Request, who: Reads, order_id: UUID) -> HTMLResponse:
    """One order: why it waits, its lines and parcels, what happened."""
    return await _order_page(request, who, OrderId(order_id), None)


@router.post("/orders/{order_id}/recipient")
async def recipient_page(request: Request, form: RecipientForm, order_id: UUID) -> HTMLResponse:
    """The same with the address, for this once. A form, because every look is written down."""
    who, number = form.principal, form.text("destination") or "0"
    destination = int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else -1
    reader = Reader(who.user_id, None)
    opened = await open_recipient(request, who.organisation, OrderId(order_id), destination, reader)
    return await _order_page(request, who, OrderId(order_id), opened)


async def _order_page(request: Request, who: Principal, order_id: OrderId, opened: Opened | None) -> HTMLResponse:
    view = await view_of(request, who.organisation, order_id)
    views, order, shipments = orders_of(request).views, view.order, view.shipments
    held = {line.line_id: line for line in view.reservation.lines} if view.reservation else {}
    answer = answer_of(request, view)
    return _render(
        request,
        "order.html",
        who,
        view=view,
        order=order,
        opened=opened,
        held=held,
        skus={line.id: line.sku or line.marketplace_line_id for line in order.lines},
        shipments=shipments.shipments if shipments else (),
        reached=stage_of(order.version, view.reservation, shipments).value,
        waits_for=reasons(order, view.reservation, shipments, answer),
        answers=possible(order, view.acceptance) if answer.mode else (),
        timeline=await views.timeline(who.organisation, order_id),
        reads=await views.recipient_reads(who.organisation, order_id),
    )


def _render(request: Request, name: str, who: Principal, **context: Any) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    titles = {profile.name: profile.title for profile in PROFILES.values()}
    context |= {"said": said, "titles": titles}
    return pages.render(request, name, principal=who, **context)
