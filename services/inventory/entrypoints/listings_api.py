"""The API of listings, and of what channels are told."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator

from services.inventory.entrypoints.cursors import ListingCursor, cursor_of
from services.inventory.entrypoints.listing_schemas import (
    ListingIn,
    ListingOut,
    ListingRowIn,
    PushProgressOut,
    WeightsIn,
    WeightSourceOut,
)
from services.inventory.entrypoints.requests import choose_for, inventory, take_weights_for, tell_again_for
from services.inventory.entrypoints.schemas import MOST_ROWS, ListOut
from services.inventory.usecases.choose import Choice
from services.inventory.usecases.listing_views import ListingFilter, ListingView, Shown, WeightSource
from shared.access.dependencies import principal
from shared.access.principal import Principal
from shared.access.scopes import STOCK_READ, STOCK_WRITE
from shared.web.problems import FieldError, Problem, not_found
from shared.web.texts import printable

router = APIRouter(prefix="/api/inventory/v1", tags=["listings"])
Reader = Annotated[Principal, Depends(principal(STOCK_READ))]
Writer = Annotated[Principal, Depends(principal(STOCK_WRITE))]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one answer, at most.")]
Search = Annotated[
    str,
    AfterValidator(printable),
    Query(max_length=100, description="Part of either SKU or of the title, in any case."),
]
ChannelId = Annotated[str | None, AfterValidator(lambda value: value and printable(value)), Query(max_length=100)]
Rows = Annotated[list[ListingRowIn], Body(min_length=1, max_length=MOST_ROWS)]


async def own_listing(request: Request, who: Writer, listing_id: UUID) -> UUID:
    """Dependency: that the listing is theirs is known before the body is judged. Raises Problem 404."""
    await _known(request, who, listing_id)
    return listing_id


OwnListing = Annotated[UUID, Depends(own_listing)]


@router.get("/listings")
async def list_listings(
    request: Request,
    who: Reader,
    connection_id: UUID | None = None,
    channel_id: ChannelId = None,
    state: Shown | None = None,
    search: Search = "",
    after: ListingCursor = None,
    limit: Limit = 50,
) -> ListOut[ListingOut]:
    """Listings by the marketplace's SKU. `refused` ones are mapped, too; without `state`: all, also those gone."""
    wanted = ListingFilter(connection_id, channel_id, state, search)
    found = await inventory(request).listings.listings(who.organisation, wanted, after=after, limit=limit)
    return ListOut(items=[ListingOut.of(one) for one in found.items], next_cursor=cursor_of(found.after))


@router.patch("/listings", responses={404: {"description": "`errors` names the rows that name nothing of yours."}})
async def change_in_bulk(request: Request, who: Writer, rows: Rows) -> ListOut[ListingOut]:
    """Changes up to 1,000 listings: all, or none and an error for each wrong row."""
    _differ(rows)
    await _choose(request, who, [row.choice(row.id) for row in rows], bulk=True)
    found = await inventory(request).listings.by_ids(who.organisation, [row.id for row in rows])
    return ListOut(items=[ListingOut.of(one) for one in found], next_cursor=None)


@router.get("/listings/{listing_id}")
async def read_listing(request: Request, who: Reader, listing_id: UUID) -> ListingOut:
    """One listing."""
    return ListingOut.of(await _known(request, who, listing_id))


@router.patch("/listings/{listing_id}")
async def change_listing(request: Request, who: Writer, listing_id: OwnListing, given: ListingIn) -> ListingOut:
    """Says which SKU it is, and how it follows the stock. 404 where either is none of the organisation's."""
    await _choose(request, who, [given.choice(listing_id)], bulk=False)
    return ListingOut.of(await _known(request, who, listing_id))


@router.post(
    "/listings/{listing_id}/retry",
    status_code=202,
    responses={409: {"description": "`nothing-to-tell`: no quantity is told for it."}},
)
async def retry_listing(request: Request, who: Writer, listing_id: UUID) -> ListingOut:
    """Has its quantity told again, now. 409: no quantity is told for it."""
    await tell_again_for(request, who, listing_id)
    return ListingOut.of(await _known(request, who, listing_id))


@router.get("/push")
async def read_progress(request: Request, who: Reader) -> ListOut[PushProgressOut]:
    """How far the channels of each connection are told."""
    found = await inventory(request).listings.progress(who.organisation)
    return ListOut(items=[PushProgressOut.of(one) for one in found], next_cursor=None)


async def own_source(request: Request, who: Writer, connection_id: UUID) -> UUID:
    """Dependency, as `own_listing`. Raises Problem 404."""
    await _source(request, who, connection_id)
    return connection_id


@router.get("/weights")
async def list_weight_sources(request: Request, who: Reader) -> ListOut[WeightSourceOut]:
    """Every connection, and whether SKUs weigh what its listings tell."""
    held = inventory(request)
    found = await held.listings.weight_sources(who.organisation)
    return ListOut(items=[WeightSourceOut.of(one, held.telling) for one in found], next_cursor=None)


@router.put(
    "/weights/{connection_id}",
    responses={409: {"description": "`weights-not-told`: no listing of this marketplace tells it."}},
)
async def set_weight_source(
    request: Request, who: Writer, connection_id: Annotated[UUID, Depends(own_source)], given: WeightsIn
) -> WeightSourceOut:
    """From now on, or no longer: its listings are read at once. What was taken stays."""
    await take_weights_for(request, who, connection_id, taken=given.taken)
    return WeightSourceOut.of(await _source(request, who, connection_id), inventory(request).telling)


async def _source(request: Request, who: Principal, connection_id: UUID) -> WeightSource:
    for one in await inventory(request).listings.weight_sources(who.organisation):
        if one.connection_id == connection_id:
            return one
    raise not_found()


async def _known(request: Request, who: Principal, listing_id: UUID) -> ListingView:
    found = await inventory(request).listings.listing(who.organisation, listing_id)
    if found is None:
        raise not_found()
    return found


async def _choose(request: Request, who: Principal, choices: list[Choice], *, bulk: bool) -> None:
    """Raises Problem 404, naming each field that names nothing of the organisation's."""
    unknown = await choose_for(request, who, choices)
    fields = [f"{index}.{field}" if bulk else field for index, field in unknown]
    errors = [
        FieldError(field=field, message="There is nothing of this name here.", code="not-found") for field in fields
    ]
    if errors:
        raise Problem(404, "not-found", "There is nothing here.", errors=errors)


def _differ(rows: list[ListingRowIn]) -> None:
    """Two rows of one listing contradict each other; the later one is named."""
    seen: set[UUID] = set()
    errors = []
    for index, row in enumerate(rows):
        if row.id in seen:
            said = "This listing is in a row above."
            errors.append({"loc": ("body", index, "id"), "type": "listing_repeated", "msg": said})
        seen.add(row.id)
    if errors:
        raise RequestValidationError(errors)
