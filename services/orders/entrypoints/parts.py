"""What API and pages both do: find one order of the asker's organisation, open its seal."""

from fastapi import Request

from services.orders.bootstrap import OrdersParts
from services.orders.usecases.read_recipient import Opened, Reader, read_recipient
from services.orders.usecases.views import OrderView
from shared.db.unit_of_work import run_in_transaction
from shared.kernel.ids import OrderId, OrganisationId
from shared.web.problems import not_found


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
    """Committed with its trace before anybody sees it. Raises a 404 problem."""
    parts = orders_of(request)
    opened = await run_in_transaction(
        parts.uow,
        lambda store: read_recipient(
            order_id,
            destination,
            organisation_id=organisation_id,
            reader=reader,
            store=store,
            keys=parts.keys,
            clock=parts.clock,
        ),
    )
    if opened is None:
        raise not_found()
    return opened
