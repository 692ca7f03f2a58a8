"""What API and pages share of a request: the service's own things, its ids looked up, its refusals as problems."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import AfterValidator

from services.labels.bootstrap import Labels
from services.labels.domain.actions import may_be_handed_over
from services.labels.domain.labels import NotPossible
from services.labels.usecases.act import ShipmentUnknown
from services.labels.usecases.choose import ChannelUnknown
from services.labels.usecases.ports import Store
from services.labels.usecases.print_labels import BatchUnknown, print_batch, print_label
from services.labels.usecases.views import BatchView, ShipmentView
from shared.access.principal import Principal
from shared.access.scopes import SHIPMENTS_WRITE
from shared.db.unit_of_work import run_in_transaction
from shared.web.forms import PostedForm
from shared.web.problems import Problem, not_found
from shared.web.texts import printable

T = TypeVar("T")
Cursor = Annotated[UUID | None, Query(description="`next_cursor` of the answer before.")]

_UNITS = "units"

# OpenAPI of the routes that answer with a label.
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
# OpenAPI of the routes that `problem_of` answers.
NOT_POSSIBLE: dict[int | str, dict[str, Any]] = {
    409: {"description": "The state of the shipment does not allow it: `type` says why, `detail` where to mend it."}
}

ChannelFilter = Annotated[
    str,
    Query(
        pattern=r"^$|^[0-9a-fA-F-]{36}:.{1,100}$", description="A connection's id and a channel's, joined by a colon."
    ),
]
SearchText = Annotated[
    str,
    AfterValidator(printable),
    Query(
        max_length=100,
        description="The marketplace's order number or the tracking number, or its first 6 characters and more.",
    ),
]


def ids_of(form: PostedForm, name: str) -> list[UUID]:
    """The ids chosen, each once; what is no id names nothing."""
    found: dict[UUID, None] = {}
    for text in form.texts(name):
        with suppress(ValueError):
            found[UUID(text)] = None
    return list(found)


def choices(who: Principal, views: Sequence[ShipmentView]) -> list[UUID]:
    """The parcels that they may mark as handed over."""
    if not who.may(SHIPMENTS_WRITE):
        return []
    return [view.shipment.shipment_id for view in views if may_be_handed_over(view.shipment)]


def channel_of(text: str) -> tuple[UUID, str] | None:
    """Connection and channel of a filter; an id that is none belongs to nobody."""
    if not text:
        return None
    connection_id, _, channel_id = printable(text).partition(":")
    try:
        return UUID(connection_id), channel_id
    except ValueError:
        return UUID(int=0), channel_id


def labels(request: Request) -> Labels:
    """What `make_app` was given."""
    held: Labels = request.app.state.labels
    return held


async def change(request: Request, work: Callable[[Store], Awaitable[T]]) -> T:
    """`work` in one transaction, again after a deadlock. Raises Problem: 404 for what is not theirs; NotPossible."""
    try:
        return await run_in_transaction(labels(request).uow, work)
    except (ShipmentUnknown, ChannelUnknown):
        raise not_found() from None


async def view_of(request: Request, organisation_id: UUID, shipment_id: UUID) -> ShipmentView:
    """Raises Problem 404."""
    found = await labels(request).views.shipment(organisation_id, shipment_id)
    if found is None:
        raise not_found()
    return found


async def batch_of(request: Request, organisation_id: UUID, batch_id: UUID) -> BatchView:
    """Raises Problem 404."""
    found = await labels(request).views.batch(organisation_id, batch_id)
    if found is None:
        raise not_found()
    return found


async def pdf_of(request: Request, organisation_id: UUID, shipment_id: UUID) -> Response:
    """The label of one shipment. Raises Problem: 404, 409; Unavailable."""
    return await _pdf(request, partial(print_label, organisation_id, shipment_id), f"label-{shipment_id}.pdf")


async def batch_pdf_of(request: Request, organisation_id: UUID, batch_id: UUID) -> Response:
    """The labels of a batch. Raises Problem: 404, 409; Unavailable."""
    return await _pdf(request, partial(print_batch, organisation_id, batch_id), f"labels-{batch_id}.pdf")


async def _pdf(request: Request, render: Callable[..., Awaitable[bytes]], name: str) -> Response:
    """Holds personal data: never stored, here or by whoever asks."""
    held = labels(request)
    try:
        pdf = await render(views=held.views, recipients=held.recipients, carrier=held.carrier)
    except (ShipmentUnknown, BatchUnknown):
        raise not_found() from None
    except NotPossible as error:
        raise problem_of(error) from None
    headers = {"cache-control": "no-store", "content-disposition": f'inline; filename="{name}"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def problem_of(error: NotPossible) -> Problem:
    """409: the request is fine, the shipment's state does not allow it. 422: it names units that the parcel has not."""
    if error.code == _UNITS:
        return Problem(422, error.code, error.sentence, error.detail, field=_UNITS)
    return Problem(409, error.code.replace("_", "-"), error.sentence, error.detail)
