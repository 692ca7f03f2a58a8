"""The pages of answers: the step before an order is accepted or refused, and who answers the orders of a connection."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.orders.domain.acceptance import Asker, Mode, NotPossible, possible
from services.orders.domain.sentences import said
from services.orders.entrypoints.parts import give_answer, orders_of, set_mode, view_of
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import ORDERS_WRITE
from shared.kernel.ids import ConnectionId, OrderId
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, member_form
from shared.web.pages import Pages
from shared.web.problems import not_found

router = APIRouter(include_in_schema=False)
User = Annotated[Principal, Depends(member(ORDERS_WRITE))]
Posted = Annotated[PostedForm, Depends(member_form(ORDERS_WRITE))]
_ANSWERS = {"accept": True, "refuse": False}


@router.get("/orders/settings")
async def settings_page(request: Request, who: User, saved: bool = False) -> HTMLResponse:
    """Who answers the orders that wait, for each connection whose marketplace lets them wait."""
    parts = orders_of(request)
    modes = [one for one in await parts.views.modes(who.organisation) if one.marketplace in parts.answering]
    titles = {profile.name: profile.title for profile in PROFILES.values()}
    pages: Pages = request.app.state.pages
    return pages.render(request, "settings.html", principal=who, modes=modes, titles=titles, saved=saved)


@router.post("/orders/settings/acceptance")
async def save_mode(request: Request, form: Posted) -> Response:
    """Switches one connection."""
    mode = Mode.AUTOMATIC if form.text("mode") == Mode.AUTOMATIC else Mode.BY_HAND
    await set_mode(request, form.principal.organisation, _connection(form.text("connection_id")), mode)
    return RedirectResponse("/orders/settings?saved=1", 303)


@router.get("/orders/{order_id}/acceptance")
async def confirm_page(request: Request, who: User, order_id: UUID, answer: str = "") -> HTMLResponse:
    """What accepting or refusing will do, before it is done."""
    return await _confirm(request, who, OrderId(order_id), answer, None)


@router.post("/orders/{order_id}/acceptance")
async def answer_page(request: Request, form: Posted, order_id: UUID) -> Response:
    """Does it, and goes back to the order; what is not possible is said."""
    who, answer = form.principal, form.text("answer")
    if answer not in _ANSWERS:
        raise not_found()
    try:
        by = Asker(who.user_id, None)
        await give_answer(request, who.organisation, OrderId(order_id), by, accept=_ANSWERS[answer])
    except NotPossible as error:
        return await _confirm(request, who, OrderId(order_id), answer, error)
    return RedirectResponse(f"/orders/{order_id}", 303)


async def _confirm(
    request: Request, who: Principal, order_id: OrderId, answer: str, error: NotPossible | None
) -> HTMLResponse:
    if answer not in _ANSWERS:
        raise not_found()
    view = await view_of(request, who.organisation, order_id)
    held = {line.line_id: line for line in view.reservation.lines} if view.reservation else {}
    pages: Pages = request.app.state.pages
    return pages.render(
        request,
        "answer.html",
        principal=who,
        status=409 if error else 200,
        order=view.order,
        zone=view.time_zone,
        answer=answer,
        held=held,
        error=error,
        can=_ANSWERS[answer] in possible(view.order, view.acceptance),
        said=said,
    )


def _connection(text: str) -> ConnectionId:
    """An id that is none belongs to nobody."""
    try:
        return ConnectionId(UUID(text))
    except ValueError:
        return ConnectionId(UUID(int=0))
