"""The API of shipments, and the process that serves it together with the pages."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from services.labels import bootstrap
from services.labels.bootstrap import SERVICE, Labels
from services.labels.domain.labels import Asked, NotPossible
from services.labels.entrypoints.batch_api import router as batch_router
from services.labels.entrypoints.hand_over_api import router as hand_over_router
from services.labels.entrypoints.pages import router as pages_router
from services.labels.entrypoints.requests import (
    NOT_POSSIBLE,
    PDF,
    ChannelFilter,
    Cursor,
    SearchText,
    change,
    channel_of,
    labels,
    pdf_of,
    problem_of,
    view_of,
)
from services.labels.entrypoints.schemas import (
    CarrierIn,
    ChannelOut,
    LabelIn,
    ListOut,
    ModeIn,
    ShipmentOut,
    StateFilter,
)
from services.labels.settings import Settings
from services.labels.usecases.act import request_label, retry, void_label
from services.labels.usecases.choose import require_channel, set_carrier, set_channel_mode
from services.labels.usecases.views import Filter
from shared.access.access import Access
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.roles import CARRIER_WRITE
from shared.access.scopes import ORDERS_RECIPIENT_READ, SHIPMENTS_READ, SHIPMENTS_WRITE
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.runtime.process import run_process
from shared.runtime.serve import http_part
from shared.web.app import new_app
from shared.web.pages import Pages
from shared.web.problems import not_found

HERE = Path(__file__).parent
router = APIRouter(prefix="/api/labels/v1", tags=["shipments"])
Reader = Annotated[Principal, Depends(principal(SHIPMENTS_READ))]
Writer = Annotated[Principal, Depends(principal(SHIPMENTS_WRITE))]
LabelReader = Annotated[Principal, Depends(principal(SHIPMENTS_READ, ORDERS_RECIPIENT_READ))]
CarrierWriter = Annotated[Principal, Depends(principal(SHIPMENTS_WRITE, CARRIER_WRITE))]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one answer, at most.")]


async def own_channel(request: Request, who: CarrierWriter, connection_id: UUID, channel_id: str) -> None:
    """Dependency: that the channel is theirs is known before the body is judged."""
    await change(request, lambda store: require_channel(store, who.organisation, connection_id, channel_id))


@router.get("/shipments")
async def list_shipments(
    request: Request,
    who: Reader,
    order_id: UUID | None = None,
    state: StateFilter | None = None,
    channel: ChannelFilter = "",
    search: SearchText = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ListOut[ShipmentOut]:
    """Shipments, newest first. `state`: of the shipment or of its write-back."""
    wanted = Filter(order_id=order_id, state=state, channel=channel_of(channel), search=search)
    found = await labels(request).views.shipments(who.organisation, wanted, after=cursor, limit=limit)
    return ListOut(
        items=[ShipmentOut.of(view) for view in found.items], next_cursor=str(found.after) if found.after else None
    )


@router.get("/shipments/{shipment_id}")
async def read_shipment(request: Request, who: Reader, shipment_id: UUID) -> ShipmentOut:
    """One shipment."""
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))


@router.post("/shipments/{shipment_id}/label", status_code=202, responses=NOT_POSSIBLE)
async def create_label(request: Request, who: Writer, shipment_id: UUID, body: LabelIn | None = None) -> ShipmentOut:
    """Has a planned parcel's label made, perhaps with fewer units. 409: why it cannot be made, and where to mend it."""
    asked = _asked(request, who, body or LabelIn())
    planner = labels(request).planner
    await _act(request, partial(request_label, asked=asked, planner=planner), who, shipment_id)
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))


@router.post("/shipments/{shipment_id}/void", responses=NOT_POSSIBLE)
async def void(request: Request, who: Writer, shipment_id: UUID) -> ShipmentOut:
    """Takes a label back, as long as the marketplace has not heard of it. Never cancels the order."""
    await _act(request, partial(void_label, planner=labels(request).planner), who, shipment_id)
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))


@router.post("/shipments/{shipment_id}/retry", status_code=202, responses=NOT_POSSIBLE)
async def retry_shipment(request: Request, who: Writer, shipment_id: UUID) -> ShipmentOut:
    """Has what came to a halt tried again: a label that could not be made, a number that was refused or never seen."""
    asked = _asked(request, who, LabelIn())
    await _act(request, partial(retry, asked=asked, planner=labels(request).planner), who, shipment_id)
    return ShipmentOut.of(await view_of(request, who.organisation, shipment_id))


@router.get(
    "/shipments/{shipment_id}/label.pdf",
    response_class=Response,
    responses={**PDF, **NOT_POSSIBLE},
)
async def label_pdf(request: Request, who: LabelReader, shipment_id: UUID) -> Response:
    """The label, A6, made when it is asked for. Holds personal data: not to be kept."""
    return await pdf_of(request, who.organisation, shipment_id)


@router.get("/carrier", responses={404: {"description": "There are none yet."}})
async def read_carrier(request: Request, who: Reader) -> CarrierIn:
    """The carrier's settings; 404 while there are none."""
    found = await labels(request).views.carrier(who.organisation)
    if found is None:
        raise not_found()
    return CarrierIn.of(found)


@router.put("/carrier")
async def put_carrier(request: Request, who: CarrierWriter, carrier: CarrierIn) -> CarrierIn:
    """Replaces the carrier's settings; parcels that waited for them go on."""
    settings = carrier.settings(who.organisation)
    planner = labels(request).planner
    await change(request, lambda store: set_carrier(store, settings, planner=planner))
    return carrier


@router.get("/channels")
async def list_channels(request: Request, who: Reader) -> ListOut[ChannelOut]:
    """Every channel with who has its labels made, and when its marketplace is told."""
    found = await labels(request).views.channels(who.organisation)
    return ListOut(items=[ChannelOut.of(view) for view in found], next_cursor=None)


@router.put("/channels/{connection_id}/{channel_id}", dependencies=[Depends(own_channel)])
async def set_mode(
    request: Request, who: CarrierWriter, connection_id: UUID, channel_id: str, body: ModeIn
) -> ChannelOut:
    """
    `automatic` takes up the parcels that are planned already; `told_at` goes for every parcel of which the marketplace
    was not told yet.
    """
    planner, choice = labels(request).planner, body.choice
    await change(
        request,
        lambda store: set_channel_mode(store, who.organisation, connection_id, channel_id, choice, planner=planner),
    )
    found = await labels(request).views.channels(who.organisation)
    return next(
        ChannelOut.of(view) for view in found if (view.connection_id, view.channel_id) == (connection_id, channel_id)
    )


def _asked(request: Request, who: Principal, body: LabelIn) -> Asked:
    return Asked(
        by=who.user_id or who.organisation,
        at=labels(request).planner.now(),
        units=body.units,
        weight_grams=body.weight_grams,
        despite_cancellation=body.despite_cancellation_request,
    )


async def _act(request: Request, verb: Any, who: Principal, shipment_id: UUID) -> None:
    try:
        await change(request, lambda store: verb(store, who.organisation, shipment_id))
    except NotPossible as error:
        raise problem_of(error) from None


def make_app(held: Labels, access: Access) -> FastAPI:
    """Pages and API over what bootstrap made."""
    pages = Pages(templates=HERE / "templates", catalogues=HERE.parent / "catalogues")
    app = new_app(SERVICE, "How parcels leave, and what the marketplaces are told.", access=access, pages=pages)
    app.state.labels = held
    app.include_router(router)
    app.include_router(batch_router)
    app.include_router(hand_over_router)
    app.include_router(pages_router)
    return app


async def run(settings: Settings) -> int:
    """Serves until told to stop; the exit status."""
    engine = bootstrap.engine_of(settings, "api")
    clock = SystemClock()
    outward = Outward(clock)
    held = bootstrap.labels_on(engine, settings, outward, clock)
    app = make_app(held, bootstrap.access_of(settings, outward, clock))
    serve = http_part(app, settings.http_host, settings.http_port, trusted_proxies=settings.trusted_proxies)
    ready = bootstrap.ready_on(engine)
    try:
        return await run_process(service=SERVICE, process="api", settings=settings, parts=[serve], ready=ready)
    finally:
        await outward.close()
        await engine.dispose()
