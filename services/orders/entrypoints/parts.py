"""What API and pages both do: find one order of the asker's organisation, open its seal, answer it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from fastapi import Request

from services.orders.bootstrap import OrdersParts
from services.orders.domain.acceptance import Acceptance, Asker, Mode
from services.orders.domain.waiting import Answer
from services.orders.usecases.answer_order import Unknown, answer_order, choose_mode
from services.orders.usecases.ports import Store
from services.orders.usecases.read_recipient import Opened, Reader, read_recipients
from services.orders.usecases.views import OrderView
from shared.db.unit_of_work import run_in_transaction
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId
from shared.web.problems import Problem, not_found

T = TypeVar("T")


def orders_of(request: Request) -> OrdersParts:
    """What `make_app` was given."""
    parts: OrdersParts = request.app.state.orders
    return parts


async def view_of(request: Request, organisation_id: OrganisationId, order_id: OrderId) -> OrderView:
    """Raises a 404 problem, also for an order of somebody else."""
    found = await orders_of(request).views.order(organisation_id, order_id)
    if found is None:
        raise not_found()
    return found


async def open_recipient(
    request: Request, organisation_id: OrganisationId, order_id: OrderId, destination: int, reader: Reader
) -> Opened:
    """The one that was asked for. Raises a 404 problem; 410 where it was erased."""
    [opened] = await open_recipients(request, organisation_id, [(order_id, destination)], reader)
    if opened is None:
        raise not_found()
    if opened.order.erased_at is not None:
        why = "It is destroyed for good when its time is over; the rest of the order is kept."
        raise Problem(410, "personal-data-erased", "The buyer's data was erased.", why)
    return opened


async def open_recipients(
    request: Request, organisation_id: OrganisationId, asked: Sequence[tuple[OrderId, int]], reader: Reader
) -> list[Opened | None]:
    """Committed with their traces before anybody sees them."""
    parts = orders_of(request)
    return await run_in_transaction(
        parts.uow,
        lambda store: read_recipients(
            asked, organisation_id=organisation_id, reader=reader, store=store, keys=parts.keys, clock=parts.clock
        ),
    )


def answer_of(request: Request, view: OrderView) -> Answer:
    """What is known of the seller's answer to it."""
    takes = view.order.marketplace in orders_of(request).answering
    return Answer(view.mode if takes else None, view.acceptance)


async def give_answer(
    request: Request, organisation_id: OrganisationId, order_id: OrderId, by: Asker, *, accept: bool
) -> Acceptance:
    """Owed once this returns; the worker sends it. Raises a 404 problem, NotPossible."""
    parts = orders_of(request)
    return await _change(
        request,
        lambda store: answer_order(
            order_id,
            accept=accept,
            organisation_id=organisation_id,
            by=by,
            answering=parts.answering,
            store=store,
            clock=parts.clock,
        ),
    )


async def set_mode(request: Request, organisation_id: OrganisationId, connection_id: ConnectionId, mode: Mode) -> None:
    """Raises a 404 problem, also for a connection whose marketplace takes no answers."""
    parts = orders_of(request)
    await _change(
        request,
        lambda store: choose_mode(
            connection_id,
            mode,
            organisation_id=organisation_id,
            answering=parts.answering,
            store=store,
            clock=parts.clock,
        ),
    )


async def _change(request: Request, work: Callable[[Store], Awaitable[T]]) -> T:
    try:
        return await run_in_transaction(orders_of(request).uow, work)
    except Unknown:
        raise not_found() from None
